package io.millrace.engine.sim;

import io.millrace.engine.core.Command;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Imports volumes as the daemon does: makes one, writes it, and gives all that it holds to another,
 * in one step. Now and then it ends in between, gives what some older volume holds, or asks for
 * what must be refused.
 */
final class Importer {
  private static final long NO_VOLUME = 0x7777_7777L;

  private final Setup setup;
  private final Model model;
  private final Machine machine;
  private final Requests requests;
  private final Submitter submitter;

  Importer(Setup setup, Model model, Machine machine, Requests requests, Submitter submitter) {
    this.setup = setup;
    this.model = model;
    this.machine = machine;
    this.requests = requests;
    this.submitter = submitter;
  }

  void run(Dice dice) {
    View source = dice.percent(70) ? written(dice) : null;
    if (source == null) {
      source = Submitter.idle(model.usable(false), dice);
    }
    if (source == null || dice.percent(10)) {
      return;
    }
    if (dice.percent(10)) {
      wrong(source, dice);
    }
    View blank = dice.percent(50) ? blank(source.sizeBytes, dice) : null;
    fill(source, blank);
  }

  /** A new volume with data; null when it could not be made, or the import ends here. */
  private @Nullable View written(Dice dice) {
    View view = awaitMade(submitter.createVolume(dice));
    for (long writes = dice.below(6L); view != null && writes > 0; writes--) {
      long bytes = setup.scale().requestBytes(dice);
      submitter.write(view, submitter.offset(dice, view, bytes), bytes, dice.percent(3));
      if (dice.percent(30)) {
        awaitQuiet(view);
      }
    }
    if (view != null && dice.percent(60)) {
      submitter.flush(view);
    }
    return view;
  }

  /** A volume of that size or a larger one, perhaps with a snapshot; null when there is none. */
  private @Nullable View blank(long bytes, Dice dice) {
    List<View> fit =
        model.usable(false).stream().filter(v -> !v.touched && v.sizeBytes >= bytes).toList();
    View there = dice.percent(50) ? Submitter.idle(fit, dice) : null;
    if (there != null) {
      return there;
    }
    long more = dice.oneOf(0L, Stamp.SECTOR_BYTES * dice.below(4096L));
    View made = awaitMade(submitter.createVolume(bytes + more, dice));
    if (made != null && dice.percent(20)) {
      submitter.createSnapshot(dice);
    }
    return made;
  }

  private void fill(View source, @Nullable View blank) {
    awaitQuiet(source);
    if (blank != null) {
      awaitQuiet(blank);
    }
    submitter.awaitTurn();
    if (!isIdle(source) || (blank != null && !isIdle(blank)) || blank == source) {
      return;
    }
    String name = blank == null ? submitter.newName("import-") : blank.name;
    View view = model.invokeFill(name, source);
    view.commands++;
    source.commands++;
    long tag = requests.add(new Request.Fill(view, source, view.filledAt));
    machine.store().command(new Command.FillVolume(name, source.id), tag);
  }

  /** What holds something, is too small, is the source itself or is not there. */
  private void wrong(View source, Dice dice) {
    List<View> unfit =
        model.usable(false).stream()
            .filter(v -> v == source || v.sizeBytes < source.sizeBytes || v.surelyHolds())
            .toList();
    View there = Submitter.idle(unfit, dice);
    submitter.awaitTurn();
    if (there != null && isIdle(there) && isIdle(source)) {
      long id = dice.percent(20) ? NO_VOLUME : source.id;
      Command command = new Command.FillVolume(there.name, id);
      long tag = requests.add(new Request.WrongCommand(command, model.event()));
      machine.store().command(command, tag);
      machine.await("a refusal", () -> requests.size() == 0);
    }
  }

  private static boolean isIdle(View view) {
    return view.created && !view.deleting && view.commands == 0;
  }

  private @Nullable View awaitMade(@Nullable View view) {
    if (view != null) {
      machine.await("a new volume", () -> view.commands == 0);
    }
    return view != null && view.created ? view : null;
  }

  private void awaitQuiet(View view) {
    machine.await("requests of " + view, () -> !requests.touches(view));
  }
}
