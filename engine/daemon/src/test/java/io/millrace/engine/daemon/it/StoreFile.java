package io.millrace.engine.daemon.it;

import java.io.RandomAccessFile;

/** The file of a store, damaged behind the daemon's back. */
final class StoreFile {
  private StoreFile() {}

  /** Flips a bit in the first page that holds this mark. */
  static void flipBitBehind(String mark, String store) throws Exception {
    String at =
        Shell.bash("LC_ALL=C grep -abo -m1 " + mark + " " + store + " | head -1 | cut -d: -f1");
    try (RandomAccessFile file = new RandomAccessFile(store, "rw")) {
      long offset = Long.parseLong(at.strip()) + 100;
      file.seek(offset);
      int value = file.read();
      file.seek(offset);
      file.write(value ^ 1);
      file.getFD().sync();
    }
  }
}
