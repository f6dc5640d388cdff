"""Lengths: lines, functions, files, headers, READMEs (design 11.3 and 11.14)."""

import ast
import re

from source_tree import Finding

MOST_COLUMNS = 100
MOST_FUNCTION_LINES = 70
MOST_FILE_LINES = 500
MOST_HEADER_LINES = 200
MOST_README_LINES = 60

_ACCESS = {"public", "private", "protected"}
_TYPE_HEAD = re.compile(r"^(template\b.*>\s*)?(typedef\s+)?(class|struct|union|enum)\b", re.DOTALL)


def _counted(file):
    return file.is_cpp or file.is_script or file.path.endswith(("CMakeLists.txt", ".cmake"))


def long_lines(tree):
    return [Finding(file.path, number, f"{len(line)} columns, at most {MOST_COLUMNS}")
            for file in tree.files if _counted(file)
            for number, line in enumerate(file.text.splitlines(), 1) if len(line) > MOST_COLUMNS]


def long_files(tree):
    findings = []
    for file in tree.files:
        lines = file.text.count("\n")
        if file.path.endswith("README.md") and file.folder != ".":
            most = MOST_README_LINES
        elif file.is_header:
            # A fake or a suite of tests may stand whole in its header.
            most = MOST_FILE_LINES if file.is_test else MOST_HEADER_LINES
        elif _counted(file):
            most = MOST_FILE_LINES
        else:
            continue
        if lines > most:
            findings.append(Finding(file.path, 1, f"{lines} lines, at most {most}"))
    return findings


def long_functions(tree):
    findings = []
    for file in tree.files:
        if file.is_cpp:
            spans = cpp_functions(file.code)
        elif file.suffix == ".py" or file.text.startswith("#!/usr/bin/env python3"):
            spans = python_functions(file.text)
        else:
            continue
        for first, last in spans:
            if last - first + 1 > MOST_FUNCTION_LINES:
                findings.append(Finding(
                    file.path, first,
                    f"function of {last - first + 1} lines, at most {MOST_FUNCTION_LINES}"))
    return findings


def python_functions(text):
    return [(node.lineno, node.end_lineno) for node in ast.walk(ast.parse(text))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def _kind(head):
    """What the brace after `head` opens, at namespace or class scope."""
    head = head.strip()
    if re.search(r"\bnamespace\b", head) or re.match(r'^extern\s*$', head):
        return "outer"
    if _TYPE_HEAD.match(head) and not re.search(r"\)\s*(const|noexcept|override|->|$)", head):
        return "outer"
    return "function" if "(" in head else "other"


def cpp_functions(code):
    """(first line, last line) of each function in code without comments and literals. A lambda
    belongs to the function around it; an initialiser list belongs to its constructor."""
    spans, scopes = [], []  # scopes: (kind, line where its head begins)
    head, head_line, line = "", None, 1
    for offset, char in enumerate(code):
        inside_function = any(kind != "outer" for kind, _ in scopes)
        if char == "{":
            kind = "inner" if inside_function else _kind(head)
            scopes.append((kind, head_line if head_line else line))
            if kind == "outer":
                head, head_line = "", None
        elif char == "}" and scopes:
            kind, first = scopes.pop()
            following = code[offset + 1:offset + 200].lstrip()[:1]
            if kind in ("function", "other") and following not in (",", "{", ")", "."):
                if kind == "function":
                    spans.append((first, line))
                head, head_line = "", None
            elif kind == "outer":
                head, head_line = "", None
        elif inside_function:
            pass
        elif char == ";" or (char == ":" and head.strip() in _ACCESS):
            head, head_line = "", None
        else:
            if head_line is None and not char.isspace():
                head_line = line
            head += char
        if char == "\n":
            line += 1
            if head.lstrip().startswith("#"):
                head, head_line = "", None
    return spans
