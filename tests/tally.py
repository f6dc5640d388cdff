"""Counts tests from result files: python3 tally.py results.xml... prints "passed failed".

Reads JUnit files of pytest, of GoogleTest and of ctest. A GoogleTest program that crashed has left
no file of its own, so its ctest entry counts instead: give ctest's file with --programs.
"""

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def count(path):
    passed = failed = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        # A skipped test did not show anything: it counts as failed.
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        bad = bad or case.get("status") in ("fail", "notrun", "disabled")
        passed, failed = passed + (not bad), failed + bad
    return passed, failed


def count_programs(path, counted):
    """Programs of ctest that `counted` (stems of GoogleTest files) does not show."""
    passed = failed = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        bad = case.get("status") != "run"
        if case.get("name") in counted and not (bad and counted[case.get("name")] == 0):
            continue
        passed, failed = passed + (not bad), failed + bad
    return passed, failed


def main():
    options = argparse.ArgumentParser()
    options.add_argument("files", nargs="*", type=Path)
    options.add_argument("--programs", type=Path)
    arguments = options.parse_args()
    passed = failed = 0
    counted = {}
    for path in arguments.files:
        try:
            good, bad = count(path)
        except (ElementTree.ParseError, OSError) as problem:
            print(f"{path}: {problem}", file=sys.stderr)
            good, bad = 0, 1
        counted[path.stem] = bad
        passed, failed = passed + good, failed + bad
    if arguments.programs and arguments.programs.is_file():
        good, bad = count_programs(arguments.programs, counted)
        passed, failed = passed + good, failed + bad
    print(passed, failed)


if __name__ == "__main__":
    main()
