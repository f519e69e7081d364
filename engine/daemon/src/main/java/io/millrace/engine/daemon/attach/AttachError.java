package io.millrace.engine.daemon.attach;

import io.millrace.engine.daemon.ObjectId;

/** Why a volume could not be attached or detached; translated to a status once. */
public sealed interface AttachError {
  /** For people. */
  String message();

  /** There is no such volume. */
  record NoVolume(ObjectId volume) implements AttachError {
    @Override
    public String message() {
      return "no volume " + volume;
    }
  }

  /** The device is open somewhere. */
  record InUse(ObjectId volume, String device) implements AttachError {
    @Override
    public String message() {
      return "volume " + volume + " is in use: " + device + " is open or mounted; release it first";
    }
  }

  /** It is attached with another sector size or mode. */
  record AttachedOtherwise(ObjectId volume, Attachment present) implements AttachError {
    @Override
    public String message() {
      return String.format(
          "volume %s is attached already as %s with sectors of %d bytes, %s; detach it first",
          volume,
          present.device(),
          present.intent().sectorBytes(),
          present.intent().readOnly() ? "read-only" : "writable");
    }
  }

  /** NBD clients may write to it: a device's users would not see what they write. */
  record OpenByClients(ObjectId volume, String clients) implements AttachError {
    @Override
    public String message() {
      return "volume " + volume + " can't be attached: " + clients + "; disconnect them first";
    }
  }

  /** The kernel or the state folder refused. */
  record Refused(ObjectId volume, String cause) implements AttachError {
    @Override
    public String message() {
      return "volume " + volume + ": " + cause;
    }
  }
}
