package io.millrace.engine.sim;

import io.millrace.engine.core.Command;
import io.millrace.engine.core.Errno;
import io.millrace.engine.core.Limits;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns the salt of a step into a request on what is there, and submits it. */
final class Submitter {
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;
  private static final int SECTOR = Stamp.SECTOR_BYTES;

  private final Setup setup;
  private final Model model;
  private final Machine machine;
  private final Requests requests;
  private final Buffers buffers;
  private long names;

  Submitter(Setup setup, Model model, Machine machine, Requests requests, Buffers buffers) {
    this.setup = setup;
    this.model = model;
    this.machine = machine;
    this.requests = requests;
    this.buffers = buffers;
  }

  void write(Dice dice) {
    View view = volume(dice);
    if (view != null) {
      long bytes = setup.scale().requestBytes(dice);
      write(view, offset(dice, view, bytes), bytes, dice.percent(3));
    }
  }

  /** Writes to few places, so that requests in flight overlap. */
  void rewrite(Dice dice) {
    View view = volume(dice);
    if (view != null) {
      long bytes = SECTOR * dice.between(1, 16);
      write(view, SECTOR * dice.below(24L), bytes, dice.percent(3));
    }
  }

  /** Zeroes a volume from end to end. */
  void discard(Dice dice) {
    View view = volume(dice);
    if (view != null) {
      zero(view, 0, view.sizeBytes);
    }
  }

  void fill(Dice dice) {
    View view = volume(dice);
    if (view == null) {
      return;
    }
    long base = offset(dice, view, 4 * MIB);
    for (long at = base; at < base + 4 * MIB && at < view.sizeBytes; at += 256 * KIB) {
      write(view, at, 256 * KIB, false);
    }
  }

  void zero(Dice dice) {
    View view = volume(dice);
    if (view == null) {
      return;
    }
    long bytes =
        dice.percent(10) ? view.sizeBytes : setup.scale().requestBytes(dice) * dice.oneOf(1, 1, 8);
    long offset = bytes == view.sizeBytes ? 0 : offset(dice, view, bytes);
    zero(view, offset, Math.min(bytes, view.sizeBytes - offset));
  }

  private void zero(View view, long offset, long bytes) {
    if (bytes > 0) {
      awaitTurn();
      Op op = model.invoke(view, Op.Content.NOTHING, offset / SECTOR, bytes / SECTOR);
      long tag = requests.add(change(view, op, offset, bytes, null));
      machine.store().zero(view.id, offset, bytes, tag);
    }
  }

  void write(View view, long offset, long wanted, boolean zeroes) {
    long bytes = Math.min(wanted, view.sizeBytes - offset);
    if (bytes <= 0) {
      return;
    }
    MemorySegment buffer = awaitBuffer();
    MemorySegment data = buffer.asSlice(0, bytes);
    long sector = offset / SECTOR;
    Op op =
        model.invoke(
            view, zeroes ? Op.Content.ZERO_BYTES : Op.Content.STAMPS, sector, bytes / SECTOR);
    data.fill((byte) 0);
    for (long at = 0; at < bytes && !zeroes; at += SECTOR) {
      Stamp.write(data, at, view.key, sector + at / SECTOR, op.id);
    }
    long tag = requests.add(change(view, op, offset, bytes, buffer));
    machine.store().write(view.id, offset, data, tag);
  }

  private Request.Change change(
      View view, Op op, long offset, long bytes, @Nullable MemorySegment buffer) {
    long misreads = machine.blame().misreads();
    return new Request.Change(view, op, offset / SECTOR, bytes / SECTOR, buffer, misreads);
  }

  void read(Dice dice) {
    View view = dice.percent(20) ? null : volume(dice);
    if (view == null) {
      wrong(dice);
      return;
    }
    long bytes = setup.scale().requestBytes(dice);
    long offset = offset(dice, view, bytes);
    bytes = Math.min(bytes, view.sizeBytes - offset);
    if (bytes > 0) {
      read(view, offset / SECTOR, bytes, model::checkRead);
    }
  }

