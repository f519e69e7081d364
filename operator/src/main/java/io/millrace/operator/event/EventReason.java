package io.millrace.operator.event;

/**
 * Every reason that the operator gives in an event. A reason, once published, keeps its meaning.
 */
public enum EventReason {
  /** A version of an image can be cloned. */
  IMAGE_READY("ImageReady", false),
  /** An import ended without a snapshot; the note says why and what comes next. */
  IMPORT_FAILED("ImportFailed", true),
  /** A version or an image is kept because somebody uses it. */
  IMAGE_IN_USE("ImageInUse", true),
  /** A pool made or deleted desktops. */
  SCALED("Scaled", false),
  /** A pool moved desktops to another image version or template. */
  ROLLED_OUT("RolledOut", false),
  /** A pool can't go on without a person. */
  POOL_STALLED("PoolStalled", true),
  /** A desktop can be used. */
  DESKTOP_READY("DesktopReady", false),
  /** A desktop was given to a user. */
  DESKTOP_CLAIMED("DesktopClaimed", false),
  /** The user of a desktop is gone and it is getting a new clone; nobody can have it meanwhile. */
  RESET_STARTED("ResetStarted", false),
  /** After a reset, the next user can have the desktop. */
  RESET_DONE("ResetDone", false),
  /** A desktop that nobody has is getting a clone of another image version or template. */
  UPDATE_STARTED("UpdateStarted", false),
  /** It has that clone. */
  UPDATE_DONE("UpdateDone", false),
  /** A desktop can't go on; the note says what it waits for. */
  DESKTOP_STALLED("DesktopStalled", true),
  /** A claim has a desktop. */
  BOUND("Bound", false);

  private final String text;
  private final boolean warning;

  EventReason(String text, boolean warning) {
    this.text = text;
    this.warning = warning;
  }

  String text() {
    return text;
  }

  String type() {
    return warning ? "Warning" : "Normal";
  }
}
