"""Part `scale`: many volumes at one time on one slow disk."""
import contextlib

import contenders
import disks
import loads
import proofs
import verdicts
from engine import serve

MIB = 1 << 20
VOLUME = 32 * MIB
SUM_LEAST = 40.0  # times raw
WORST_LEAST = 1 / 3  # of the mean
EVERYBODY = loads.Load("many-qd1", "4K random write, one client at QD1 per volume", "staged", loads.rw("randwrite", "4k", 1, *loads.RANDOM), 30, 10)


def run(runner):
    count = 8 if runner.quick else 50
    many(runner, disks.SPINNING, count)


@contextlib.contextmanager
def served(runner, kind, count, raw_bytes=0):
    """A disk with so many volumes, all written whole, uncapped yet."""
    with contextlib.ExitStack() as stack:
        store = max(1 << 30, 3 * count * VOLUME // 2 >> 20 << 20)
        disk = stack.enter_context(disks.disk(kind, runner.folder, runner.group, disks.Plan(raw_bytes, store)))
        engine = serve(stack, runner, disk, store)
        members = []
        for i in range(count):
            engine.create(f"volume-{i}", VOLUME)
            members.append(contenders.Ours(engine, f"volume-{i}"))
        ours = contenders.Crowd(members)
        ours.open()
        runner.fio(ours, loads.FILL, VOLUME, None)
        yield disk, engine, ours


def many(runner, kind, count):
    runner.say(f"scale: {count} volumes at QD1 on {kind.title}")
    with served(runner, kind, count, count * VOLUME) as (disk, engine, ours):
        raw = contenders.Slices(disk.raw, count, VOLUME)
        raw.open()
        try:
            proofs.cap(runner, disk, raw, VOLUME)
            runner.interleave("scale", disk, [raw, ours], [EVERYBODY], VOLUME, engine.ring_bytes())
        finally:
            raw.close()
    rows = runner.rows("scale")
    ratio = rows[(kind.key, EVERYBODY.key, "ours")]["to_raw"]
    last = [run for run in runner.runs if run["part"] == "scale" and run["contender"] == "ours"][-1]["each_iops"]
    runner.bars += [verdicts.Bar(f"{count} volumes at QD1 on {kind.key}, in sum, times raw", ratio, SUM_LEAST, True),
                    verdicts.Bar(f"{count} volumes at QD1 on {kind.key}, the slowest, of the mean", share_of_mean(last), WORST_LEAST, True)]


def share_of_mean(each):
    return min(each) / (sum(each) / len(each))
