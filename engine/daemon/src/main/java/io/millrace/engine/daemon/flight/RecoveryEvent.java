package io.millrace.engine.daemon.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A store was opened and is served. Its time is that of the end. */
@Name("millrace.Recovery")
@Label("Recovery")
@Description("A store was opened and is served")
@Category("Millrace")
@StackTrace(false)
final class RecoveryEvent extends Event {
  @Label("Commits of a Killed Daemon")
  long stagedCommits;

  @Label("Took")
  @Timespan
  long nanos;
}
