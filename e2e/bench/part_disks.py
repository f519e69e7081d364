"""Parts `disks` and `fsync`: raw beside ours, on three disks."""
import contextlib

import contenders
import disks
import loads
import proofs
import verdicts
from engine import serve

GIB = 1 << 30
VOLUME, VOLUME_QUICK = GIB, GIB // 2
STORE_TIMES = 4  # a quarter full, uncapped half full, with a second volume for NBD: cleaning moves little
SHARE_OF_RAW = {  # bars on the ratio to raw: disk, load → at least
    ("3000iops", loads.RANDOM_WRITE.key): 8.0,
    ("150iops", loads.RANDOM_WRITE.key): 100.0,
    ("3000iops", loads.DURABLE_WRITE.key): 4.0,
    ("150iops", loads.DURABLE_WRITE.key): 10.0,
    ("3000iops", "dsync-4k-32jobs"): 4.0,
    ("150iops", "dsync-4k-32jobs"): 10.0,
    ("uncapped", loads.RANDOM_READ.key): 0.65,
}
FSYNC_TIME_MOST = 1.2  # of raw's, uncapped
ENGINE_USER_US_MOST = 8.0  # CPU per 4K write


def run(runner, parts):
    for kind in disks.KINDS:
        runner.say(f"disk: {kind.title}")
        with contextlib.ExitStack() as stack:
            on_disk(runner, stack, kind, parts)


def on_disk(runner, stack, kind, parts):
    volume = VOLUME_QUICK if runner.quick else VOLUME
    store = volume * STORE_TIMES
    disk = stack.enter_context(disks.disk(kind, runner.folder, runner.group, disks.Plan(volume, store)))
    engine = serve(stack, runner, disk, store)
    present = open_contenders(runner, stack, disk, engine, volume)
    runner.watch_strangers(disk)
    proofs.cap(runner, disk, present[0], volume)
    for part, chosen in parts.items():
        runner.interleave(part, disk, present, chosen, volume, engine.ring_bytes())
    disk.cap(False)
    for contender in present:
        if not contender.missing:
            proofs.verify(runner, disk, contender)
    disk.cap(True)
    proofs.crash(runner, disk, engine, next(c for c in present if c.key == "ours"), volume)


def open_contenders(runner, stack, disk, engine, volume):
    """Opened, each in its own place, and ours written whole as the raw one is, before the cap is on."""
    engine.create("bench", volume)
    found = [contenders.Raw(disk.raw), contenders.Ours(engine, "bench")]
    if not disk.kind.cap:
        engine.create("bench-nbd", volume)  # one that is attached as a device is not served for writing
        image = disk.folder / "raw"
        found.append(contenders.QemuNbd("raw-nbd", "raw file, qemu-nbd", image, "raw", runner.folder, runner.group))
        found.append(contenders.OursNbd(engine, "bench-nbd"))
    for contender in found:
        if contender.missing:
            continue
        stack.callback(contender.close)
        contender.open()
        if contender.ours:
            runner.fill(contender, volume)
    return found


def chosen_loads(part, quick):
    if part == "fsync":
        return (loads.FSYNC,)
    return tuple(load for load in loads.DISK_LOADS if not (quick and load.whole_only))


def bars(runner):
    """Only those whose figures are there."""
    found = []
    for row in (*runner.rows("disks").values(), *runner.rows("fsync").values()):
        bar = SHARE_OF_RAW.get((row["disk"], row["load"]))
        if row["contender"] == "ours" and bar and row["to_raw"]:
            found.append(verdicts.Bar(f"{row['load']} on {row['disk']}, times raw", row["to_raw"], bar, True))
        if row["contender"] == "ours" and row["load"] == loads.FSYNC.key and row["disk"] == "uncapped" and row["to_raw"]:
            found.append(verdicts.Bar("time of a 4K write with its fsync, uncapped, of raw's", 1 / row["to_raw"], FSYNC_TIME_MOST, False))
        if row["contender"] == "ours" and row["load"] == loads.RANDOM_WRITE.key and row["disk"] == "uncapped":
            found.append(verdicts.Bar("engine's user time per 4K write, µs", row["cpu_us_per_io"]["engine_user"], ENGINE_USER_US_MOST, False))
    return found