  void read(View view, long sector, long bytes, Request.Reader reader) {
    MemorySegment buffer = awaitBuffer();
    long invokedAt = model.event();
    long misreads = machine.blame().misreads();
    long tag =
        requests.add(new Request.Read(view, sector, buffer, bytes, reader, misreads, invokedAt));
    machine.store().read(view.readableId(), sector * SECTOR, buffer.asSlice(0, bytes), tag);
  }

  private void wrong(Dice dice) {
    View view = volume(dice);
    MemorySegment buffer = awaitBuffer();
    MemorySegment data = buffer.asSlice(0, 4096);
    if (view == null || dice.percent(30)) {
      long tag = requests.add(new Request.Wrong(buffer, Errno.ENOENT, model.event()));
      machine.store().read(0x7777_7777L, 0, data, tag);
    } else if (dice.percent(50)) {
      long tag = requests.add(new Request.Wrong(buffer, Errno.EINVAL, model.event()));
      machine.store().write(view.id, view.sizeBytes - 3584, data, tag);
    } else {
      long tag = requests.add(new Request.Wrong(buffer, Errno.EINVAL, model.event()));
      machine.store().read(view.id, 100, data, tag);
    }
  }

  void flush(Dice dice) {
    View view = volume(dice);
    if (view != null) {
      flush(view);
    }
  }

  void flush(View view) {
    awaitTurn();
    long invokedAt = model.event();
    machine.store().flush(view.id, requests.add(new Request.Flush(invokedAt)));
  }

  /** Null when there are enough. */
  @Nullable View createVolume(Dice dice) {
    return createVolume(setup.scale().volumeBytes(dice), dice);
  }

  @Nullable View createVolume(long bytes, Dice dice) {
    if (model.usable(false).size() >= setup.scale().volumesMax) {
      return null;
    }
    String name = newName("volume-");
    Command.CreateVolume empty = Command.CreateVolume.empty(name, bytes);
    Command.CreateVolume command = empty.acknowledging(dice.percent(25));
    Dice own = new Dice(setup.seed() ^ 0x11A17_5EEDL + names);
    if (own.percent(30)) {
      limit(own);
    }
    return create(name, false, null, bytes, command.limited(limits(own)));
  }

  /** None, or weights far apart: the limits themselves are kept by the fronts. */
  private static Limits limits(Dice dice) {
    return dice.percent(40)
        ? Limits.NONE
        : new Limits(dice.oneOf(0L, 1L, 10_000L), 0, 0, dice.oneOf(0, 1, 100, 10_000));
  }

  /** Changes the limits of a volume that is in use. */
  private void limit(Dice dice) {
    View view = idle(model.usable(false), dice);
    if (view == null || !view.created || view.source != null || view.filledAt != 0) {
      return;
    }
    awaitTurn();
    if (view.commands == 0 && view.created && view.filledAt == 0) {
      view.commands++;
      long tag = requests.add(new Request.Repeat(view, model.event()));
      boolean durable = view.acknowledgesWhenDurable;
      machine.store().command(new Command.ChangeVolume(view.id, durable, limits(dice)), tag);
    }
  }

  /** Of an object that never was. */
  String newName(String prefix) {
    return prefix + ++names;
  }

  void cloneSnapshot(Dice dice) {
    View source = idle(model.usable(true), dice);
    if (source != null && model.usable(false).size() < setup.scale().volumesMax) {
      String name = newName("clone-");
      long bytes = cloneBytes(dice, source);
      create(name, false, source, bytes, Command.CreateVolume.ofSnapshot(name, bytes, source.id));
    }
  }

  void cloneVolume(Dice dice) {
    View source = idle(model.usable(false), dice);
    if (source != null && model.usable(false).size() < setup.scale().volumesMax) {
      String name = newName("twin-");
      long bytes = cloneBytes(dice, source);
      create(name, false, source, bytes, Command.CreateVolume.ofVolume(name, bytes, source.id));
    }
  }

  private static long cloneBytes(Dice dice, View source) {
    return dice.percent(70) ? source.sizeBytes : source.sizeBytes + SECTOR * dice.below(4096L);
  }

