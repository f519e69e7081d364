package io.millrace.engine.daemon.storage;

import io.millrace.engine.core.Answers;
import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.Command;
import io.millrace.engine.core.CommandResult;
import io.millrace.engine.core.Store;
import io.millrace.engine.core.StoreError;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of a store that no daemon serves, to be changed by the calling thread: each call
 * returns when it is done. Closing writes a checkpoint.
 */
public final class OfflineVolumes implements AutoCloseable {
  private static final long TAG = 1;

  private final OfflineStore offline;
  private final Store store;
  private final Waiting waiting = new Waiting();

  OfflineVolumes(OfflineStore offline, Store store) {
    this.offline = offline;
    this.store = store;
  }

  /** Those that there are. */
  public Catalog catalog() {
    return store.catalog();
  }

  /** Gives a command to the store. */
  public CommandResult run(Command command) {
    waiting.result = null;
    store.command(command, TAG);
    CommandResult result = waiting.result;
    while (result == null) {
      offline.poll(store, waiting);
      result = waiting.result;
    }
    return result;
  }

  /** Why that command would be refused; empty when it would not. */
  public Optional<StoreError> wouldRefuse(Command command) {
    return store.wouldRefuse(command);
  }

  /** Writes whole sectors; gives an errno, 0 when it is done. */
  public int write(long volume, long offset, MemorySegment data) {
    return await(tag -> store.write(volume, offset, data, tag));
  }

  /** Makes durable what was written; gives an errno. */
  public int flush(long volume) {
    return await(tag -> store.flush(volume, tag));
  }

  /** Why the store has stopped; empty when it has not. */
  public String reason() {
    return store.reason();
  }

  @Override
  public void close() throws IOException {
    int errno = await(store::close);
    if (errno != 0) {
      throw new IOException("the store has not been closed in order: " + store.reason());
    }
  }

  private int await(LongConsumer request) {
    waiting.ended = false;
    request.accept(TAG);
    while (!waiting.ended) {
      offline.poll(store, waiting);
    }
    return waiting.errno;
  }

  /** Takes the one answer that is waited for. */
  private static final class Waiting implements Answers {
    boolean ended;
    int errno;
    @Nullable CommandResult result;

    @Override
    public void answered(long tag, int endedWith) {
      ended = true;
      errno = endedWith;
    }

    @Override
    public void commanded(long tag, CommandResult given) {
      result = given;
    }
  }
}
