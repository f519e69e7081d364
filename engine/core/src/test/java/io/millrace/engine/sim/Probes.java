package io.millrace.engine.sim;

import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.Command;
import java.util.ArrayList;
import java.util.List;

/**
 * Clones of snapshots that live only while the snapshots are compared with the model: a snapshot
 * can't be read but by a clone. They are no part of the model; a crash may leave some behind.
 */
final class Probes {
  private static final String PREFIX = "probe-";

  private final Model model;
  private final Machine machine;
  private final Requests requests;
  private long names;

  Probes(Model model, Machine machine, Requests requests) {
    this.model = model;
    this.machine = machine;
    this.requests = requests;
  }

  static boolean isProbe(Catalog.Volume volume) {
    return volume.name().startsWith(PREFIX);
  }

  /** Clones the snapshots; one that is refused, because the store is full, stays without. */
  void insert(List<View> snapshots) {
    for (View view : snapshots) {
      view.commands++;
      Command command = Command.CreateVolume.ofSnapshot(PREFIX + ++names, 0, view.id);
      submit(command, new Request.Probe(view, model.event()));
    }
    drain();
  }

  /** Deletes all probes, those that a crash left behind, too. */
  void remove(List<View> snapshots) {
    List<Catalog.Volume> all = new ArrayList<>(machine.store().catalog().volumes());
    for (Catalog.Volume volume : all) {
      if (isProbe(volume)) {
        submit(new Command.DeleteVolume(volume.id()), new Request.EndOfProbe(model.event()));
      }
    }
    drain();
    for (View view : snapshots) {
      view.probeId = 0;
      view.commands--;
    }
  }

  private void submit(Command command, Request request) {
    machine.store().command(command, requests.add(request));
  }

  private void drain() {
    machine.await("probes", () -> requests.size() == 0);
  }
}
