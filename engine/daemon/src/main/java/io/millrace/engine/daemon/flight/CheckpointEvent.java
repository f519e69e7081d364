package io.millrace.engine.daemon.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A checkpoint was begun, and stands. Its time is that of the end. */
@Name("millrace.Checkpoint")
@Label("Checkpoint")
@Description("A checkpoint was begun, and stands")
@Category("Millrace")
@StackTrace(false)
final class CheckpointEvent extends Event {
  @Label("Number")
  long number;

  @Label("Took")
  @Timespan
  long nanos;
}
