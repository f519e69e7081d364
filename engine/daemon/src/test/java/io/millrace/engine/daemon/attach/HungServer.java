package io.millrace.engine.daemon.attach;

import io.millrace.engine.daemon.fuse.SilentConnection;
import io.millrace.engine.daemon.linux.FuseMount;
import io.millrace.engine.daemon.linux.Libc;

/**
 * A program with a thread that waits, in the kernel, for an answer that the program never gives.
 */
public final class HungServer {
  private HungServer() {}

  public static void main(String[] arguments) throws Exception {
    int device = FuseMount.openDevice();
    try (FuseMount mount = FuseMount.create(device)) {
      Thread.ofPlatform().start(() -> SilentConnection.answerInitOnly(device));
      DeviceThread.call(() -> mount.openFile("never", Libc.O_RDONLY));
    }
  }
}
