#!/usr/bin/env python3
"""Prints what the processes of this PID namespace hold in memory (PSS: shared pages are counted once), largest first.

    memory.py [--json]

Run it inside the cluster: `./dev status` ends with it. --json: {"total_bytes": N, "programs": {NAME: BYTES}}.
"""
import json
import os
import re
import sys


def name_of(arguments):
    """The program; of a JVM, its jar or main class."""
    program = os.path.basename(arguments[0])
    if program != "java":
        return program
    millrace = [word for word in arguments if re.match(r"/opt/millrace/[a-z-]+/.*\.jar$|io\.millrace\.", word)]
    return "millrace: " + (millrace[0].removeprefix("/opt/millrace/") if millrace else "java")


def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as file:
                arguments = [word for word in file.read().split("\0") if word]
            with open(f"/proc/{pid}/smaps_rollup") as file:
                pss = re.search(r"^Pss: +(\d+) kB", file.read(), re.M)
        except OSError:
            continue  # it ended meanwhile
        if arguments and pss and int(pid) != os.getpid():
            yield name_of(arguments), int(pss[1]) * 1024


def main():
    programs = {}
    for name, size in processes():
        programs[name] = programs.get(name, 0) + size
    total = sum(programs.values())
    if "--json" in sys.argv[1:]:
        print(json.dumps({"total_bytes": total, "programs": programs}))
        return
    print(f"memory: {total >> 20} MiB in all")
    for name, size in sorted(programs.items(), key=lambda entry: -entry[1]):
        if size >= 10 << 20:
            print(f"{size >> 20:6} MiB  {name}")


main()
