#!/usr/bin/python3
"""Millrace beside what people would use instead, on the same disk, in the same run: see docs/performance.md.

  ./dev bench [--quick] [--dir DIR] [--publish] [PART…]

PART: one or several of disks clones boot fsync cleaning scale qos desktops; all when none is named. DIR: a folder on the
disk to measure (target/bench/work). --publish: puts tables and plots into docs/performance.md.

Exit codes: 0 all bars met; 1 a bar was missed; 2 wrong usage; 3 the figures can't be trusted (which and why is printed),
or something broke.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import time

import figures
import machine
import part_boot
import part_cleaning
import part_clones
import part_desktops
import part_disks
import part_qos
import part_scale
import publish
import report
from runner import Runner
from throttle import Group

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PARTS = ("disks", "fsync", "clones", "boot", "cleaning", "scale", "qos", "desktops")
NOT_TRUSTED = 3


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--dir", type=pathlib.Path, default=REPOSITORY / "target/bench/work")
    parser.add_argument("--publish", action="store_true")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"no such part: {part} (have: {' '.join(PARTS)})")
    return options


def run_parts(runner, parts):
    on_disks = {part: part_disks.chosen_loads(part, runner.quick) for part in ("disks", "fsync") if part in parts}
    if on_disks:
        part_disks.run(runner, on_disks)
    if "clones" in parts:
        part_clones.run(runner)
    if "boot" in parts:
        part_boot.run(runner)
    if "cleaning" in parts:
        part_cleaning.run(runner)
    if "scale" in parts:
        part_scale.run(runner)
    if "qos" in parts:
        part_qos.run(runner)
    if "desktops" in parts:
        part_desktops.run(runner)


def conclude(runner, options, facts, seconds):
    rows = figures.table(runner.runs)
    bars = [*part_disks.bars(runner), *runner.bars]
    result = {"command": "./dev bench " + " ".join(sys.argv[1:]), "machine": facts, "seconds": round(seconds),
              "rows": rows, "creations": runner.creations, "series": runner.series,
              "bars": [{**bar._asdict(), "met": bar.met} for bar in bars], "failures": [str(f) for f in runner.failures],
              "not_measured": runner.notes, "runs": runner.runs}
    path = REPOSITORY / "target/bench" / ("quick.json" if options.quick else "bench.json")
    report.save(path, result)
    if options.publish:
        publish.publish(json.loads(path.read_text()), REPOSITORY)
    print(report.terminal(rows, runner.creations))
    quick = ("--quick: one round, smaller and shorter than the bars are meant for; not to be quoted",) if options.quick else ()
    for line in ("", machine.line(facts), *quick, *runner.notes, *bars, *(f"NOT TO BE TRUSTED  {failure}" for failure in runner.failures)):
        print(line)
    print(f"took {seconds / 60:.1f} min; {path.relative_to(REPOSITORY)}")
    if runner.failures:
        return NOT_TRUSTED
    return 0 if all(bar.met for bar in bars) else 1


def end(*_):
    """Once: `timeout` says it twice, and the second must not break off what the first has begun to clean up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(NOT_TRUSTED)


def main():
    options = arguments()
    app = pathlib.Path(os.environ.get("MILLRACE_APP", REPOSITORY / "engine/daemon/target/app"))
    shutil.rmtree(options.dir, ignore_errors=True)
    options.dir.mkdir(parents=True)
    group = Group(f"millrace-bench-{os.getpid()}")
    signal.signal(signal.SIGTERM, end)
    began = time.monotonic()
    runner = Runner(app, options.dir, group, options.quick, lambda text: print(f"[{time.strftime('%T')}] {text}", flush=True))
    facts = machine.facts(REPOSITORY)
    try:
        group.make()
        run_parts(runner, options.parts or PARTS)
    except Exception as broken:
        if not runner.runs:
            raise
        runner.failures.append(f"broke off: {broken}")
    finally:
        group.remove()
        shutil.rmtree(options.dir, ignore_errors=True)
    return conclude(runner, options, facts, time.monotonic() - began)


if __name__ == "__main__":
    sys.exit(main())
