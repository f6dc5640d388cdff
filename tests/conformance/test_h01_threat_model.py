"""H-01: docs/threat-model.md names every threat of X.1606 clause 7 and appendix I, with the control
and tests that exist, or says to which requirement it is left."""

import ast
import re

from conclave_test import ROOT

PAGE = ROOT / "docs" / "threat-model.md"
REQUIREMENTS = ROOT / "tests" / "conformance" / "requirements.tsv"

# How many threats the text of a clause names, and the lengths of the lists of appendix I.
CLAUSES = {"7.1.1": 7, "7.1.2": 3, "7.2": 5, "7.3": 5, "7.4": 4, "7.5": 2, "7.6": 2, "7.7": 2,
           "7.8": 3}
LISTS = {"a": 3, "b": 2, "c": 8, "d": 10, "e": 3}


def expected():
    found = [f"{clause}/{chr(ord('a') + i)}" for clause, count in CLAUSES.items()
             for i in range(count)]
    found += [f"I.{name}.{i}" for name, count in LISTS.items() for i in range(1, count + 1)]
    return found + ["I.a.1'"]


def rows():
    """{threat: (what, control, answer)}"""
    found = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.match(r"^(7\.\d|I\.)", cells[0]):
            assert cells[0] not in found, f"{cells[0]} stands there twice"
            found[cells[0]] = tuple(cells[1:])
    return found


def exists(reference):
    """Whether path::name is a test: a Python function or a Suite.name of GoogleTest."""
    path, _, name = reference.partition("::")
    file = ROOT / path
    if not file.is_file():
        return False
    text = file.read_text()
    if path.endswith(".py"):
        return any(isinstance(node, ast.FunctionDef) and node.name == name
                   for node in ast.parse(text).body)
    suite, _, test = name.partition(".")
    return re.search(rf"^TEST(_F|_P)?\({suite}, {test}\)", text, re.MULTILINE) is not None


def test_h01_every_threat_is_named():
    assert sorted(rows()) == sorted(expected())
    assert all(what for what, _, _ in rows().values())


def test_h01_every_threat_is_answered_by_tests_that_exist_or_left_to_a_requirement():
    known = set(re.findall(r"^([A-Z]-\d\d)\t", REQUIREMENTS.read_text(), re.MULTILINE))
    for threat, (_, control, answer) in rows().items():
        tests = re.findall(r"`(tests/[^`]+)`", answer)
        if answer.startswith("open: "):
            named = re.findall(r"[A-Z]-\d\d", answer)
            assert named and set(named) <= known, f"{threat} is left to nobody: {answer}"
            continue
        assert control, f"{threat} has a test and no control"
        assert tests, f"{threat} is neither answered nor open"
        missing = [test for test in tests if not exists(test)]
        assert not missing, f"{threat}: no such test: {missing}"


def test_h01_a_test_that_does_not_exist_is_noticed():
    assert exists("tests/conformance/test_h01_threat_model.py::test_h01_every_threat_is_named")
    assert not exists("tests/conformance/test_h01_threat_model.py::test_h01_no_such_test")
    assert not exists("tests/conformance/no_such_file.py::test_h01_every_threat_is_named")
    assert not exists("tests/unit/store/bad_days_test.cpp::BadDays.NoSuchTest")
