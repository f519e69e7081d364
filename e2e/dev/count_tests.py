#!/usr/bin/env python3
"""Adds up JUnit XML reports: count_tests.py REPORTS-FOLDER [PART-THAT-DID-NOT-RUN-TO-ITS-END…]

Prints every failure with its first line, then alone on the last line "N passed, N failed, N skipped".
Exit code 1 when a test failed, when a part broke off, or when there was nothing to count.
"""
import pathlib
import sys
import xml.etree.ElementTree as xml


def cases(folder):
    for report in sorted(pathlib.Path(folder).rglob("*.xml")):
        for case in xml.parse(report).getroot().iter("testcase"):
            yield report, case


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
    failures += [f"{part}: did not run to its end; its error is above, its log in target/logs" for part in broken if part not in parts_with_failures]
    for failure in failures:
        print(f"FAILED: {failure}")
    if passed + len(failures) == 0:
        failures.append("nothing ran")
        print("FAILED: no test was executed")
    print(f"{passed} passed, {len(failures)} failed, {skipped} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
