package io.millrace.engine.daemon.attach;

import io.millrace.engine.daemon.fuse.FuseConnection;

/** A volume that is a block device now. */
public record Attachment(AttachIntent intent, LoopDevice loop, FuseConnection connection) {
  /** Path of the device, such as /dev/loop3. */
  public String device() {
    return loop.path();
  }
}
