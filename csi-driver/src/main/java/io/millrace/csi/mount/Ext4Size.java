package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How large an ext4 filesystem is, from what {@code dumpe2fs -h} says. */
record Ext4Size(long blocks, long blockBytes) {
  private static final Pattern BLOCKS = Pattern.compile("(?m)^Block count:\\s+(\\d+)$");
  private static final Pattern BLOCK_BYTES = Pattern.compile("(?m)^Block size:\\s+(\\d+)$");

  static Ext4Size parse(String header) {
    return new Ext4Size(number(BLOCKS, header), number(BLOCK_BYTES, header));
  }

  boolean leavesRoomOn(long deviceBytes) {
    return deviceBytes / blockBytes > blocks;
  }

  private static long number(Pattern field, String header) {
    Matcher match = field.matcher(header);
    if (!match.find()) {
      throw new CsiFailure(Kind.INTERNAL, "dumpe2fs says no " + field + ": " + header);
    }
    return Long.parseLong(match.group(1));
  }
}
