"""Part `cleaning`: a store that is 80 % full and overwritten many times, then measured while it must clean to go on."""
import contextlib
import dataclasses

import contenders
import disks
import figures
import loads
import proofs
import verdicts
from engine import serve

GIB = 1 << 30
FILL = 0.8
ZIPF = "--random_distribution=zipf:0.99"
UNIFORM_BEFORE = 3  # overwrites; by then hardly a segment is as it was first written
MINUTE_LEAST, SECOND_LEAST = 2.7, 1.5
AMPLIFICATION_MOST = {"zipf": 2.2, "uniform": 3.0}


@dataclasses.dataclass(frozen=True)
class Size:
    store: int
    overwrites: int  # of the whole volume, before anything is measured
    seconds: int  # capped


WHOLE = Size(4 * GIB, 8, 600)
QUICK = Size(GIB, 2, 20)


def overwrite(pattern, times):
    """The volume's size, so many times over."""
    distribution = [ZIPF] if pattern == "zipf" else []
    return loads.Load(f"overwrite-{pattern}", f"4K random write, {pattern}, at {FILL:.0%} full, uncapped", "staged",
                      loads.rw("randwrite", "4k", 32, *loads.RANDOM, *distribution, f"--loops={times}"))


def sustained(seconds, log):
    return loads.Load("sustained-zipf", f"4K random write, Zipf 0.99, at {FILL:.0%} full, while cleaning", "staged",
                      loads.rw("randwrite", "4k", 32, *loads.RANDOM, ZIPF, f"--write_iops_log={log}", "--log_avg_msec=1000"),
                      seconds, seconds)


def run(runner):
    size = QUICK if runner.quick else WHOLE
    kind = disks.CLOUD
    runner.say(f"cleaning: {kind.title}, {size.store >> 30} GiB store, {FILL:.0%} full")
    with contextlib.ExitStack() as stack:
        disk = stack.enter_context(disks.disk(kind, runner.folder, runner.group, disks.Plan(GIB, size.store)))
        engine = serve(stack, runner, disk, size.store)
        volume = int(size.store * FILL) >> 20 << 20
        engine.create("full", volume)
        ours, raw = contenders.Ours(engine, "full"), contenders.Raw(disk.raw)
        stack.callback(raw.close)
        for contender in (ours, raw):
            contender.open()
        runner.fill(ours, volume)
        amplification(runner, disk, engine, ours, volume, size.overwrites)
        proofs.cap(runner, disk, raw, GIB)
        steady(runner, disk, engine, ours, raw, volume, size.seconds)


def amplification(runner, disk, engine, ours, volume, times):
    """Bytes at the disk for each of the user's in the last overwrite of the volume; all before it only ages the store."""
    for pattern in ("zipf",) if runner.quick else ("uniform", "zipf"):
        runner.fio(ours, overwrite(pattern, times - 1 if pattern == "zipf" else UNIFORM_BEFORE), volume, None)
        load = overwrite(pattern, 1)
        found = runner.measure("cleaning", disk, ours, load, volume, 0, engine.ring_bytes(), whole=True)
        ratio = figures.write_amplification(found)
        runner.say(f"  {load.title}: {ratio:.2f} bytes at the disk per byte")
        runner.bars.append(verdicts.Bar(f"write amplification at {FILL:.0%} full, {pattern}", ratio, AMPLIFICATION_MOST[pattern], False))


def steady(runner, disk, engine, ours, raw, volume, seconds):
    """Raw for a short while, ours for long, second by second."""
    by_raw = runner.measure("cleaning", disk, raw, sustained(min(seconds, 30), runner.folder / "raw"), GIB, 0)
    runner.measure("cleaning", disk, ours, sustained(seconds, runner.folder / "ours"), volume, 0, engine.ring_bytes())
    each = per_second((runner.folder / "ours_iops.1.log").read_text())
    runner.series.append({"part": "cleaning", "disk": disk.kind.key, "raw_iops": by_raw["iops"], "ours_each_second": each})
    minutes = chunks(each, 60)
    runner.bars += [
        verdicts.Bar("sustained at 80 % full, the worst minute, times raw", min(minutes) / by_raw["iops"], MINUTE_LEAST, True),
        verdicts.Bar("sustained at 80 % full, the worst second, times raw", min(each) / by_raw["iops"], SECOND_LEAST, True),
    ]


def per_second(log):
    """Operations of each second; one without an entry had none. fio's last entry, of a part of a second, is left out."""
    found = {}
    for line in log.splitlines():
        words = [word.strip() for word in line.split(",")]
        found[round(int(words[0]) / 1000)] = int(words[1])
    last = max(found, default=0)
    return [found.get(second, 0) for second in range(1, last)]


def chunks(values, length):
    """Means of consecutive stretches; a short rest at the end counts only when it is all there is."""
    whole = [values[i:i + length] for i in range(0, len(values) - length + 1, length)] or [values]
    return [sum(part) / len(part) for part in whole]
