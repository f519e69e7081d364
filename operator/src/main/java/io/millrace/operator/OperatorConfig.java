package io.millrace.operator;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/**
 * What an administrator can set, as {@code millrace.*} properties or {@code MILLRACE_*} variables.
 */
@ConfigMapping(prefix = "millrace")
public interface OperatorConfig {
  /** Image of the pod that imports golden images. */
  @WithDefault("localhost/millrace/importer:dev")
  String importerImage();

  /** CSI driver whose nodes can hold clones. */
  @WithDefault("csi.millrace.io")
  String driverName();
}
