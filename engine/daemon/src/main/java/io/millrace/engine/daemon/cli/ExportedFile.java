package io.millrace.engine.daemon.cli;

import io.millrace.engine.core.StoreReader;
import io.millrace.engine.daemon.ByteSize;
import io.millrace.engine.daemon.ExitCode;
import io.millrace.engine.daemon.storage.SparseFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;

/** Takes a volume's content into a file, and tells how far it is and what was damaged. */
final class ExportedFile implements StoreReader.Content {
  private static final int PROGRESS_STEPS = 10;

  private final SparseFile out;
  private final long sizeBytes;
  private final boolean keepGoing;
  private final PrintWriter err;
  private long nextStep = 1;
  private long damagedBlocks;

  /** Ends the reading; the core has no word for it. */
  static final class Ended extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final CommandFailure why;

    Ended(CommandFailure why) {
      super(why);
      this.why = why;
    }

    CommandFailure why() {
      return why;
    }
  }

  ExportedFile(SparseFile out, long sizeBytes, boolean keepGoing, PrintWriter err) {
    this.out = out;
    this.sizeBytes = sizeBytes;
    this.keepGoing = keepGoing;
    this.err = err;
  }

  @Override
  public void data(long offset, MemorySegment data) {
    try {
      out.write(offset, data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    progress(offset + data.byteSize());
  }

  private void progress(long position) {
    long step = position * PROGRESS_STEPS / sizeBytes;
    if (step >= nextStep) {
      nextStep = step + 1;
      err.printf(
          "at %s of %s, %s of data%n",
          new ByteSize(position), new ByteSize(sizeBytes), new ByteSize(out.dataBytes()));
      err.flush();
    }
  }

  @Override
  public void damaged(StoreReader.Damage damage) {
    if (!keepGoing) {
      throw new Ended(
          new CommandFailure(
              ExitCode.DAMAGED, damage + " (--keep-going leaves such blocks as zeros)"));
    }
    damagedBlocks++;
    err.println("damaged: " + damage);
  }

  /** The exit code, after the damage has been told. */
  int report() {
    if (damagedBlocks == 0) {
      return ExitCode.OK;
    }
    err.println("millrace: " + damagedBlocks + " damaged blocks are zeros in the file");
    err.flush();
    return ExitCode.DAMAGED;
  }
}
