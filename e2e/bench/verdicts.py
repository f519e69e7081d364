"""What makes figures worthless, and what makes them too low. Pure: figures in, findings out."""
import typing

import loads

CAP_TOLERANCE = 1.05  # a disk's counters may be so much above its cap
CAP_PROOF = 0.9  # and the raw contender must reach so much of it, or the cap was not what limited
STRANGERS_TOLERANCE = 1.1  # what a disk of our own may get beside what the raw contender writes
FLUSHES_HONOURED = 0.95  # of the client's flushes, one at a time, must be seen at the disk
BURST_SECONDS = 0.1  # the kernel's throttle lets through what it saved up in a slice


class Failure(typing.NamedTuple):
    """The figures can't be trusted: which check, where, why."""

    check: str
    where: str
    why: str

    def __str__(self):
        return f"{self.check}: {self.where}: {self.why}"


class Bar(typing.NamedTuple):
    """What the project must reach. `least`: the figure must not be below; else not above."""

    name: str
    figure: float
    bar: float
    least: bool

    @property
    def met(self):
        return self.figure >= self.bar if self.least else self.figure <= self.bar

    def __str__(self):
        sign = "≥" if self.least else "≤"
        return f"{'met   ' if self.met else 'MISSED'}  {self.name}: {self.figure:.2f} (bar {sign} {self.bar:g})"


def where_of(run):
    return f"{run['part']}, {run['disk']}, {run['contender']}, {run['load']}, round {run['round'] + 1}"


def cap_held(run, cap):
    """The device's own counters against the cap, reads and writes apart as the throttle has them."""
    seconds = run["wall_seconds"] + BURST_SECONDS
    device = run["device"]
    for way, count, size in (("reads", device["reads"], device["read_bytes"]), ("writes", device["writes"], device["write_bytes"])):
        if count / seconds > cap.iops * CAP_TOLERANCE:
            return f"the disk did {count / seconds:.0f} {way}/s, its cap is {cap.iops}"
        if size / seconds > cap.mib_per_second * (1 << 20) * CAP_TOLERANCE:
            return f"the disk did {size / seconds / (1 << 20):.0f} MiB/s of {way}, its cap is {cap.mib_per_second}"
    return None


def of_run(run, kind, load, ours):
    found = []
    if run["errors"]:
        found.append(Failure("I/O errors", where_of(run), f"fio counted error {run['errors']}"))
    if run["capped"] and run["contender"] == "raw" and run["write_bytes"]:
        ratio = run["device"]["write_bytes"] / run["write_bytes"]
        if ratio > STRANGERS_TOLERANCE:
            found.append(Failure("strangers", where_of(run), f"the disk got {ratio:.2f} bytes per byte of the raw contender: somebody else wrote"))
    if run["capped"]:
        broken = cap_held(run, kind.cap)
        if broken:
            found.append(Failure("cap", where_of(run), broken))
    if load.key.startswith("fsync") and run["device"]["flushes"] < run["syncs"] * FLUSHES_HONOURED:
        found.append(Failure("flush", where_of(run),
                             f"the client flushed {run['syncs']} times, the disk was flushed {run['device']['flushes']} times"))
    if ours and load.acknowledged == "staged" and not load.limited and run["ring_times"] is not None:
        if run["ring_times"] < loads.STAGING_TIMES:
            found.append(Failure("staging", where_of(run),
                                 f"wrote {run['ring_times']} times what the staging ring holds; {loads.STAGING_TIMES} are asked for"))
    return found


def cap_proved(best, kind):
    """The raw contender must come near the cap by 4K random writes: the cap was there, and the disk below is faster."""
    if best < kind.cap.iops * CAP_PROOF:
        return [Failure("cap", f"{kind.key}, raw", f"reached {best:.0f} of {kind.cap.iops} writes/s: this machine's disk is slower than the cap")]
    return []
