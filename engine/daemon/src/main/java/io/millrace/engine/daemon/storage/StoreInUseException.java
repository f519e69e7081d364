package io.millrace.engine.daemon.storage;

import java.io.IOException;
import java.nio.file.Path;

/** Another process serves the store: two would destroy it. */
public final class StoreInUseException extends IOException {
  private static final long serialVersionUID = 1;

  private StoreInUseException(String message) {
    super(message);
  }

  static StoreInUseException locked(Path path) {
    return new StoreInUseException(
        path + " is in use by another process (it holds the lock); stop that one first");
  }

  /** The kernel gives a block device to one holder at a time. */
  static StoreInUseException held(Path path) {
    return new StoreInUseException(
        path + " is in use: it is mounted, or another driver or program holds it");
  }
}
