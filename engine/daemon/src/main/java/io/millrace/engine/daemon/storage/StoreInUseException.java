package io.millrace.engine.daemon.storage;

import java.io.IOException;
import java.nio.file.Path;

/** Another process serves the store: two would destroy it. */
public final class StoreInUseException extends IOException {
  private static final long serialVersionUID = 1;

  StoreInUseException(Path path) {
    super(path + " is in use by another process (it holds the lock); stop that one first");
  }
}
