"""The disks under test. One exists at a time; whatever is measured on it lies on it alone.

- uncapped: files in a folder of the machine's own file system, one loop device between client and file.
- capped: a device of our own, a direct-I/O loop device over a file that is written whole, with a partition for the raw
  contender, one for the store and one for an XFS. Its counters count nobody else. The control group caps it. Partitions
  and not files for these two, because a file system writes the time of change of a raw file at each flush, which would
  cost the raw contender up to half of the operations that a disk of 150 has.
"""
import dataclasses
import pathlib
import shutil

import devices
from throttle import Cap

GIB = 1 << 30
FULLEST = 2 * GIB  # left on the machine's file system


@dataclasses.dataclass(frozen=True)
class Plan:
    """Sizes in bytes of what will lie on a disk; 0: not there."""

    raw: int
    store: int
    files: int = 0  # the XFS


@dataclasses.dataclass(frozen=True)
class Kind:
    key: str
    title: str
    cap: Cap = None


UNCAPPED = Kind("uncapped", "this machine's disk, uncapped")
CLOUD = Kind("3000iops", "3,000 IOPS, 125 MiB/s (a cloud disk's baseline)", Cap(3000, 125))
SPINNING = Kind("150iops", "150 IOPS, 150 MiB/s (a spinning disk)", Cap(150, 150))
KINDS = (UNCAPPED, CLOUD, SPINNING)


def require_room(folder, size):
    free = shutil.disk_usage(folder).free
    if free < size + FULLEST:
        raise RuntimeError(f"{folder} has {free >> 30} GiB free, this part needs {(size + FULLEST) >> 30}; choose another with --dir")


class FolderDisk:
    """Files on the machine's file system."""

    def __init__(self, kind, folder, group, plan):
        self.kind, self.group, self.plan = kind, group, plan
        self.folder = pathlib.Path(folder) / kind.key
        self.own = False  # others may use the same device
        self.capped = False

    def __enter__(self):
        self.folder.mkdir(parents=True)
        require_room(self.folder, self.plan.raw + self.plan.store + self.plan.files)
        self.number = devices.disk_under(self.folder)
        self.files = self.folder
        self.raw, self.store = self.folder / "raw", self.folder / "store"
        devices.write_whole(self.raw, self.plan.raw)
        return self

    def cap(self, on):
        pass

    def counters(self):
        return devices.counters_of(self.number)

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)


class OwnDisk:
    """A device of our own, held to a cap when asked."""

    def __init__(self, kind, folder, group, plan):
        self.kind, self.group, self.plan = kind, group, plan
        self.folder = pathlib.Path(folder) / kind.key
        self.own = True
        self.capped = False
        self.device = None
        self.mounted = False

    def __enter__(self):
        self.folder.mkdir(parents=True)
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        sizes = [size for size in dataclasses.astuple(self.plan) if size]
        require_room(self.folder, sum(sizes))
        devices.write_whole(self.folder / "disk", sum(sizes) + devices.ALIGNMENT)
        self.device = devices.attach_loop(self.folder / "disk", partitions=True)
        self.number = devices.number_of(self.device)
        parts = iter(devices.partition(self.device, sizes))
        self.raw = next(parts) if self.plan.raw else None
        self.store = next(parts) if self.plan.store else None
        self.files = self.folder / "files"
        if self.plan.files:
            self.make_files(next(parts))

    def make_files(self, part):
        self.files.mkdir()
        devices.run("mkfs.xfs", "-q", "-K", "-m", "reflink=1", part)
        devices.run("mount", part, self.files)
        self.mounted = True

    def cap(self, on):
        if self.kind.cap:
            self.capped = on
            self.group.limit(self.number, self.kind.cap if on else None)

    def counters(self):
        return devices.counters_of(self.number)

    def __exit__(self, *_):
        if self.mounted:
            devices.run("umount", self.files)
            self.mounted = False
        if self.device:
            self.cap(False)
            devices.detach_loop(self.device)
            self.device = None
        shutil.rmtree(self.folder, ignore_errors=True)


def disk(kind, folder, group, plan):
    return (OwnDisk if kind.cap or plan.files else FolderDisk)(kind, folder, group, plan)
