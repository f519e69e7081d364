package io.millrace.engine.daemon.nbd;

import java.io.IOException;

/** NBD clients may write to the volume. */
public final class OpenByClientsException extends IOException {
  private static final long serialVersionUID = 1;

  /** Tells how many. */
  public OpenByClientsException(int clients) {
    super(clients + " NBD clients may write to it");
  }
}
