package io.millrace.engine.sim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The faults that wait for their call; counts those that struck. */
final class Faults {
  private final Tally tally;
  private final List<Fault> armed = new ArrayList<>();
  private long struck;

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
    struck += kind == Fault.Kind.DELAY ? 0 : 1;
  }

  void disarm() {
    armed.clear();
  }

  /** All but delays, which no error follows from. */
  long struck() {
    return struck;
  }
}
