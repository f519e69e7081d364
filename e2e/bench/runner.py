"""Measures: one load on one contender at a time, in turns (A B A B), with everything counted around it."""
import time
from concurrent import futures

import engine as engines
import figures
import fio
import loads
import verdicts

RESULT = "fio.json"
LONGEST_SECONDS = 120
ATTEMPTS = 3
SETTLE_SECONDS, SETTLE_SECONDS_MOST = 0.5, 30
STRANGERS_SECONDS = 2
STRANGERS_MOST = 20


def machine_cpu_seconds():
    """Busy time of all processors: what the kernel's own threads do for a contender is nowhere else."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq = (int(word) for word in file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / engines.CLOCK_TICKS


class Meter:
    """What the disk, the contender's processes, the group and the machine did between `start` and `stop`."""

    def __init__(self, disk, group, contender):
        self.disk, self.group, self.contender = disk, group, contender

    def sample(self):
        servers = [engines.cpu_of(pid) for pid in self.contender.servers()]
        return {
            "time": time.monotonic(),
            "device": self.disk.counters(),
            "group_cpu": self.group.cpu_seconds(),
            "machine_cpu": machine_cpu_seconds(),
            "user": sum(user for user, _ in servers),
            "system": sum(system for _, system in servers),
        }

    def start(self):
        self.before = self.sample()

    def stop(self):
        now, then = self.sample(), self.before
        device = now["device"].since(then["device"])
        return {
            "wall_seconds": now["time"] - then["time"],
            "device": vars(device),
            "cpu_seconds": {
                "engine_user": now["user"] - then["user"],
                "engine_system": now["system"] - then["system"],
                "group": now["group_cpu"] - then["group_cpu"],
                "machine": now["machine_cpu"] - then["machine_cpu"],
            },
        }


class Runner:
    """Holds what all parts share: where to work, how long, and what was found."""

    def __init__(self, app, folder, group, quick, say):
        self.app, self.folder, self.group, self.quick, self.say = app, folder, group, quick, say
        self.runs = []
        self.failures = []  # verdicts.Failure: the figures can't be trusted
        self.notes = []  # what was not measured, and why
        self.bars = []
        self.series = []  # what is shown second by second
        self.creations = []  # what a clone costs to make
        self.rounds = 1 if quick else 3

    def seconds(self, load):
        return load.seconds_quick if self.quick else load.seconds

    def fill(self, contender, size):
        self.fio(contender, loads.FILL, size, None)

    def fio(self, contender, load, size, seconds):
        targets = contender.targets()
        clients = [[target] for target in targets] if load.apart else [targets]
        outs = [self.folder / f"{number}-{RESULT}" for number in range(len(clients))]
        commands = [fio.command(mine, load.options, size, seconds, out) for mine, out in zip(clients, outs)]
        with futures.ThreadPoolExecutor(len(commands)) as pool:
            list(pool.map(lambda words: fio.run(words, self.group, (seconds or 300) * 4 + 300), commands))
        return fio.parse(*(out.read_text() for out in outs))

    def measure(self, part, disk, contender, load, size, number, ring_bytes=0, whole=False):
        """One run, by time or over the whole size; again and longer when it wrote too little to have left the staging ring behind."""
        seconds = None if whole else self.seconds(load)
        for _ in range(ATTEMPTS):
            run = self.once(disk, contender, load, size, seconds)
            longer = loads.staging_shortfall(load, contender.ours, run["write_bytes"], ring_bytes)
            if longer == 1 or whole:
                break
            seconds = min(LONGEST_SECONDS, int(seconds * longer * 1.3) + 1)
        run.update(part=part, disk=disk.kind.key, own_disk=disk.own, capped=disk.capped, contender=contender.key, client=contender.client,
                   load=load.key, title=load.title, round=number, acknowledged=load.acknowledged,
                   ring_times=round(run["write_bytes"] / ring_bytes, 1) if ring_bytes else None)
        self.runs.append(run)
        self.failures += verdicts.of_run(run, disk.kind, load, contender.ours)
        return run

    def settle(self, disk):
        """Until nobody does anything on the disk: what one contender still has to do must not slow down the next."""
        most = SETTLE_SECONDS_MOST if disk.own else STRANGERS_SECONDS
        for _ in range(int(most / SETTLE_SECONDS)):
            before = disk.counters()
            time.sleep(SETTLE_SECONDS)
            found = disk.counters().since(before)
            if found.reads + found.writes <= STRANGERS_MOST * SETTLE_SECONDS * (not disk.own):
                return

    def once(self, disk, contender, load, size, seconds):
        self.settle(disk)
        meter = Meter(disk, self.group, contender)
        meter.start()
        figures = self.fio(contender, load, size, seconds)
        return {**figures, **meter.stop()}

    def interleave(self, part, disk, contenders, chosen, size, ring_bytes, rounds=None):
        present = self.present(part, disk, contenders)
        for load in chosen:
            suited = [c for c in present if c.client == "block" or load.by_nbd]
            for number in range(rounds or self.rounds):
                for contender in suited:
                    run = self.measure(part, disk, contender, load, size, number, ring_bytes if contender.ours else 0)
                    self.say(f"  {load.title}: {contender.title}: {run['iops']:,.0f}/s")

    def rows(self, part):
        """The part's rows by disk, load and contender."""
        found = figures.table([run for run in self.runs if run["part"] == part])
        return {(row["disk"], row["load"], row["contender"]): row for row in found}

    def watch_strangers(self, disk):
        """Says so when others use the disk: its counters then count them, too."""
        before = disk.counters()
        time.sleep(STRANGERS_SECONDS)
        found = disk.counters().since(before)
        rate = (found.reads + found.writes) / STRANGERS_SECONDS
        if rate > STRANGERS_MOST:
            self.notes.append(f"{disk.kind.title}: others did {rate:.0f} operations/s on it before the first run; its counters include them")

    def present(self, part, disk, contenders):
        for contender in contenders:
            if contender.missing:
                self.notes.append(f"not measured: {contender.title} ({part}, {disk.kind.title}): {contender.missing}")
        return [contender for contender in contenders if not contender.missing]
