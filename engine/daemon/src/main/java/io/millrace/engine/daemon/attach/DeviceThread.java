package io.millrace.engine.daemon.attach;

import io.millrace.engine.daemon.linux.FileTable;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A thread for one piece of work on a device of ours: work that may wait, in the kernel and out of
 * reach of any signal, for requests that the reactor answers. See {@link FileTable} for why it must
 * not share the others' open files. What is opened in the work must be closed in it.
 */
final class DeviceThread {
  static {
    // Class files are read through descriptors of the shared table: a jar that is opened first by
    // such a thread would
    // be closed for all others. A name that is nowhere makes the class path open all its jars now.
    DeviceThread.class.getClassLoader().getResource("io/millrace/none");
  }

  private DeviceThread() {}

  /** Does the work and waits for its end. */
  static <T> T call(Callable<T> work) throws IOException {
    try {
      return start(work).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Does the work, and waits for nothing. */
  static <T> CompletableFuture<T> start(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread.ofPlatform().name("millrace-device").daemon().start(() -> run(work, result));
    return result;
  }

  private static <T> void run(Callable<T> work, CompletableFuture<T> result) {
    try {
      FileTable.leaveFuseBehind();
      result.complete(work.call());
    } catch (Throwable failure) {
      result.completeExceptionally(failure);
    }
  }
}
