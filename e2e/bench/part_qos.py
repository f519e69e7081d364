"""Part `qos`: what volumes of one store feel of each other: seven beside a greedy eighth, and one beside three that are held
to 10 requests a second and have 128 queued each."""
import contextlib
import statistics
import subprocess

import contenders
import disks
import fio
import loads
import part_scale
import verdicts

BESIDE_GREEDY_LEAST = 0.8  # of what they get without it
BESIDE_LIMITED_MOST = 2.0  # times the p99 of when it is alone
MODEST_DEPTH, GREEDY_DEPTH = 4, 128
GREEDY = [f"--iodepth={GREEDY_DEPTH}"]
SLOW, SLOW_IOPS = 3, 10
ONE_READER = loads.Load("one-reader", "4K random read, QD1, alone and beside three limited ones", "read", loads.rw("randread", "4k", 1, *loads.RANDOM), 10, 5)
END_SECONDS_MOST = 60


def run(runner):
    greedy(runner, disks.CLOUD)
    limited(runner, disks.UNCAPPED)


def greedy(runner, kind):
    runner.say(f"qos: seven volumes at QD{MODEST_DEPTH}, without and with one at QD{GREEDY_DEPTH}, on {kind.title}")
    with part_scale.served(runner, kind, 8) as (disk, _, ours):
        disk.cap(True)
        seven, eight = contenders.Crowd(ours.members[:7]), WithGreedy(ours.members)
        for pattern, acknowledged in (("randwrite", "staged"), ("randread", "read")):
            rounds = [(runner.measure("qos", disk, seven, modest(pattern, acknowledged, "without"), part_scale.VOLUME, number),
                       runner.measure("qos", disk, eight, modest(pattern, acknowledged, "with"), part_scale.VOLUME, number))
                      for number in range(runner.rounds)]
            least = kept([without["each_iops"] for without, _ in rounds], [beside["each_iops"] for _, beside in rounds])
            for without, beside in rounds:
                runner.say(f"  {pattern}: seven {told(without['each_iops'])}; beside {told(beside['each_iops'])}")
            runner.bars.append(verdicts.Bar(f"seven volumes beside a greedy one, {pattern}: the one that keeps least, of what it had",
                                            least, BESIDE_GREEDY_LEAST, True))


def modest(pattern, acknowledged, beside):
    return loads.Load(f"{pattern}-{beside}-greedy", f"4K {pattern}, seven volumes at QD{MODEST_DEPTH}, {beside} a greedy one", acknowledged,
                      loads.rw(pattern, "4k", MODEST_DEPTH, *loads.RANDOM), 20, 5, limited=True)


def told(each):
    return f"{sum(each[:7]):,.0f}/s" + "".join(f", the greedy one {last:,.0f}/s" for last in each[7:])


def kept(without, beside):
    """The least that one of the modest keeps, by the medians of the rounds."""
    return min(statistics.median(found) / statistics.median(had) for had, found in zip(zip(*without), zip(*beside)))


class WithGreedy(contenders.Crowd):
    """The last of the crowd asks for many at a time."""

    def targets(self):
        return [*super().targets()[:-1], [*self.members[-1].fio(), *GREEDY]]


def limited(runner, kind):
    runner.say(f"qos: a reader alone, and beside {SLOW} that are held to {SLOW_IOPS} requests/s with {GREEDY_DEPTH} queued each, on {kind.title}")
    with part_scale.served(runner, kind, 1 + SLOW) as (disk, engine, ours):
        reader, slow = contenders.Crowd(ours.members[:1]), ours.members[1:]
        alone, beside = [], []
        for number in range(runner.rounds):
            alone.append(reader_p99(runner, disk, reader, "alone", number))
            with floods(runner, engine, slow):
                beside.append(reader_p99(runner, disk, reader, "beside", number))
    runner.say(f"  p99 alone {alone} µs, beside {beside} µs")
    runner.bars.append(verdicts.Bar(f"a reader beside {SLOW} volumes at their limit: its p99, times that of when it is alone",
                                    statistics.median(beside) / statistics.median(alone), BESIDE_LIMITED_MOST, False))


def reader_p99(runner, disk, reader, when, number):
    load = loads.Load(f"{ONE_READER.key}-{when}", f"{ONE_READER.title}: {when}", "read", ONE_READER.options, ONE_READER.seconds, ONE_READER.seconds_quick)
    return runner.measure("qos", disk, reader, load, part_scale.VOLUME, number)["latency_us"]["p99"]


@contextlib.contextmanager
def floods(runner, engine, members):
    """Volumes at their limit; it is lifted at the end, so that what is queued ends."""
    processes = []
    try:
        for number, member in enumerate(members):
            engine.tell("volume", "set", member.volume, "--iops", SLOW_IOPS)
            words = fio.command([member.fio()], loads.rw("randwrite", "4k", GREEDY_DEPTH, *loads.RANDOM), part_scale.VOLUME, 3600,
                                runner.folder / f"flood-{number}.json")
            processes.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, preexec_fn=runner.group.enter))
        yield
    finally:
        for member in members:
            engine.tell("volume", "set", member.volume, "--iops", 0)
        for process in processes:
            process.terminate()
            process.wait(END_SECONDS_MOST)
