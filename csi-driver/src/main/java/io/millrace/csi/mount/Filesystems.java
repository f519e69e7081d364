package io.millrace.csi.mount;

import io.millrace.csi.mount.FormatDecision.Make;
import io.millrace.csi.mount.FormatDecision.Origin;
import io.millrace.csi.mount.FormatDecision.Refuse;
import io.millrace.csi.mount.FormatDecision.Use;
import io.millrace.csi.mount.HostTools.Result;
import io.millrace.csi.volume.CsiFailure;
import io.millrace.csi.volume.CsiFailure.Kind;
import io.millrace.csi.volume.Filesystem;
import io.millrace.csi.volume.Handle;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jboss.logging.Logger;

/** Making, checking and growing the filesystem on an attached device. Idempotent. */
final class Filesystems {
  private static final Logger log = Logger.getLogger(Filesystems.class);
  private static final int BEGINNING_BYTES = 1 << 20;
  private static final int FSCK_UNCORRECTED = 4;

  private final HostTools tools;
  private final FormatIntents intents;
  private final boolean onlineGrowth;

  Filesystems(HostTools tools, FormatIntents intents) {
    this.tools = tools;
    this.intents = intents;
    this.onlineGrowth = Capabilities.ofThisProcess().contain(Capabilities.SYS_RESOURCE);
    if (!onlineGrowth) {
      log.warn(
          "CAP_SYS_RESOURCE is missing: ext4 volumes grow when they are staged next, not while they are mounted");
    }
  }

  /**
   * The volume whose device it is.
   *
   * @param hasSource it is a clone or a restored snapshot
   */
  record Subject(Handle handle, boolean hasSource) {}

  /**
   * The filesystem that is on the device afterwards, fit to be mounted. The device must not be
   * mounted anywhere.
   */
  Filesystem prepare(Subject volume, Path device, Filesystem wanted, boolean readOnly) {
    var origin = Origin.of(intents.isUnfinished(volume.handle()), volume.hasSource());
    return switch (FormatDecision.decide(probe(device), wanted, origin, readOnly)) {
      case Make(Filesystem filesystem) -> make(volume.handle(), device, filesystem);
      case Use(Filesystem filesystem) -> {
        if (filesystem != wanted) {
          log.infof(
              "volume %s holds %s and is mounted as that, not as %s",
              volume.handle(), filesystem, wanted);
        }
        check(device, filesystem);
        if (!readOnly && filesystem == Filesystem.EXT4 && !onlineGrowth) {
          growUnmounted(device);
        }
        yield filesystem;
      }
      case Refuse(String reason) ->
          throw new CsiFailure(
              Kind.FAILED_PRECONDITION,
              "volume " + volume.handle() + " on " + device + " " + reason);
    };
  }

  /**
   * To the size of the device; nothing to do when it has it. The filesystem must be mounted at the
   * point, writable.
   */
  void grow(Filesystem filesystem, Path device, Path point) {
    switch (filesystem) {
      case EXT4 -> {
        if (onlineGrowth) {
          tools.require(List.of("resize2fs", device.toString()));
        } else {
          requireFull(device);
        }
      }
      case XFS -> tools.require(List.of("xfs_growfs", point.toString()));
    }
  }

  /**
   * The kernel grows a mounted ext4 only for a process with CAP_SYS_RESOURCE; an unmounted one
   * needs none.
   */
  private void growUnmounted(Path device) {
    if (ext4LeavesRoom(device)) {
      // resize2fs insists on a complete check just before. 1 is "errors were corrected".
      Result fsck = tools.runToTheEnd(List.of("e2fsck", "-f", "-p", device.toString()));
      requireCorrected(device, fsck);
      tools.requireToTheEnd(List.of("resize2fs", device.toString()));
    }
  }

  private void requireFull(Path device) {
    if (ext4LeavesRoom(device)) {
      throw new CsiFailure(
          Kind.INTERNAL,
          "the ext4 filesystem on "
              + device
              + " can't grow while it is mounted, because the driver lacks"
              + " CAP_SYS_RESOURCE; it grows when the volume is staged next");
    }
  }

  private boolean ext4LeavesRoom(Path device) {
    var header = tools.require(List.of("dumpe2fs", "-h", device.toString()));
    return Ext4Size.parse(header.output()).leavesRoomOn(DeviceNumber.require(device).sizeBytes());
  }

  private Signature probe(Path device) {
    boolean zeros = beginsWithZeros(device);
    Result blkid =
        tools.run(
            List.of(
                "blkid", "-p", "-s", "TYPE", "-s", "PTTYPE", "-o", "export", device.toString()));
    return Signature.of(blkid.exitCode(), blkid.output(), zeros);
  }

  private static boolean beginsWithZeros(Path device) {
    var buffer = ByteBuffer.allocate(BEGINNING_BYTES);
    try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ)) {
      while (buffer.hasRemaining() && channel.read(buffer) > 0) {}
    } catch (IOException e) {
      throw new CsiFailure(Kind.INTERNAL, "can't read " + device + ": " + e.getMessage(), e);
    }
    buffer.flip();
    return buffer.mismatch(ByteBuffer.allocate(buffer.limit())) < 0;
  }

  private Filesystem make(Handle volume, Path device, Filesystem filesystem) {
    intents.begin(volume);
    tools.requireToTheEnd(mkfs(filesystem, device));
    intents.end(volume);
    return filesystem;
  }

  /**
   * 4 KiB blocks and sectors always: the engine's own block, and the filesystem stays mountable
   * when its clone is attached with another sector size.
   */
  private static List<String> mkfs(Filesystem filesystem, Path device) {
    return switch (filesystem) {
      case EXT4 -> List.of("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", device.toString());
      case XFS -> List.of("mkfs.xfs", "-q", "-f", "-s", "size=4096", device.toString());
    };
  }

  /** What a journal can't repair is repaired or refused here. xfs does this at mount. */
  private void check(Path device, Filesystem filesystem) {
    if (filesystem == Filesystem.EXT4) {
      requireCorrected(device, tools.runToTheEnd(List.of("e2fsck", "-p", device.toString())));
    }
  }

  private static void requireCorrected(Path device, Result fsck) {
    if (fsck.exitCode() >= FSCK_UNCORRECTED) {
      throw new CsiFailure(
          Kind.INTERNAL,
          "the ext4 filesystem on "
              + device
              + " is damaged; repair it by hand with e2fsck: "
              + fsck.output());
    }
  }
}
