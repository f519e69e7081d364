#!/usr/bin/env python3
"""Adds up JUnit XML reports: count_tests.py REPORTS-FOLDER [PART-THAT-DID-NOT-RUN-TO-ITS-END…]

Prints every failure with its first line, then alone on the last line "N passed, N failed, N skipped".
Exit code 1 when a test failed, when a part broke off, or when there was nothing to count.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def cases(folder):
    for report in sorted(pathlib.Path(folder).rglob("*.xml")):
        try:
            root = xml.parse(report).getroot()
        except xml.ParseError as broken:  # its runner was killed while it wrote
            root = xml.fromstring(f'<r><testcase name="{report.name}"><error message="{broken}"/></testcase></r>')
        for case in root.iter("testcase"):
            yield report, case


def first_error(part):
    """What the part's log calls an error first; CI keeps little more than these last lines."""
    log = pathlib.Path("target/logs", f"{part}.log")
    if not log.exists():
        return f"see above; no {log}"
    lines = [COLOUR.sub("", line).strip() for line in log.read_text(errors="replace").splitlines()]
    errors = [line for line in lines if line.startswith(("[ERROR]", "error:"))] or lines[-3:]
    return " | ".join(errors[:4])[:1500] + f" (whole log: {log})"


def main(folder, broken):
    passed, skipped, failures = 0, 0, []
    parts_with_failures = set()
    for report, case in cases(folder):
        name = f"{case.get('classname', '')}.{case.get('name', '')}"
        failure = case.find("failure")
        failure = failure if failure is not None else case.find("error")
        if failure is not None:
            text = failure.get("message") or failure.text or failure.get("type") or ""
            failures.append(f"{name}: {text.strip().splitlines()[0][:300] if text.strip() else 'failed'}")
            parts_with_failures.add(report.relative_to(folder).parts[0])
        elif case.find("skipped") is not None:
            skipped += 1
            print(f"skipped: {name}")
        else:
            passed += 1
    # A part whose own failures are counted above needs no second entry.
    failures += [f"{part}: did not run to its end: {first_error(part)}" for part in broken if part not in parts_with_failures]
    for failure in failures:
        print(f"FAILED: {failure}")
    if passed + len(failures) == 0:
        failures.append("nothing ran")
        print("FAILED: no test was executed")
    print(f"{passed} passed, {len(failures)} failed, {skipped} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
