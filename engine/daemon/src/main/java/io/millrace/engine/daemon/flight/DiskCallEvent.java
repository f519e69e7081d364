package io.millrace.engine.daemon.flight;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The disk took long. Its time is that of the end. */
@Name("millrace.DiskCall")
@Label("Slow Disk Call")
@Description("A read, write or sync of the store's disk that took long")
@Category("Millrace")
@StackTrace(false)
public final class DiskCallEvent extends Event {
  /** What takes less is no event. */
  public static final long NANOS_MIN = 50_000_000;

  @Label("Call")
  String call = "";

  @Label("Offset")
  @DataAmount
  long offset;

  @Label("Size")
  @DataAmount
  long bytes;

  @Label("Error Number")
  int errno;

  @Label("Took")
  @Timespan
  long nanos;

  /** A call that took at least {@link #NANOS_MIN} has ended. */
  public static void record(String call, long offset, long bytes, int errno, long nanos) {
    DiskCallEvent event = new DiskCallEvent();
    event.call = call;
    event.offset = offset;
    event.bytes = bytes;
    event.errno = errno;
    event.nanos = nanos;
    event.commit();
  }
}
