package io.millrace.operator.claim;

import io.millrace.operator.claim.Action.Forget;
import io.millrace.operator.claim.Action.Reserve;
import io.millrace.operator.claim.Action.Take;
import java.util.List;

/**
 * Decides which desktop a claim gets: first come, first served. Pure.
 *
 * <p>The choice is noted on the claim before it is written on the desktop, and both writes are
 * right only for the versions that were observed. So a claim never gets two desktops, nor a desktop
 * two claims, wherever the operator is killed.
 */
final class ClaimPlanner {
  private ClaimPlanner() {}

  static Plan plan(Observed o) {
    if (!o.held().isEmpty()) {
      return bound(o.held().getFirst());
    }
    if (!o.poolExists()) {
      return waiting(
          1, "PoolNotFound", "there is no such DesktopPool here: make it, or claim another");
    }
    if (!o.reserved().isEmpty()) {
      return o.free().contains(o.reserved())
          ? taking(o.reserved(), List.of(new Take(o.reserved())))
          : forgetting(o);
    }
    List<String> choices =
        o.free().stream().filter(desktop -> !o.reservedByOthers().contains(desktop)).toList();
    if (o.ahead() < choices.size()) {
      String choice = choices.get(o.ahead());
      return taking(choice, List.of(new Reserve(choice), new Take(choice)));
    }
    int position = o.ahead() - choices.size() + 1;
    return waiting(position, "NoDesktopFree", "waits for a desktop, place " + position);
  }

  private static Plan bound(String desktop) {
    return new Plan(List.of(), desktop, 0, "Bound", "has desktop " + desktop);
  }

  private static Plan taking(String desktop, List<Action> actions) {
    return new Plan(actions, "", 0, "Binding", "gets desktop " + desktop);
  }

  private static Plan forgetting(Observed o) {
    return new Plan(
        List.of(new Forget()),
        "",
        0,
        "Binding",
        o.reserved() + " was not to be had: chooses again");
  }

  private static Plan waiting(int position, String reason, String message) {
    return new Plan(List.of(), "", position, reason, message);
  }
}
