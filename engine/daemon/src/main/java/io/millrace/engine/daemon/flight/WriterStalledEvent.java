package io.millrace.engine.daemon.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** Writes of a volume waited for room in the store. Its time is that of the end. */
@Name("millrace.WriterStalled")
@Label("Writer Stalled")
@Description("Writes of a volume waited for room in the store")
@Category("Millrace")
@StackTrace(false)
final class WriterStalledEvent extends Event {
  @Label("Volume")
  String volume = "";

  @Label("Took")
  @Timespan
  long nanos;
}
