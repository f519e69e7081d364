"""The control group that a contender's server and client run in together: what caps the disk, and what counts their CPU.

The kernel's throttle limits reads and writes apart, in cgroup v1 and v2 alike: a load that reads and writes at once may
do the cap's operations of each.
"""
import os
import pathlib
import time
import typing

ROOT = pathlib.Path("/sys/fs/cgroup")
MIB = 1 << 20


class Cap(typing.NamedTuple):
    """What a disk can do: operations and MiB per second."""

    iops: int
    mib_per_second: int


class Unavailable(Exception):
    """This machine can't do what a part needs; says what is missing."""


def rules(version, device, cap):
    """What to write where so that the device ("7:0") is held to the cap; None: to nothing."""
    if version == 1:
        iops, rate = (cap.iops, cap.mib_per_second * MIB) if cap else (0, 0)
        return [
            (f"blkio.throttle.{way}_{what}_device", f"{device} {amount}")
            for way in ("read", "write")
            for what, amount in (("iops", iops), ("bps", rate))
        ]
    iops, rate = (cap.iops, cap.mib_per_second * MIB) if cap else ("max", "max")
    return [("io.max", f"{device} rbps={rate} wbps={rate} riops={iops} wiops={iops}")]


def cpu_seconds_of(version, text):
    """CPU time that a group used: cpuacct.usage (v1, nanoseconds) or cpu.stat (v2)."""
    if version == 1:
        return int(text) / 1e9
    fields = dict(line.split() for line in text.splitlines())
    return int(fields["usage_usec"]) / 1e6


class Group:
    """One control group. `enter` is for a child between fork and exec."""

    def __init__(self, name):
        self.version = 2 if (ROOT / "cgroup.controllers").exists() else 1
        if self.version == 2:
            self.io = self.cpu = ROOT / name
        else:
            self.io, self.cpu = ROOT / "blkio" / name, ROOT / "cpuacct" / name

    def make(self):
        if not self.io.parent.exists() or not self.cpu.parent.exists():
            raise Unavailable("control groups with blkio and cpuacct (v1) or io and cpu (v2) under /sys/fs/cgroup")
        if self.version == 2:
            (ROOT / "cgroup.subtree_control").write_text("+io +cpu")
        self.io.mkdir(exist_ok=True)
        self.cpu.mkdir(exist_ok=True)

    def enter(self):
        for folder in {self.io, self.cpu}:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def limit(self, device, cap):
        for file, text in rules(self.version, device, cap):
            (self.io / file).write_text(text)

    def cpu_seconds(self):
        file = "cpuacct.usage" if self.version == 1 else "cpu.stat"
        return cpu_seconds_of(self.version, (self.cpu / file).read_text())

    def remove(self):
        """After the last process; one that was killed in the middle of I/O needs a moment to be gone."""
        for folder in {self.io, self.cpu}:
            for last in [False] * 100 + [True]:
                try:
                    folder.rmdir()
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    if last:
                        raise
                    time.sleep(0.1)
