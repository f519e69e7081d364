package io.millrace.engine.daemon.attach;

import java.io.IOException;

/** Carries an {@link AttachError} to the boundary that translates it. */
public final class AttachException extends IOException {
  private static final long serialVersionUID = 1;

  private final transient AttachError error;

  AttachException(AttachError error) {
    super(error.message());
    this.error = error;
  }

  public AttachError error() {
    return error;
  }
}
