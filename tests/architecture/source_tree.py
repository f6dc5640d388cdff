"""The files of the tree that the rules look at, with their text."""

import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
CPP_SUFFIXES = {".cpp", ".hpp", ".c", ".h"}


@dataclass(frozen=True)
class Finding:
    """One broken rule; prints like a compiler's message."""

    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


@dataclass
class SourceFile:
    path: str  # relative to the root, with slashes
    text: str

    @property
    def suffix(self):
        return PurePosixPath(self.path).suffix

    @property
    def folder(self):
        return str(PurePosixPath(self.path).parent)

    @property
    def is_cpp(self):
        return self.suffix in CPP_SUFFIXES

    @property
    def is_header(self):
        return self.suffix in {".hpp", ".h"}

    @property
    def is_script(self):
        return self.suffix in {".py", ".sh"} or self.text.startswith("#!")

    @property
    def is_test(self):
        return self.path.startswith("tests/")

    @cached_property
    def code(self):
        """C++ with comments and literals blanked, lines kept."""
        return blank_comments_and_literals(self.text)

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1


@dataclass
class SourceTree:
    files: list = field(default_factory=list)

    def cpp(self):
        return [file for file in self.files if file.is_cpp]

    def production(self):
        return [file for file in self.cpp() if not file.is_test]

    @staticmethod
    def of(texts):
        """A tree from {path: text}, for the tests of the rules."""
        return SourceTree([SourceFile(path, text) for path, text in texts.items()])

    @staticmethod
    def real(root=ROOT):
        """Everything under version control or about to be; build folders are ignored by git."""
        listing = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"],
            cwd=root, check=True, capture_output=True).stdout.decode()
        files = []
        for path in sorted(set(filter(None, listing.split("\0")))):
            whole = root / path
            if not whole.is_file():
                continue
            try:
                files.append(SourceFile(path, whole.read_bytes().decode("utf-8")))
            except UnicodeDecodeError:
                continue  # corpora and other binary files have no style
        return SourceTree(files)


def _end_of_quoted(text, start):
    quote, i = text[start], start + 1
    while i < len(text) and text[i] != quote and text[i] != "\n":
        i += 2 if text[i] == "\\" else 1
    return min(i + 1, len(text))


def _end_of_raw(text, start):
    """`start` is the quote of R"delimiter( ... )delimiter"."""
    open_at = text.find("(", start)
    closing = ")" + text[start + 1:open_at] + '"'
    end = text.find(closing, open_at)
    return len(text) if end < 0 else end + len(closing)


def _end_of_token(text, i):
    """Where the comment or literal that begins at `i` ends; `i` itself when none does."""
    if text.startswith("//", i):
        end = text.find("\n", i)
        return len(text) if end < 0 else end
    if text.startswith("/*", i):
        end = text.find("*/", i + 2)
        return len(text) if end < 0 else end + 2
    if text[i] == '"' and i > 0 and text[i - 1] == "R":
        return _end_of_raw(text, i)
    digit_separator = text[i] == "'" and i > 0 and (text[i - 1].isalnum() or text[i - 1] == "_")
    if text[i] == '"' or (text[i] == "'" and not digit_separator):
        return _end_of_quoted(text, i)
    return i


def blank_comments_and_literals(text):
    out, i = [], 0
    while i < len(text):
        end = _end_of_token(text, i)
        if end == i:
            out.append(text[i])
            i += 1
            continue
        out.append("".join(c if c == "\n" else " " for c in text[i:end]))
        i = end
    return "".join(out)
