"""The loads that fio puts on a contender.

`acknowledged` says when a write is answered on our side, which an honest reader asks first:
- staged: when millraced has it in memory that outlives its kill; the run's time includes the final flush, and it writes
  at least STAGING_TIMES as much as fits in there. The raw disk answers when its own (volatile) cache has it.
- durable: when it is on the disk, in every contender.
- read: nothing is written.
"""
import dataclasses

STAGING_TIMES = 20


@dataclasses.dataclass(frozen=True)
class Load:
    key: str
    title: str
    acknowledged: str
    options: tuple
    seconds: int = 5
    seconds_quick: int = 4
    whole_only: bool = False  # not in --quick
    limited: bool = False  # the reads of a mix, or one write at a time, keep it from writing so much
    apart: bool = False  # a client for each volume, so that all do the very same: within one, fio gives each job its own seed
    by_nbd: bool = False  # also measured with the NBD client, which knows no O_DSYNC


def rw(pattern, size, depth, *more):
    return (f"--rw={pattern}", f"--bs={size}", f"--iodepth={depth}", *more)


RANDOM = ("--norandommap", "--randrepeat=0")
DSYNC = "--sync=dsync"

RANDOM_WRITE = Load("randwrite-4k-qd32", "4K random write, QD32", "staged", rw("randwrite", "4k", 32, *RANDOM), 10, 4, by_nbd=True)
RANDOM_READ = Load("randread-4k-qd32", "4K random read, QD32", "read", rw("randread", "4k", 32, *RANDOM), 8, 2, by_nbd=True)
DURABLE_WRITE = Load("dsync-4k-qd32", "4K random write, O_DSYNC, QD32", "durable", rw("randwrite", "4k", 32, DSYNC, *RANDOM), 8, 2)
FSYNC = Load("fsync-4k-qd1", "4K random write, fsync after each", "durable", rw("randwrite", "4k", 1, "--fsync=1", *RANDOM), 8, 2, by_nbd=True)

DISK_LOADS = (
    RANDOM_WRITE,
    RANDOM_READ,
    DURABLE_WRITE,
    Load("dsync-4k-32jobs", "4K random write, O_DSYNC, 32 clients at QD1", "durable",
         rw("randwrite", "4k", 1, DSYNC, "--numjobs=32", "--group_reporting", *RANDOM), 8, 2, whole_only=True),
    Load("randwrite-8k-qd32", "8K random write, QD32", "staged", rw("randwrite", "8k", 32, *RANDOM), whole_only=True),
    Load("randwrite-4k-qd1", "4K random write, QD1", "staged", rw("randwrite", "4k", 1, *RANDOM), whole_only=True),
    Load("randread-4k-qd1", "4K random read, QD1", "read", rw("randread", "4k", 1, *RANDOM), whole_only=True),
    Load("dsync-4k-qd1", "4K random write, O_DSYNC, QD1", "durable", rw("randwrite", "4k", 1, DSYNC, *RANDOM), whole_only=True),
    Load("mix-70-30-4k-qd32", "4K random, 70 % reads, QD32", "staged", rw("randrw", "4k", 32, "--rwmixread=70", *RANDOM),
         whole_only=True, limited=True),
    Load("write-256k-qd4", "256K sequential write, QD4", "staged", rw("write", "256k", 4), whole_only=True),
    Load("read-256k-qd4", "256K sequential read, QD4", "read", rw("read", "256k", 4), whole_only=True),
)

# The first write of every byte, not measured: nobody pays for allocation later, and reads find data.
FILL = Load("fill", "first write of every byte", "staged", rw("write", "1m", 8))


def staging_shortfall(load, ours, written_bytes, ring_bytes):
    """By how much a run of ours was too short to say something about the disk rather than the staging ring; 1: it was not."""
    if not ours or load.acknowledged != "staged" or load.limited or ring_bytes == 0:
        return 1.0
    return max(1.0, STAGING_TIMES * ring_bytes / max(written_bytes, 1))
