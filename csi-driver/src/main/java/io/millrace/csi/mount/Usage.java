package io.millrace.csi.mount;

import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import java.util.Arrays;

/** How full a volume is. */
public sealed interface Usage {
  record OfBlock(long totalBytes) implements Usage {}

  record OfFilesystem(
      long totalBytes,
      long usedBytes,
      long availableBytes,
      long totalInodes,
      long usedInodes,
      long freeInodes)
      implements Usage {

    /** What {@link #STAT_FORMAT} printed. Available leaves out what only root may use. */
    static OfFilesystem parse(String statOutput) {
      try {
        long[] n = Arrays.stream(statOutput.split(" ")).mapToLong(Long::parseLong).toArray();
        long unit = n[0];
        return new OfFilesystem(
            n[1] * unit, (n[1] - n[2]) * unit, n[3] * unit, n[4], n[4] - n[5], n[5]);
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        throw new CsiFailure(Kind.INTERNAL, "stat -f said \"" + statOutput + "\"", e);
      }
    }
  }

  /** Block size; blocks: all, free, available; inodes: all, free. */
  String STAT_FORMAT = "%S %b %f %a %c %d";
}
