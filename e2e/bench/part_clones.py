"""Part `clones`: what a fresh clone of an image costs to make, and how fast it is, beside qcow2 overlays and reflink copies.

Every run is on a clone that was made for it. qcow2 is compared on the machine's own file system, reflink on an XFS of a
disk of our own, each with raw on the same disk.
"""
import contextlib
import time

import contenders
import devices
import disks
import loads
import verdicts
from engine import serve

GIB = 1 << 30
IMAGE = GIB
XFS = disks.Kind("uncapped-xfs", "an XFS on a disk of our own, uncapped")
LOADS = (loads.RANDOM_WRITE, loads.RANDOM_READ)
CLONES_TIMED = 1000
CLONES_TIMED_QUICK = 100
CLONE_MS_MOST = 5.0
THOUSAND_SECONDS_MOST = 10.0
TO_RAW, TO_QCOW2 = 1.2, 4.0


def run(runner):
    image = IMAGE // 4 if runner.quick else IMAGE
    for kind, files in ((disks.UNCAPPED, 0), (XFS, 4 * image)):
        runner.say(f"clones: {kind.title}")
        with contextlib.ExitStack() as stack:
            plan = disks.Plan(image, max(GIB, 3 * image), files)
            Clones(runner, stack, stack.enter_context(disks.disk(kind, runner.folder, runner.group, plan))).run()
    runner.bars += bars(runner)


class Clones:
    """One disk's base image, in our store and as a file, and fresh clones of it."""

    def __init__(self, runner, stack, disk):
        self.runner, self.stack, self.disk = runner, stack, disk
        self.image = disk.plan.raw
        self.made = 0

    def run(self):
        self.engine = serve(self.stack, self.runner, self.disk, self.disk.plan.store)
        self.raw = contenders.Raw(self.disk.raw)
        self.stack.callback(self.raw.close)
        self.raw.open()
        self.make_golden()
        self.base = self.disk.files / "base"
        devices.write_whole(self.base, self.image)
        self.runner.watch_strangers(self.disk)
        for load in LOADS:
            for number in range(self.runner.rounds):
                for kind in self.kinds():
                    self.measure(kind, load, number)
        self.time_creations()

    def kinds(self):
        nbd = () if self.disk.kind is XFS else ("raw-nbd", "qcow2", "ours-nbd")
        return ("raw", "ours", *(("reflink",) if self.disk.kind is XFS else ()), *nbd)

    def make_golden(self):
        self.engine.create("golden", self.image)
        golden = contenders.Ours(self.engine, "golden")
        golden.open()
        self.runner.fill(golden, self.image)
        self.engine.detach("golden")
        self.snapshot = self.engine.call("snapshot", "create", "golden", "image")["id"]

    def clone(self, kind):
        self.made += 1
        name = f"clone-{self.made}"
        path = self.disk.files / name
        if kind in ("ours", "ours-nbd"):
            self.engine.call("clone", "image", name)
            return (contenders.Ours if kind == "ours" else contenders.OursNbd)(self.engine, name)
        if kind == "qcow2":
            contenders.overlay(self.base, path)
            return contenders.QemuNbd("qcow2", "qcow2 overlay, qemu-nbd", path, "qcow2", self.runner.folder, self.runner.group)
        if kind == "reflink":
            contenders.reflink(self.base, path)
            return contenders.Reflink(path)
        return contenders.QemuNbd("raw-nbd", "raw file, qemu-nbd", self.disk.raw, "raw", self.runner.folder, self.runner.group)

    def remove(self, contender):
        contender.close()
        if contender.ours:
            self.engine.detach(contender.volume)
            self.engine.tell("volume", "delete", contender.volume)
        elif contender.key in ("qcow2", "reflink"):
            (self.disk.files / f"clone-{self.made}").unlink()

    def measure(self, kind, load, number):
        if kind == "raw":
            fresh = self.raw
        else:
            fresh = self.clone(kind)
            if not self.runner.present("clones", self.disk, [fresh]):
                return
            fresh.open()
        ring = self.engine.ring_bytes() if fresh.ours else 0
        run = self.runner.measure("clones", self.disk, fresh, load, self.image, number, ring)
        self.runner.say(f"  {load.title} on a fresh clone: {fresh.title}: {run['iops']:,.0f}/s")
        if fresh is not self.raw:
            self.remove(fresh)

    def time_creations(self):
        """Ours by one call to the engine each; the others by the tools that people use, their start included. The engine's first
        calls find code that was never run: it has been up for seconds only, and its sum has that in it."""
        count = CLONES_TIMED_QUICK if self.runner.quick else CLONES_TIMED
        key, copy = ("reflink", contenders.reflink) if self.disk.kind is XFS else ("qcow2", contenders.overlay)
        makers = {"ours": lambda: self.engine.clone_seconds(self.snapshot, "timed-", count),
                  key: lambda: [seconds_of(copy, self.base, self.disk.files / f"timed-{i}") for i in range(count)]}
        for key, make in makers.items():
            before = self.disk.counters()
            took = sorted(make())
            devices.run("sync")
            written = self.disk.counters().since(before).write_bytes
            self.runner.creations.append({
                "disk": self.disk.kind.key, "contender": key, "clones": count, "ms_each": 1000 * took[count // 2],
                "ms_worst": 1000 * took[-1], "seconds": sum(took), "device_bytes_each": written / count if self.disk.own else None})


def seconds_of(act, *arguments):
    began = time.monotonic()
    act(*arguments)
    return time.monotonic() - began


def bars(runner):
    rows = runner.rows("clones")
    found = []
    for disk, ours, other, bar, name in (
            ("uncapped", "ours", "raw", TO_RAW, "4K random write on a fresh clone, times raw"),
            ("uncapped", "ours-nbd", "qcow2", TO_QCOW2, "4K random write on a fresh clone, same NBD client, times qcow2")):
        a, b = (rows.get((disk, loads.RANDOM_WRITE.key, key)) for key in (ours, other))
        if a and b:
            found.append(verdicts.Bar(name, a["iops"] / b["iops"], bar, True))
    for made in runner.creations:
        if made["contender"] == "ours":
            found.append(verdicts.Bar(f"ms to make a clone, median of {made['clones']}, {made['disk']}", made["ms_each"], CLONE_MS_MOST, False))
            if made["clones"] == CLONES_TIMED:
                found.append(verdicts.Bar(f"seconds to make {CLONES_TIMED} clones, {made['disk']}", made["seconds"], THOUSAND_SECONDS_MOST, False))
    return found
