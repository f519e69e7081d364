package io.millrace.engine.core;

import static io.millrace.engine.core.Finding.NONE;
import static io.millrace.engine.core.Finding.Part.CATALOG;
import static io.millrace.engine.core.Finding.damage;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Volumes and snapshots stand on layers, layers on layers, as the rules of ownership want it. */
final class TreeCheck {
  private final Namespace namespace;
  private final Findings findings;
  private final Set<Layer> tops = new HashSet<>();
  private final Map<Layer, Integer> names = new HashMap<>();
  private final Map<Layer, Integer> children = new HashMap<>();

  TreeCheck(Namespace namespace, Findings findings) {
    this.namespace = namespace;
    this.findings = findings;
  }

  void run() {
    namespace.volumes.inOrder().forEach(this::volume);
    namespace.snapshots.inOrder().forEach(this::snapshot);
    for (Layer layer : namespace.layers.inOrder()) {
      Layer parent = layer.parent;
      if (parent != null) {
        children.merge(parent, 1, Integer::sum);
      }
    }
    for (Layer layer : namespace.layers.inOrder()) {
      if (layer.mergedInto == null && !layer.dying) {
        layer(layer);
      }
    }
  }

  private void volume(Volume volume) {
    rule(there(volume.top), volume.top, "it is the top of volume " + volume.name + " and gone");
    rule(!volume.top.frozen, volume.top, "it is the top of volume " + volume.name + " and frozen");
    rule(tops.add(volume.top), volume.top, "two volumes write to it");
    rule(
        volume.sizeBytes > 0 && volume.sizeBytes % Bytes.SECTOR == 0,
        volume.top,
        "volume " + volume.name + " has a size of " + volume.sizeBytes + " bytes");
  }

  private void snapshot(Snapshot snapshot) {
    Layer layer = snapshot.layer();
    rule(there(layer), layer, "snapshot " + snapshot.name() + " is of it, and it is gone");
    rule(layer.frozen, layer, "snapshot " + snapshot.name() + " is of it, and it is not frozen");
    names.merge(layer, 1, Integer::sum);
  }

  private boolean there(Layer layer) {
    return namespace.layers.get(layer.id) == layer && layer.mergedInto == null && !layer.dying;
  }

  private void layer(Layer layer) {
    Layer parent = layer.parent;
    int childCount = children.getOrDefault(layer, 0);
    rule(parent == null || there(parent), layer, "it stands on a layer that is gone");
    rule(parent == null || parent.frozen, layer, "it stands on a layer that is written to");
    rule(childCount == layer.children, layer, "it miscounts its children");
    rule(names.getOrDefault(layer, 0) == layer.names, layer, "it miscounts its snapshots");
    rule(layer.frozen || tops.contains(layer), layer, "no volume writes to it");
    rule(childCount > 0 || layer.names > 0 || !layer.frozen, layer, "nobody can reach it");
  }

  private void rule(boolean holds, Layer layer, String text) {
    findings.rule(holds, damage(CATALOG, text).of(layer.id, NONE));
  }
}
