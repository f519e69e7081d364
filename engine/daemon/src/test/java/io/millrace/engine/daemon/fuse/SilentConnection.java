package io.millrace.engine.daemon.fuse;

import io.millrace.engine.daemon.linux.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A server that begins a connection and then takes requests without answering them. */
public final class SilentConnection {
  private SilentConnection() {}

  public static void answerInitOnly(int device) {
    MemorySegment memory = Arena.global().allocate(2 << 20, 4096);
    while (true) {
      long landed = Libc.read(device, memory.address(), memory.byteSize());
      if (landed > 0 && FuseWire.opcode(memory, 0) == FuseWire.INIT) {
        long unique = FuseWire.unique(memory, 0);
        int flags = FuseWire.initFlags(memory, 0);
        FuseWire.initBody(memory, 0, FuseWire.initMinor(memory, 0), flags, 0, 16);
        FuseWire.header(memory, 0, FuseWire.INIT_ANSWER_BYTES, 0, unique);
        Libc.write(device, memory.address(), FuseWire.ANSWER_BYTES + FuseWire.INIT_ANSWER_BYTES);
      } else if (landed > 0) {
        System.out.println("request " + FuseWire.opcode(memory, 0) + " stays without an answer");
      }
      Thread.onSpinWait();
    }
  }
}
