package io.millrace.engine.daemon.attach;

import io.millrace.engine.daemon.ObjectId;

/**
 * That a volume is to be a block device of this node, and how.
 *
 * @param sectorBytes logical block size of the device, 512 or 4096
 */
public record AttachIntent(ObjectId volume, int sectorBytes, boolean readOnly) {
  public AttachIntent {
    if (sectorBytes != 512 && sectorBytes != 4096) {
      throw new IllegalArgumentException("sector_bytes must be 512 or 4096, not " + sectorBytes);
    }
  }
}
