"""Part `boot`: how often the disk reads the image when many clones of it start, each reading the same blocks, cold.

The reads are a model (random 16K reads of a sixth of the image, each place once, the same in every clone), not the
record of a guest.
"""
import contextlib

import contenders
import disks
import loads
import part_desktops
import verdicts
from engine import serve

MIB = 1 << 20
IMAGE = part_desktops.IMAGE
WORKING_SET = 20 * MIB
SETS_MOST = 1.1
READS = loads.Load("boot-reads", "the same 20 MiB of the image read by every clone, cold", "read",
                   ("--rw=randread", "--bs=16k", "--iodepth=4", "--randseed=7", "--allrandrepeat=1", f"--io_size={WORKING_SET}"), apart=True)


def run(runner):
    kind = disks.Kind("uncapped-xfs", "an XFS on a disk of our own, uncapped")
    count = 10 if runner.quick else 100
    runner.say(f"boot: {count} clones of one image, cold, on {kind.title}")
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(disks.disk(kind, runner.folder, runner.group, disks.Plan(0, 1 << 30, 1 << 30)))
        engine = serve(stack, runner, disk, 1 << 30)
        crowds = [part_desktops.ours(runner, engine, count), part_desktops.reflinks(disk, count), qcow2s(runner, disk, count)]
        for crowd in crowds:
            stack.callback(crowd.close)
            crowd.open()
        restart(engine, crowds[0])
        for crowd in crowds:
            found = runner.measure("boot", disk, crowd, READS, IMAGE, 0, whole=True)
            sets = found["device"]["read_bytes"] / WORKING_SET
            runner.say(f"  {crowd.title}: the disk read {sets:.2f} times what one clone reads")
            if crowd.ours:
                runner.bars.append(verdicts.Bar(f"{count} clones boot, cold: read from the disk, times the working set", sets, SETS_MOST, False))


def qcow2s(runner, disk, count):
    members = []
    for i in range(count):
        image = disk.files / f"overlay-{i}"
        contenders.overlay(disk.files / "base", image)
        members.append(contenders.QemuNbd("qcow2", "qcow2 overlay, qemu-nbd", image, "qcow2", runner.folder, runner.group, f"overlay-{i}", "threads"))
    return contenders.Crowd(members)


def restart(engine, ours):
    """Its read cache is empty then; the volumes get their devices again."""
    engine.stop_process()
    engine.start()
    ours.open()
