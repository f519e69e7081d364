"""What is compared. Each gives fio a target, tells which processes serve it, and cleans up after itself.

Between the client and the disk: raw and reflink a direct-I/O loop device; ours the loop device that millraced makes
over its FUSE file; the three with nbd in their key a unix socket and no device, because not every kernel has an nbd
driver: fio's own nbd client is used for all of them.
"""
import os
import pathlib
import subprocess
import time

import devices


class Contender:
    """key and title; `open` before the first run, `close` at the end, both once."""

    key = title = ""
    client = "block"  # or "nbd": only equal clients are compared
    ours = False
    missing = None  # why it is not measured, when it is not

    def open(self):
        pass

    def fio(self):
        raise NotImplementedError

    def targets(self):
        """One per client."""
        return [self.fio()]

    def servers(self):
        """Pids of the processes that serve it, for their CPU time."""
        return []

    def close(self):
        pass


def block_target(device):
    return [f"--filename={device}", "--ioengine=libaio", "--direct=1"]


class Raw(Contender):
    """What lies under everything: a file, or a partition of the disk under test, through a loop device."""

    key, title = "raw", "raw, through a loop device"

    def __init__(self, backing):
        self.backing, self.device = backing, None

    def open(self):
        self.device = devices.attach_loop(self.backing)

    def fio(self):
        return block_target(self.device)

    def close(self):
        if self.device:
            devices.detach_loop(self.device)


class Ours(Contender):
    """A volume as a pod gets it: the loop device over millraced's FUSE file."""

    key, title, ours = "ours", "Millrace, block device", True

    def __init__(self, engine, volume):
        self.engine, self.volume, self.device = engine, volume, None

    def open(self):
        self.device = self.engine.attach(self.volume)

    def fio(self):
        return block_target(self.device)

    def servers(self):
        return [self.engine.process.pid]


class OursNbd(Contender):
    """A volume as QEMU gets it: millraced's NBD server on a unix socket."""

    key, title, client, ours = "ours-nbd", "Millrace, NBD", "nbd", True

    def __init__(self, engine, volume):
        self.engine, self.volume = engine, volume
        if not engine.serves_nbd():
            self.missing = "this millraced has no --nbd-socket"

    def fio(self):
        return ["--ioengine=nbd", f"--uri={self.engine.nbd_uri(self.volume)}"]

    def servers(self):
        return [self.engine.process.pid]


class QemuNbd(Contender):
    """An image served by qemu-nbd as a virtual machine monitor would open it: no host cache, Linux AIO.

    A hundred at a time would take more of Linux AIO than a machine has (fs.aio-max-nr): then `aio` is "threads"."""

    client = "nbd"

    def __init__(self, key, title, image, form, folder, group, socket=None, aio="native"):
        self.key, self.title, self.image, self.form = key, title, image, form
        self.group, self.aio = group, aio
        self.socket = pathlib.Path(folder) / f"{socket or key}.sock"
        self.process = None

    def open(self):
        command = ["qemu-nbd", "--format", self.form, "--cache=none", f"--aio={self.aio}", "--discard=unmap", "--persistent",
                   "--shared=8", "--socket", str(self.socket), str(self.image)]
        self.process = subprocess.Popen(command, preexec_fn=self.group.enter)
        for _ in range(100):
            if self.socket.exists():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"qemu-nbd did not serve {self.image}")

    def fio(self):
        return ["--ioengine=nbd", f"--uri=nbd+unix:///?socket={self.socket}"]

    def servers(self):
        return [self.process.pid]

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        if self.socket.exists():
            self.socket.unlink()


class Reflink(Raw):
    """A copy of the base that shares its extents, on XFS."""

    key, title = "reflink", "XFS reflink copy, through a loop device"


class Crowd(Contender):
    """Several of the same kind, each with a client of its own."""

    def __init__(self, members):
        self.members = members
        self.key, self.title, self.client, self.ours = members[0].key, members[0].title, members[0].client, members[0].ours

    def open(self):
        for member in self.members:
            member.open()

    def targets(self):
        return [member.fio() for member in self.members]

    def servers(self):
        return sorted({pid for member in self.members for pid in member.servers()})

    def close(self):
        for member in self.members:
            member.close()


class Slices(Raw):
    """The raw contender for several clients: each has its own stretch of it."""

    def __init__(self, backing, count, size):
        super().__init__(backing)
        self.count, self.size = count, size

    def targets(self):
        return [[*block_target(self.device), f"--offset={i * self.size}"] for i in range(self.count)]


def reflink(base, copy):
    devices.run("cp", "--reflink=always", base, copy)


def overlay(base, image):
    """A qcow2 that reads from a shared raw base what it does not hold itself."""
    devices.run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", os.path.abspath(base), image)
