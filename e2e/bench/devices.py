"""Block devices: loop devices with direct I/O, partitions, and the kernel's own counters."""
import dataclasses
import os
import pathlib
import subprocess

SECTOR = 512
ALIGNMENT = 1 << 20  # what lies before the first partition


@dataclasses.dataclass(frozen=True)
class Counters:
    """/sys/block/*/stat since some moment: operations as the device got them, after the kernel merged neighbours. The kernel
    counts a flush that carries no data as a write, too; here it is a flush alone."""

    reads: int
    read_bytes: int
    writes: int
    write_bytes: int
    flushes: int

    @staticmethod
    def parse(text):
        fields = [int(word) for word in text.split()]
        flushes = fields[15] if len(fields) > 15 else 0
        return Counters(fields[0], fields[2] * SECTOR, max(0, fields[4] - flushes), fields[6] * SECTOR, flushes)

    def since(self, before):
        return Counters(*(now - then for now, then in zip(dataclasses.astuple(self), dataclasses.astuple(before))))


def run(*command, **options):
    """Runs a tool to its end; what it printed. Its complaint is in the error."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit code {done.returncode}: {(done.stderr or done.stdout).strip()[-800:]}")
    return done.stdout


def number_of(device):
    """"7:0" of "/dev/loop0"."""
    status = os.stat(device)
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def counters_of(number):
    return Counters.parse(pathlib.Path(f"/sys/dev/block/{number}/stat").read_text())


def disk_under(folder):
    """Number of the whole disk whose file system the folder is on."""
    device = os.stat(folder).st_dev
    at = pathlib.Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    if not at.exists():
        raise RuntimeError(f"{folder} is on a file system without a block device of its own; choose another with --dir")
    at = at.resolve()
    if (at / "partition").exists():
        at = at.parent
    return (at / "dev").read_text().strip()


def attach_loop(backing, partitions=False):
    """A loop device over a file or device, with direct I/O: it is refused rather than measured without."""
    options = ["--partscan"] if partitions else []
    device = run("losetup", "--find", "--show", "--direct-io=on", *options, backing).strip()
    if pathlib.Path(f"/sys/block/{device[5:]}/loop/dio").read_text().strip() != "1":
        detach_loop(device)
        raise RuntimeError(f"the kernel gave no direct I/O to a loop device over {backing}")
    return device


def detach_loop(device):
    subprocess.run(["losetup", "--detach", device], check=False, capture_output=True)


def partition(device, sizes):
    """Cuts the device into partitions of these sizes in bytes, without a table: not every kernel reads one. Their paths."""
    start = ALIGNMENT
    for index, size in enumerate(sizes):
        run("addpart", device, index + 1, start // SECTOR, size // SECTOR)
        start += size
    return [f"{device}p{index + 1}" for index in range(len(sizes))]


def write_whole(path, size):
    """Random bytes over the whole file: no run pays for allocation, and no disk below can answer reads of zeros for nothing."""
    chunk = memoryview(os.urandom(4 << 20))
    with open(path, "wb", buffering=0) as file:
        left = size
        while left > 0:
            left -= file.write(chunk[: min(left, len(chunk))])
            if left % (256 << 20) == 0:  # not a whole memory full of dirty pages at the end
                os.fdatasync(file.fileno())
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
