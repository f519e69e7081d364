"""Part `desktops`: N clones of one image with the mixes of published VDI measurements, all at one time.

Sizes and shares of reads follow Dell's, Citrix's and SPEC's published averages (a boot 65/35 with reads of 36 KB on
average, a logon 50/50, steady work 25/75 with writes of 10 KB). They are open loops: as fast as the disk serves them,
not at the rate of real desktops. Places are drawn by Zipf 0.99, which rewrites what was written as desktops do.
"""
import contextlib

import contenders
import devices
import disks
import loads
import proofs
from engine import serve

MIB = 1 << 20
IMAGE = 128 * MIB
BOOT_READS = "4k/35:16k/15:32k/20:64k/20:128k/10"
STEADY_READS = "4k/50:16k/20:32k/20:64k/10"
LOGON_WRITES = "4k/70:8k/10:16k/8:32k/8:64k/4"
PLACES = ("--random_distribution=zipf:0.99", *loads.RANDOM)


def phase(key, title, reads, read_sizes, write_sizes, depth, *more):
    return loads.Load(key, title, "staged", ("--rw=randrw", f"--rwmixread={reads}", f"--bssplit={read_sizes},{write_sizes}",
                                             f"--iodepth={depth}", *PLACES, *more), 10, 5, limited=True)


PHASES = (
    phase("boot-storm", "boot storm, 65 % reads", 65, BOOT_READS, "4k/75:8k/10:16k/8:32k/5:64k/2", 4),
    phase("logon-storm", "logon storm, 50 % reads", 50, BOOT_READS, LOGON_WRITES, 4),
    phase("steady", "steady work, 75 % writes, fsync after each 100", 25, STEADY_READS, LOGON_WRITES, 2, "--fsync=100"),
    loads.Load("rewrite", "rewrites: 4K writes, half of them to places written before", "staged",
               ("--rw=randwrite", "--bs=4k", "--iodepth=2", "--random_distribution=zoned:50/5:50/95", *loads.RANDOM), 10, 5, limited=True),
)


def run(runner):
    kind, count = disks.CLOUD, 4 if runner.quick else 30
    runner.say(f"desktops: {count} clones of one image on {kind.title}")
    with contextlib.ExitStack() as stack:
        store = max(1 << 30, 2 * count * IMAGE)
        plan = disks.Plan(count * IMAGE, store, max(1 << 30, 2 * count * IMAGE))
        disk = stack.enter_context(disks.disk(kind, runner.folder, runner.group, plan))
        engine = serve(stack, runner, disk, store)
        crowds = [raw(disk, count), ours(runner, engine, count), reflinks(disk, count)]
        for crowd in crowds:
            stack.callback(crowd.close)
            crowd.open()
        proofs.cap(runner, disk, crowds[0], IMAGE)
        runner.interleave("desktops", disk, crowds, PHASES, IMAGE, engine.ring_bytes(), rounds=1 if runner.quick else 2)


def raw(disk, count):
    return contenders.Slices(disk.raw, count, IMAGE)


def ours(runner, engine, count):
    """A golden image, written whole, and a clone for each desktop."""
    golden(runner, engine)
    return contenders.Crowd([clone(engine, f"desktop-{i}") for i in range(count)])


def golden(runner, engine):
    engine.create("golden", IMAGE)
    image = contenders.Ours(engine, "golden")
    image.open()
    runner.fill(image, IMAGE)
    engine.detach("golden")
    engine.call("snapshot", "create", "golden", "image")


def clone(engine, name):
    engine.call("clone", "image", name)
    return contenders.Ours(engine, name)


def reflinks(disk, count):
    base = disk.files / "base"
    devices.write_whole(base, IMAGE)
    for i in range(count):
        contenders.reflink(base, disk.files / f"desktop-{i}")
    return contenders.Crowd([contenders.Reflink(disk.files / f"desktop-{i}") for i in range(count)])
