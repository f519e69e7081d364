package io.millrace.engine.daemon.rpc;

import io.millrace.engine.api.Acknowledge;
import io.millrace.engine.api.DamagedBlock;
import io.millrace.engine.api.LogPosition;
import io.millrace.engine.api.Scrub;
import io.millrace.engine.api.Snapshot;
import io.millrace.engine.api.Stats;
import io.millrace.engine.api.Store;
import io.millrace.engine.api.StoreState;
import io.millrace.engine.api.Volume;
import io.millrace.engine.core.Catalog;
import io.millrace.engine.core.ScrubReport;
import io.millrace.engine.core.StoreInfo;
import io.millrace.engine.core.StoreLevels;
import io.millrace.engine.core.StoreStats;
import io.millrace.engine.daemon.ObjectId;
import java.util.concurrent.TimeUnit;

/** What the core says, in the words of engine.proto. */
final class Messages {
  private static final long BLOCK_BYTES = 4096;

  private Messages() {}

  /**
   * @param device empty when the volume is not attached
   */
  static Volume volume(Catalog.Volume volume, String device) {
    return Volume.newBuilder()
        .setId(id(volume.id()))
        .setName(volume.name())
        .setSizeBytes(volume.sizeBytes())
        .setSourceSnapshotId(idOrEmpty(volume.sourceSnapshotId()))
        .setSourceVolumeId(idOrEmpty(volume.sourceVolumeId()))
        .setCreatedUnixMillis(volume.createdUnixMillis())
        .setOwnBytes(volume.ownBlocks() * BLOCK_BYTES)
        .setDevice(device)
        .setAcknowledge(volume.durable() ? Acknowledge.DURABLE : Acknowledge.STAGED)
        .setIops(volume.limits().iops())
        .setBytesPerSecond(volume.limits().bytesPerSecond())
        .setBurstSeconds(volume.limits().burstSecondsOrDefault())
        .setWeight(volume.limits().weightOrDefault())
        .build();
  }

  static Snapshot snapshot(Catalog.Snapshot snapshot) {
    return Snapshot.newBuilder()
        .setId(id(snapshot.id()))
        .setName(snapshot.name())
        .setVolumeId(id(snapshot.volumeId()))
        .setSizeBytes(snapshot.sizeBytes())
        .setCreatedUnixMillis(snapshot.createdUnixMillis())
        .build();
  }

  static Scrub.Builder scrub(ScrubReport report) {
    return Scrub.newBuilder()
        .setRunning(report.running())
        .setSegmentsDone(report.segmentsDone())
        .setSegmentsTotal(report.segmentsTotal())
        .setBlocksChecked(report.blocksChecked())
        .setBytesRead(report.bytesRead())
        .setPasses(report.passes())
        .setStartedUnixMillis(report.startedUnixMillis())
        .setEndedUnixMillis(report.endedUnixMillis())
        .setDamagedBlocks(report.damagedBlocks());
  }

  static DamagedBlock.Builder damaged(ScrubReport.Damaged damaged) {
    return DamagedBlock.newBuilder()
        .setSegment(damaged.segment())
        .setPage(damaged.page())
        .setLayer(idOrEmpty(damaged.layerId()))
        .setBlock(damaged.block())
        .setReason(damaged.reason());
  }

  static StoreState state(io.millrace.engine.core.StoreState state) {
    return switch (state) {
      case RECOVERING -> StoreState.RECOVERING;
      case SERVING -> StoreState.SERVING;
      case STOPPED, CLOSED -> StoreState.STOPPED;
      case DAMAGED -> StoreState.DAMAGED;
    };
  }

  static Store.Builder store(StoreInfo info) {
    return Store.newBuilder()
        .setUuid(info.uuid().toString())
        .setCapacityBytes(info.capacityBytes())
        .setPhysicalBytes(info.physicalBytes())
        .setFreeBytes(info.freeBytes())
        .setLogicalBytes(info.logicalBytes())
        .setVolumes(info.volumes())
        .setSnapshots(info.snapshots())
        .setBootMillis(TimeUnit.NANOSECONDS.toMillis(info.recoveryNanos()))
        .setOutlivesKill(info.staging().outlivesProcess());
  }

  static LogPosition logPosition(io.millrace.engine.core.LogPosition position) {
    return LogPosition.newBuilder()
        .setStoreUuid(position.store().toString())
        .setDurableLsn(position.durableLsn())
        .setNextSegmentSequence(position.nextSegmentSequence())
        .build();
  }

  static Stats stats(StoreStats stats, StoreLevels levels) {
    return Stats.newBuilder()
        .setUserWrites(stats.userWrites())
        .setUserWriteBytes(stats.userWriteBytes())
        .setUserReads(stats.userReads())
        .setUserReadBytes(stats.userReadBytes())
        .setUserFlushes(stats.userFlushes())
        .setUserZeroBytes(stats.userZeroBytes())
        .setDeviceWrites(stats.deviceWrites())
        .setDeviceWriteBytes(stats.deviceWriteBytes())
        .setDeviceReads(stats.deviceReads())
        .setDeviceReadBytes(stats.deviceReadBytes())
        .setDeviceSyncs(stats.deviceSyncs())
        .setCommits(stats.commits())
        .setRelocatedBytes(stats.relocatedBytes())
        .setSegmentsCleaned(stats.segmentsCleaned())
        .setClones(stats.clones())
        .setChecksumErrors(stats.checksumErrors())
        .setSegmentsFree(stats.segmentsFree())
        .setSegmentsTotal(stats.segmentsTotal())
        .setMapBytes(stats.mapBytes())
        .setCheckpoints(stats.checkpoints())
        .setReadBlocksStaged(stats.readBlocksStaged())
        .setReadBlocksCached(stats.readBlocksCached())
        .setReadBlocksFromDisk(stats.readBlocksFromDisk())
        .setStagedBytes(levels.stagedBytes())
        .setStagedBytesMax(levels.stagedBytesMax())
        .setWritesWaiting(levels.writesWaiting())
        .setReadsWaiting(levels.readsWaiting())
        .setDiskCalls(levels.diskCalls())
        .setCleanerDebtBytes(levels.cleanerDebtBytes())
        .setLastLsn(levels.lastLsn())
        .setDurableLsn(levels.durableLsn())
        .setNextSegmentSequence(levels.nextSegmentSequence())
        .build();
  }

  static String id(long value) {
    return new ObjectId(value).toString();
  }

  private static String idOrEmpty(long value) {
    return value == 0 ? "" : id(value);
  }
}
