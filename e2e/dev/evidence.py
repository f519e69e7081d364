#!/usr/bin/env python3
"""Writes what a long run has shown: evidence.py FILE LOG COMMAND SECONDS EXIT-CODE

The log's last line that is JSON is what the run counted; the line before it says the same in words.
"""
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys


def git(*arguments):
    return subprocess.run(["git", *arguments], capture_output=True, text=True).stdout.strip()


def memory_gib():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def is_json(line):
    return line.startswith(('{"', "[ "))


def counts(lines):
    found = [line for line in lines if is_json(line)]
    return json.loads(found[-1]) if found else None


def main(file, log, command, seconds, code):
    lines = [line for line in pathlib.Path(log).read_text(errors="replace").splitlines() if line.strip()]
    words = [line for line in lines if not is_json(line)]
    evidence = {
        "command": command,
        "result": "passed" if code == "0" else "failed",
        "summary": words[-1] if words else "",
        "counts": counts(lines),
        "seconds": int(seconds),
        "ended": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "HEAD"),
        "uncommittedChanges": bool(git("status", "--porcelain", "--untracked-files=no")),
        "machine": {
            "cores": os.cpu_count(),
            "memoryGiB": memory_gib(),
            "kernel": platform.release().split("-")[0],
            "architecture": platform.machine(),
        },
    }
    path = pathlib.Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(evidence, indent=2, ensure_ascii=False) + "\n")
    print(f"{evidence['result']} after {seconds} s: {evidence['summary']}\nfigures: {file}")


main(*sys.argv[1:])