  void createSnapshot(Dice dice) {
    View source = idle(model.usable(false), dice);
    if (source != null && model.usable(true).size() < setup.scale().snapshotsMax) {
      String name = newName("snapshot-");
      create(name, true, source, source.sizeBytes, new Command.CreateSnapshot(name, source.id));
    }
  }

  private View create(
      String name, boolean snapshot, @Nullable View source, long bytes, Command command) {
    awaitTurn();
    if (source != null) {
      source.commands++;
    }
    View view = model.invokeCreate(name, snapshot, source, bytes);
    view.commands++;
    view.createdBy = command;
    view.acknowledgesWhenDurable = command instanceof Command.CreateVolume made && made.durable();
    long tag = requests.add(new Request.Create(view, command, view.createdAt));
    machine.store().command(command, tag);
    return view;
  }

  void repeatCommand(Dice dice) {
    View view = idle(model.usable(dice.percent(50)), dice);
    if (view == null || view.resized || view.createdBy == null) {
      return;
    }
    View source = view.source;
    if (source != null && (model.named(source.name) != source || source.commands > 0)) {
      return;
    }
    awaitTurn();
    view.commands++;
    if (source != null) {
      source.commands++;
    }
    long tag = requests.add(new Request.Repeat(view, model.event()));
    machine.store().command(view.createdBy, tag);
  }

  void delete(Dice dice, boolean snapshot) {
    View view = idle(model.usable(snapshot), dice);
    if (view != null) {
      delete(view);
    }
  }

  void delete(View view) {
    machine.await("requests of " + view, () -> !requests.touches(view));
    awaitTurn();
    if (!view.created || view.commands > 0) {
      return;
    }
    view.deleting = true;
    view.commands++;
    Command command =
        view.snapshot ? new Command.DeleteSnapshot(view.id) : new Command.DeleteVolume(view.id);
    long tag = requests.add(new Request.Delete(view, model.event()));
    machine.store().command(command, tag);
  }

  void resize(Dice dice) {
    View view = idle(model.usable(false), dice);
    if (view == null) {
      return;
    }
    machine.await("requests of " + view, () -> !requests.touches(view));
    awaitTurn();
    if (view.commands > 0 || !view.created) {
      return;
    }
    boolean shrink = dice.percent(50);
    long change = SECTOR * dice.between(1, 4096);
    view.nextSizeBytes = shrink ? Math.max(4096, view.sizeBytes - change) : view.sizeBytes + change;
    view.resized = true;
    view.touched |= shrink;
    view.commands++;
    view.resizeAt = model.event();
    long tag = requests.add(new Request.Resize(view, machine.blame().misreads(), view.resizeAt));
    machine.store().command(new Command.ResizeVolume(view.id, view.nextSizeBytes, shrink), tag);
  }

  private @Nullable View volume(Dice dice) {
    List<View> volumes = model.usable(false).stream().filter(Submitter::isSettled).toList();
    return volumes.isEmpty() ? null : volumes.get(dice.below(volumes.size()));
  }

  private static boolean isSettled(View view) {
    return view.nextSizeBytes == 0 && view.filler == null;
  }

  /** One of these that no command is about. */
  static @Nullable View idle(List<View> views, Dice dice) {
    List<View> idle = views.stream().filter(v -> v.commands == 0).toList();
    return idle.isEmpty() ? null : idle.get(dice.below(idle.size()));
  }

  long offset(Dice dice, View view, long bytes) {
    long last = Math.max(0, view.sizeBytes - Math.min(bytes, view.sizeBytes));
    long offset = setup.scale().offset(dice, view.sizeBytes);
    return Math.min(offset, last) / SECTOR * SECTOR;
  }

  private MemorySegment awaitBuffer() {
    awaitTurn();
    machine.await("a request", () -> !buffers.isEmpty());
    return buffers.take();
  }

  void awaitTurn() {
    machine.await("a request", () -> requests.size() < setup.outstandingMax());
  }
}
