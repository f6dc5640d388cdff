"""Writes docs/conformance.md from the results of the conformance tests.

    report.py --results build/logs/conformance.xml --write docs/conformance.md
    report.py --results build/logs/conformance.xml --check docs/conformance.md

A test belongs to the row that its name begins with: test_c02_... belongs to C-02. A row works when
it has tests and all of them passed; nothing else makes it work. Rows of which a part is known to be
missing stand in open.tsv and are shown as working in part, with what is missing.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.tsv"
OPEN = Path(__file__).parent / "open.tsv"
_ID = re.compile(r"^test_([a-z])_?(\d\d)_")
_HEAD = """# Conformance

Written by `tests/conformance/report.py` from the results of `tests/run`; do not edit. A row *works*
when the tests named beside it ran against real processes with a real token, and all of them passed.

"""


@dataclass(frozen=True)
class Outcome:
    name: str
    passed: bool


def row_id(test_name):
    found = _ID.match(test_name)
    return f"{found.group(1).upper()}-{found.group(2)}" if found else None


def read_results(path):
    """{row id: [Outcome]}, sorted by name; parameters of a test are folded into one outcome."""
    verdicts = defaultdict(lambda: True)
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        name = case.get("name").split("[")[0]
        module = case.get("classname", "").split(".")[-1]
        bad = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
        verdicts[(name, module)] &= not bad
    rows = defaultdict(list)
    for (name, module), passed in sorted(verdicts.items()):
        if row_id(name):
            rows[row_id(name)].append(Outcome(f"{module}.{name}", passed))
    return rows


def read_requirements(text):
    """[(section, [(id, clause, what)])]"""
    sections = []
    for line in text.splitlines():
        if line.startswith("="):
            sections.append((line[1:], []))
        elif line and not line.startswith("#"):
            sections[-1][1].append(tuple(line.split("\t")))
    return sections


def read_open(text):
    """{row id: what is missing}"""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return dict(line.split("\t") for line in lines)


def state_of(outcomes, missing=None):
    if not outcomes:
        return "not yet"
    if not all(outcome.passed for outcome in outcomes):
        return "**fails**"
    return f"in part; missing: {missing}" if missing else "works"


def page(sections, rows, missing=None):
    missing = missing or {}
    known = {row[0] for _, requirements in sections for row in requirements}
    strange = sorted(set(rows) - known)
    if strange:
        raise ValueError(f"tests are named after rows that do not exist: {', '.join(strange)}")
    states = [state_of(rows.get(name, []), missing.get(name)) for name in sorted(known)]
    out = [_HEAD, f"{states.count('works')} of {len(known)} rows work, "
           f"{sum(state.startswith('in part') for state in states)} in part.\n"]
    for title, requirements in sections:
        out.append(f"\n## {title}\n\n| id | clause | what the server does | state | tests |\n"
                   "|---|---|---|---|---|\n")
        for name, clause, what in requirements:
            outcomes = rows.get(name, [])
            tests = "<br>".join(f"`{outcome.name}`" for outcome in outcomes)
            state = state_of(outcomes, missing.get(name))
            out.append(f"| {name} | {clause} | {what} | {state} | {tests} |\n")
    return "".join(out)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--results", required=True, type=Path)
    act = options.add_mutually_exclusive_group(required=True)
    act.add_argument("--write", type=Path)
    act.add_argument("--check", type=Path)
    arguments = options.parse_args()
    text = page(read_requirements(REQUIREMENTS.read_text()), read_results(arguments.results),
                read_open(OPEN.read_text()))
    if arguments.write:
        arguments.write.write_text(text)
        return 0
    if arguments.check.is_file() and arguments.check.read_text() == text:
        return 0
    print(f"{arguments.check} does not say what the tests say; write it anew:\n"
          f"  tests/conformance/report.py --results {arguments.results} --write {arguments.check}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
