package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The faults that wait for their call; counts those that struck. */
final class Faults {
  private final Tally tally;
  private final List<Fault> armed = new ArrayList<>();
  private long reads;
  private long stops;
  private boolean corrupted;

  Faults(Tally tally) {
    this.tally = tally;
  }

  void arm(Fault fault) {
    tally.armed(fault.kind());
    if (!fault.kind().atRest()) {
      armed.add(fault);
    }
  }

  /** What happens to this call; null: nothing. */
  Fault.@Nullable Kind strike(Fault.Target call) {
    for (int i = 0; i < armed.size(); i++) {
      Fault fault = armed.get(i);
      if (!fault.kind().strikes(call)) {
        continue;
      }
      if (fault.afterCalls() > 0) {
        armed.set(i, fault.oneCallLater());
        continue;
      }
      armed.remove(i);
      struck(fault.kind());
      return fault.kind();
    }
    return null;
  }

  void struck(Fault.Kind kind) {
    tally.struck(kind);
    stops += kind.stops() ? 1 : 0;
    corrupted |= kind.corrupts();
    reads += kind.strikes(Fault.Target.READ) || kind == Fault.Kind.BAD_SECTOR ? 1 : 0;
  }

  void disarm() {
    armed.clear();
  }

  /** Reads that failed or came wrong. */
  long reads() {
    return reads;
  }

  /** Writes and syncs that were told to have failed. */
  long stops() {
    return stops;
  }

  /** Something was lost or changed that was, or should be, durable. */
  boolean corrupted() {
    return corrupted;
  }
}
