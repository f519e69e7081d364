package io.millrace.engine.daemon.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The live blocks of a segment were put elsewhere. Its time is that of the end. */
@Name("millrace.SegmentCleaned")
@Label("Segment Cleaned")
@Description("The live blocks of a segment were put elsewhere")
@Category("Millrace")
@StackTrace(false)
final class SegmentCleanedEvent extends Event {
  @Label("Segment")
  int segment;

  @Label("Live Blocks")
  int liveBlocks;

  @Label("Took")
  @Timespan
  long nanos;
}
