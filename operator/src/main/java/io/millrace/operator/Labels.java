package io.millrace.operator;

import java.util.Map;

/**
 * Labels and annotations of the objects that the operator makes. They are an interface: keep them.
 */
public final class Labels {
  /** On every object of ours; its value is {@link #OPERATOR}. */
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  /** The one field manager, and the value of {@link #MANAGED_BY}. */
  public static final String OPERATOR = "millrace-operator";

  /** Selects every object of ours. */
  public static final String SELECTOR = MANAGED_BY + "=" + OPERATOR;

  public static final String POOL = "millrace.io/pool";
  public static final String DESKTOP = "millrace.io/desktop";

  /** On a clone and its machine: 1 for the first clone of a desktop, one more after each reset. */
  public static final String CLONE_NUMBER = "millrace.io/clone-number";

  public static final String IMAGE = "millrace.io/image";
  public static final String IMAGE_VERSION = "millrace.io/image-version";

  /** On an import's pod: how many imports of the version failed before this one. */
  public static final String ATTEMPT = "millrace.io/attempt";

  /** Annotation of a machine: hash of the template that it was made from. */
  public static final String TEMPLATE_HASH = "millrace.io/template-hash";

  /** Annotation of a snapshot: the node whose store holds it. */
  public static final String NODE = "millrace.io/node";

  /** Annotation of a snapshot: digest of the file that was imported. */
  public static final String DIGEST = "millrace.io/digest";

  /** Kubernetes' annotation that tells the provisioner where to make a volume. */
  public static final String SELECTED_NODE = "volume.kubernetes.io/selected-node";

  private Labels() {}

  /** What every object of ours carries. */
  public static Map<String, String> managed() {
    return Map.of(MANAGED_BY, OPERATOR);
  }

  /** The label selector of a pool's desktops. */
  public static String ofPool(String pool) {
    return POOL + "=" + pool;
  }
}
