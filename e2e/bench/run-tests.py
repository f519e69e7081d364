#!/usr/bin/python3
"""Runs the unit tests of the benchmark: run-tests.py REPORT.xml. Writes a JUnit report; exit code 1 when one failed."""
import pathlib
import sys
import unittest
import xml.etree.ElementTree as xml


class Report(unittest.TextTestResult):
    """Keeps each test with its failure, if any."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.suite = xml.Element("testsuite", name="bench")

    def startTest(self, test):
        super().startTest(test)
        kind, _, name = test.id().rpartition(".")
        self.case = xml.SubElement(self.suite, "testcase", classname=kind, name=name)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        xml.SubElement(self.case, "failure", message=str(error[1]))

    def addError(self, test, error):
        super().addError(test, error)
        xml.SubElement(self.case, "error", message=str(error[1]))


def main(path):
    tests = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent))
    result = unittest.TextTestRunner(resultclass=Report, verbosity=1).run(tests)
    path.parent.mkdir(parents=True, exist_ok=True)
    xml.ElementTree(result.suite).write(path, encoding="utf-8")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
