"""The mutants of a C++ source: one change each, found in its code without comments and literals."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "architecture"))
from source_tree import blank_comments_and_literals  # noqa: E402

_OUTCOMES = ["allow", "step_up", "restrict", "refuse"]
# Binary operators stand between blanks, template brackets do not (.clang-format sees to it).
_SWAPS = {
    " == ": [" != "], " != ": [" == "],
    " < ": [" <= ", " >= "], " <= ": [" < ", " > "],
    " > ": [" >= ", " <= "], " >= ": [" > ", " < "],
    " && ": [" || "], " || ": [" && "],
    " + ": [" - "], " - ": [" + "], " * ": [" / "], " / ": [" * "],
    "++": ["--"], "--": ["++"],
    "std::max(": ["std::min("], "std::min(": ["std::max("],
    "any_of(": ["all_of("], "all_of(": ["any_of("],
}
_OPERATOR = re.compile("|".join(re.escape(text) for text in _SWAPS))
_NEGATION = re.compile(r"!(?=[A-Za-z_(*])")
_BOOLEAN = re.compile(r"\b(true|false)\b")
_MINUS = re.compile(r"(?<=[(,] )-(?=[a-z])|(?<=\()-(?=[a-z])")
_NUMBER = re.compile(r"(?<![\w.'])\d[\d']*(?![\w.'])")
_OUTCOME = re.compile(r"\bOutcome::(allow|step_up|restrict|refuse)\b")
_STATEMENT = re.compile(
    r"^ +(?:if \([^;{}]*\) )?((?:judgement|reason|decision|judgement\.decision)\.[^;{}=]*"
    r"(?: = [^;{}]*)?;)$", re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    line: int
    begin: int
    end: int
    text: str  # what stands there instead

    def of(self, source):
        return source[:self.begin] + self.text + source[self.end:]

    def shown(self, source):
        return f"{source[self.begin:self.end].strip()!r} -> {self.text.strip()!r}"


def _found(code, pattern, replacements, group=0):
    for match in pattern.finditer(code):
        for text in replacements(match.group(group)):
            yield Mutant(code.count("\n", 0, match.start(group)) + 1, match.start(group),
                         match.end(group), text)


def _without_includes(code):
    return re.sub(r"^#.*$", lambda match: " " * len(match.group(0)), code, flags=re.MULTILINE)


def mutants(source):
    code = _without_includes(blank_comments_and_literals(source))
    assert len(code) == len(source)
    found = set()
    found.update(_found(code, _OPERATOR, lambda text: _SWAPS[text]))
    found.update(_found(code, _NEGATION, lambda _: [""]))
    found.update(_found(code, _BOOLEAN, lambda text: ["false" if text == "true" else "true"]))
    found.update(_found(code, _MINUS, lambda _: [""]))
    found.update(_found(code, _NUMBER, lambda text: [str(int(text.replace("'", "")) + 1)]))
    found.update(_found(code, _OUTCOME, lambda text: [
        "Outcome::" + other for other in _OUTCOMES if not text.endswith("::" + other)]))
    found.update(_found(code, _STATEMENT, lambda _: [";"], group=1))
    return sorted(found, key=lambda one: (one.begin, one.text))
