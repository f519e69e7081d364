"""Part `scale`: many volumes at one time on one slow disk; and seven beside a greedy eighth."""
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
BESIDE_GREEDY_LEAST = 0.8  # of what they get without it
EVERYBODY = loads.Load("many-qd1", "4K random write, one client at QD1 per volume", "staged", loads.rw("randwrite", "4k", 1, *loads.RANDOM), 30, 10)
MODEST = loads.rw("randwrite", "4k", 4, *loads.RANDOM)
GREEDY = ["--iodepth=128"]


def run(runner):
    count = 8 if runner.quick else 50
    many(runner, disks.SPINNING, count)
    greedy(runner, disks.CLOUD)


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


def greedy(runner, kind):
    runner.say(f"scale: seven volumes at QD4, without and with one at QD128, on {kind.title}")
    with served(runner, kind, 8) as (disk, engine, ours):
        disk.cap(True)
        seven = contenders.Crowd(ours.members[:7])
        eight = WithGreedy(ours.members)
        seconds = 5 if runner.quick else 20
        alone = runner.measure("scale", disk, seven, load("seven", "without the greedy one", seconds), VOLUME, 0)
        beside = runner.measure("scale", disk, eight, load("greedy", "with the greedy one", seconds), VOLUME, 0)
    kept = min(with_it / without for with_it, without in zip(beside["each_iops"], alone["each_iops"]))
    runner.bars.append(verdicts.Bar("seven volumes beside a greedy one: the one that keeps least, of what it had", kept, BESIDE_GREEDY_LEAST, True))


def load(key, title, seconds):
    return loads.Load(key, f"4K random write, seven volumes at QD4, {title}", "staged", MODEST, seconds, seconds, limited=True)


class WithGreedy(contenders.Crowd):
    """The last of the crowd asks for 128 at a time."""

    def targets(self):
        return [*super().targets()[:-1], [*self.members[-1].fio(), *GREEDY]]


def share_of_mean(each):
    return min(each) / (sum(each) / len(each))
