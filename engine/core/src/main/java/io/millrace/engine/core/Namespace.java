package io.millrace.engine.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The volumes, snapshots and layers, and how records change them.
 *
 * <p>A record acts twice: {@link #change} when its command is taken (so that the next request sees
 * it), and {@link #settle} when it is in the log, in LSN order, together with the blocks. Replay
 * does both at once.
 */
final class Namespace {
  final Cells cells = new Cells();
  final OwnerHints hints = new OwnerHints(cells);
  final IdTable<Volume> volumes = new IdTable<>();
  final IdTable<Snapshot> snapshots = new IdTable<>();
  final IdTable<Layer> layers = new IdTable<>();

  /** The leaves that the checkpoint that stands has. */
  final MapPages pages = new MapPages(this);

  /** Layers whose blocks are to be freed. */
  final ArrayDeque<Layer> dying = new ArrayDeque<>();

  /** Layers without a name that had one child when they came here. */
  final ArrayDeque<Layer> mergeable = new ArrayDeque<>();

  private final Map<String, Volume> volumesByName = new HashMap<>();
  private final Map<String, Snapshot> snapshotsByName = new HashMap<>();
  private final ArrayDeque<Integer> freeIndexes = new ArrayDeque<>();
  private @Nullable Layer[] byIndex = new Layer[16];
  private int nextIndex;
  private long nextId = 1;
  private long logicalBytes;
  private long treeChanges;
  private long limitChanges;

  long takeId() {
    return nextId++;
  }

  long nextId() {
    return nextId;
  }

  void idsFrom(long next) {
    Bounds.require(next > 0 && next <= Bounds.ID_FOUND_MAX, "id", next - 1);
    nextId = Math.max(nextId, next);
  }

  long logicalBytes() {
    return logicalBytes;
  }

  @Nullable Volume volumeNamed(String name) {
    return volumesByName.get(name);
  }

  @Nullable Snapshot snapshotNamed(String name) {
    return snapshotsByName.get(name);
  }

  @Nullable Layer byIndex(int index) {
    return byIndex[index];
  }

  /** Above every index that is in use. */
  int indexEnd() {
    return nextIndex;
  }

  /** How often the tree has changed in a way that may leave blocks that nobody sees. */
  long treeChanges() {
    return treeChanges;
  }

  /** The layer that owns today what was written to layer {@code id}; null when all that is gone. */
  @Nullable Layer owner(long id) {
    Layer first = layers.get(id);
    Layer last = first;
    while (last != null && last.mergedInto != null) {
      last = last.mergedInto;
    }
    // So that the next look takes one step, however many merges there were.
    for (Layer layer = first; layer != null && layer != last; ) {
      Layer next = layer.mergedInto;
      layer.mergedInto = last;
      layer = next;
    }
    return last == null || layers.get(last.id) != last ? null : last;
  }

  /**
   * The layer whose map names this place for the block that was written to layer {@code id}: that
   * layer, its owner, or, while a merge is half done, the other one that takes part in it.
   */
  @Nullable Layer holder(long id, long address, long location) {
    Layer owner = owner(id);
    if (owner == null) {
      return null;
    }
    for (Layer l = owner; l != null; l = l.mergeable() ? l.firstChild : null) {
      if (l.map.find(address) == location) {
        return l;
      }
    }
    for (Layer l = owner.parent; l != null && l.mergeable(); l = l.parent) {
      if (l.map.find(address) == location) {
        return l;
      }
    }
    return null;
  }

  Layer requireLayer(long id) {
    Layer layer = layers.get(id);
    if (layer == null || layer.mergedInto != null) {
      throw new IllegalStateException("layer %x is not in the table".formatted(id));
    }
    return layer;
  }

  Catalog view() {
    List<Catalog.Volume> v = new ArrayList<>(volumes.size());
    volumes.inOrder().forEach(volume -> v.add(volume.view()));
    List<Catalog.Snapshot> s = new ArrayList<>(snapshots.size());
    snapshots.inOrder().forEach(snapshot -> s.add(snapshot.view()));
    return new Catalog(v, s);
  }

  /** What a command does at once. */
  void change(Records record) {
    switch (record) {
      case Records.VolumeCreated r -> createVolume(r);
      case Records.VolumeDeleted r -> removeVolume(r.volumeId());
      case Records.VolumeResized r -> resizeVolume(r);
      case Records.VolumeChanged r -> changeVolume(r);
      case Records.SnapshotCreated r -> createSnapshot(r);
      case Records.SnapshotDeleted r -> removeSnapshot(r.snapshotId());
      case Records.VolumeForked r -> fork(r);
    }
  }

  /** What it does once it is in the log. */
  void settle(Records record) {
    switch (record) {
      case Records.VolumeDeleted r -> die(requireLayer(r.layerId()));
      case Records.SnapshotDeleted r -> {
        Layer layer = requireLayer(r.layerId());
        layer.names--;
        reconsider(layer);
      }
      case Records.VolumeCreated _,
          Records.VolumeResized _,
          Records.VolumeChanged _,
          Records.SnapshotCreated _,
          Records.VolumeForked _ -> {}
    }
  }

  /** A new layer on {@code parent}. */
  Layer addLayer(long id, @Nullable Layer parent) {
    Bounds.id(id, layers);
    Integer free = freeIndexes.poll();
    int index = free == null ? nextIndex++ : free;
    if (index == byIndex.length) {
      byIndex = java.util.Arrays.copyOf(byIndex, index * 2);
    }
    Layer layer = new Layer(id, index, new LayerMap(id, cells, pages));
    byIndex[index] = layer;
    layers.put(id, layer);
    idsFrom(id + 1);
    if (parent != null) {
      layer.attachTo(parent);
    }
    return layer;
  }

  /** A merged layer that lives on as a signpost. */
  void addMerged(long id, Layer into, long namedBelowSequence) {
    Bounds.id(id, layers);
    Layer layer = new Layer(id, -1, new LayerMap(id, cells, pages));
    layer.mergedInto = into;
    layer.namedBelowSequence = namedBelowSequence;
    layers.put(id, layer);
    into.addSignpost(id);
  }

  /** Takes away the signposts that no segment needs any more: all in use have this sequence. */
  void dropSignposts(long lowestSequence) {
    for (Layer layer : layers.inOrder()) {
      Layer owner = layer.mergedInto == null ? null : owner(layer.id);
      if (owner != null && layer.namedBelowSequence <= lowestSequence) {
        layers.remove(layer.id);
        owner.removeSignpost(layer.id);
      }
    }
  }

  /** Brings all leaves in: for tools, which have the memory. */
  void bringAll() {
    for (Layer layer : layers.inOrder()) {
      LayerMap map = layer.map;
      for (long leaf = map.nextLeaf(0); leaf >= 0; leaf = map.nextLeaf(leaf + 1)) {
        int unused = map.leaf(leaf);
      }
    }
  }

  /** The end of a dropped layer. */
  void forget(Layer layer) {
    layers.remove(layer.id);
    for (int i = 0; i < layer.signpostCount(); i++) {
      layers.remove(layer.signpost(i));
    }
    release(layer);
  }

  /** The end of a layer whose entries are all in its only child. */
  void merged(Layer parent, Layer child, long nextSegmentSequence) {
    Layer grandparent = parent.parent;
    child.detach();
    parent.detach();
    if (grandparent != null) {
      child.attachTo(grandparent);
    }
    parent.mergedInto = child;
    parent.namedBelowSequence = nextSegmentSequence;
    child.inheritSignposts(parent);
    child.addSignpost(parent.id);
    child.touched |= parent.touched;
    release(parent);
    if (grandparent != null) {
      reconsider(grandparent);
    }
  }

  private void release(Layer layer) {
    if (layer.frozen) {
      hints.forget();
    }
    byIndex[layer.index] = null;
    freeIndexes.add(layer.index);
  }

  /** Queues a layer that nobody names when it has no child, or only one. */
  void reconsider(Layer layer) {
    if (!layer.nameless()) {
      return;
    }
    treeChanges++;
    if (layer.children == 0) {
      die(layer);
    } else if (layer.children == 1) {
      mergeable.add(layer);
    }
  }

  private void die(Layer layer) {
    layer.dying = true;
    dying.add(layer);
    Layer parent = layer.parent;
    layer.detach();
    if (parent != null) {
      reconsider(parent);
    }
  }

  /** How often the limits of some volume may have changed. */
  long limitChanges() {
    return limitChanges;
  }

  void addVolume(Volume volume) {
    limitChanges++;
    volumes.put(volume.id, volume);
    volumesByName.put(volume.name, volume);
    logicalBytes += volume.sizeBytes;
    idsFrom(volume.id + 1);
  }

  void addSnapshot(Snapshot snapshot) {
    snapshots.put(snapshot.id(), snapshot);
    snapshotsByName.put(snapshot.name(), snapshot);
    snapshot.layer().names++;
    idsFrom(snapshot.id() + 1);
  }

  private void createVolume(Records.VolumeCreated r) {
    Layer parent = r.parentLayerId() == 0 ? null : requireLayer(r.parentLayerId());
    addVolume(new Volume(r, addLayer(r.layerId(), parent)));
  }

  private void removeVolume(long id) {
    Volume volume = volumes.get(id);
    if (volume != null) {
      volumes.remove(id);
      volumesByName.remove(volume.name);
      logicalBytes -= volume.sizeBytes;
    }
  }

  private void resizeVolume(Records.VolumeResized r) {
    Volume volume = volumes.get(r.volumeId());
    if (volume != null) {
      logicalBytes += r.sizeBytes() - volume.sizeBytes;
      volume.sizeBytes = r.sizeBytes();
      volume.writableBytes = r.sizeBytes();
    }
  }

  private void changeVolume(Records.VolumeChanged r) {
    Volume volume = volumes.get(r.volumeId());
    if (volume != null) {
      volume.durable = (r.flags() & Records.FLAG_DURABLE) != 0;
      volume.limits = r.limits();
      limitChanges++;
    }
  }

  private void createSnapshot(Records.SnapshotCreated r) {
    addSnapshot(
        new Snapshot(
            r.snapshotId(),
            r.name(),
            r.volumeId(),
            r.sizeBytes(),
            r.createdUnixMillis(),
            requireLayer(r.layerId())));
  }

  private void removeSnapshot(long id) {
    Snapshot snapshot = snapshots.get(id);
    if (snapshot != null) {
      snapshots.remove(id);
      snapshotsByName.remove(snapshot.name());
    }
  }

  private void fork(Records.VolumeForked r) {
    Volume volume = volumes.get(r.volumeId());
    if (volume == null) {
      throw new IllegalStateException("volume %x is not in the table".formatted(r.volumeId()));
    }
    Layer frozen = requireLayer(r.frozenLayerId());
    frozen.frozen = true;
    volume.top = addLayer(r.topLayerId(), frozen);
  }
}
