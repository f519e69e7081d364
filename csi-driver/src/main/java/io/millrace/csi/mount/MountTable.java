package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is mounted in this process's namespace, at one moment. Immutable. */
public record MountTable(List<Mount> mounts) {
  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  public MountTable {
    mounts = List.copyOf(mounts);
  }

  public static MountTable read() {
    try {
      return parse(Files.readAllLines(MOUNTINFO));
    } catch (IOException e) {
      throw new CsiFailure(Kind.INTERNAL, "can't read " + MOUNTINFO + ": " + e.getMessage(), e);
    }
  }

  /**
   *
   *
   * <pre>
   * 36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/loop3 rw,errors=continue
   *        2    3      4        5      6…n      - n+2
   * </pre>
   */
  static MountTable parse(List<String> lines) {
    var mounts = new ArrayList<Mount>();
    for (String line : lines) {
      List<String> fields = List.of(line.split(" "));
      int dash = fields.indexOf("-");
      if (dash < 6 || fields.size() < dash + 2) {
        continue;
      }
      mounts.add(
          new Mount(
              fields.get(2),
              unescape(fields.get(3)),
              Path.of(unescape(fields.get(4))),
              List.of(fields.get(5).split(",")),
              fields.subList(6, dash).stream().anyMatch(each -> each.startsWith("shared:")),
              fields.get(dash + 1)));
    }
    return new MountTable(mounts);
  }

  /** The uppermost mount at exactly this place. */
  Optional<Mount> at(Path point) {
    return mounts.stream().filter(mount -> mount.point().equals(point)).reduce((_, later) -> later);
  }

  /** All places where the filesystem on this device is seen. */
  List<Mount> ofFilesystemOn(String deviceNumber) {
    return mounts.stream().filter(mount -> mount.deviceNumber().equals(deviceNumber)).toList();
  }

  /** All places where a node of this name is bound; a name is no proof of identity. */
  List<Mount> ofNodeNamed(Path node) {
    String root = "/" + node.getFileName();
    return mounts.stream().filter(mount -> mount.root().equals(root)).toList();
  }

  /** Whether what is mounted below this folder is seen by the host. */
  public boolean isShared(Path folder) {
    for (Path each = folder; each != null; each = each.getParent()) {
      Optional<Mount> mount = at(each);
      if (mount.isPresent()) {
        return mount.get().shared();
      }
    }
    return false;
  }

  private static String unescape(String text) {
    return OCTAL
        .matcher(text)
        .replaceAll(
            match ->
                Matcher.quoteReplacement(Character.toString(Integer.parseInt(match.group(1), 8))));
  }
}
