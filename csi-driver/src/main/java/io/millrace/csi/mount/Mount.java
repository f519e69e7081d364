package io.millrace.csi.mount;

import java.nio.file.Path;
import java.util.List;

/**
 * One line of /proc/self/mountinfo.
 *
 * @param deviceNumber {@code major:minor} of the filesystem
 * @param root which part of the filesystem is seen; for a bound device node, its name with a slash
 *     before it
 * @param point where it is seen
 * @param options of this mount, not of the filesystem below it
 * @param shared whether mounts below it are seen by other namespaces
 * @param filesystem its type
 */
record Mount(
    String deviceNumber,
    String root,
    Path point,
    List<String> options,
    boolean shared,
    String filesystem) {

  Mount {
    options = List.copyOf(options);
  }

  boolean readOnly() {
    return options.contains("ro");
  }
}
