"""Words and constructs that must not stand in the tree."""

import re

from source_tree import Finding

# Spelt in pieces, so that this file does not break its own rules.
_UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b"
    r"|\bfor " + r"now\b|\bplace" + r"holder\b", re.IGNORECASE)
_IDLE_TESTS = re.compile("|".join((
    "DISAB" + r"LED_\w", "GTEST_SK" + r"IP\b", r"mark\.(sk" + r"ip|xfa" + "il)",
    r"pytest\.sk" + r"ip\b", r"unittest\.sk" + "ip", "@sk" + r"ip\b",
    r"^[ \t]*#[ \t]*if" + r" 0\b")), re.MULTILINE)
_ASSERTS_NOTHING = re.compile(
    r"(EXPECT|ASSERT)_TRUE\(true\)|(EXPECT|ASSERT)_FALSE\(false\)|^\s*assert " + r"True\b",
    re.MULTILINE)
_REGISTRIES = re.compile("|".join(re.escape("".join(parts)) for parts in (
    ("npm", "js."), ("py", "pi."), ("crates", ".io"), ("proxy.go", "lang"), ("deb.deb", "ian"),
    ("docker", ".io"), ("quay", ".io"), ("ghcr", ".io"), ("python", "hosted"))), re.IGNORECASE)
_MACHINE_PATHS = re.compile(r"(?<![\w.$}~-])/(wo" + r"rk|ro" + r"ot)/\w|/tm" + r"p/w/")
_SWALLOWS = re.compile(r"catch\s*\([^)]*\)\s*\{\s*\}")
_REFERENCE_TO_TASK = re.compile(
    r"\bTask<[^;{}()]*>\s+(?:\w+::)*\w+\((?:[^;{}]*?[(,\s])?"
    r"(?:const\s+[\w:<>]+\s*&|[\w:<>]+\s*&&|std::string_view\b|ByteView\b)[^;{}]*?\)"
    r"\s*(?:const\s*)?(?:override\s*)?[;{]")
_CAPTURING_COROUTINE = re.compile(
    r"\[[^\]\[]+\]\s*(?:\([^()]*\))?\s*(?:mutable\s*)?->\s*"
    r"(?:async::|conclave::async::)?Task<")
_OPENS_NAMESPACE = re.compile(r"^\s*using namespace\b", re.MULTILINE)
_GUARD = re.compile(r"(\s|//[^\n]*\n)*#pragma once\b")
_WORD = r"(utils?|commons?|helpers?|misc|managers?)"
_BAD_NAME = re.compile(r"(^|[_\-.])" + _WORD + r"($|[_\-.])", re.IGNORECASE)

# In production code: what, what to use instead, and the folders that may.
_REPLACED = (
    (re.compile(r"\basio::detached\b"), "use async::TaskGroup", ()),
    (re.compile(r"\bco_spawn\b"), "use async::TaskGroup", ("runtime/async/", "sdk/client/")),
    (re.compile(r"\bstd::regex\b"), "use RE2", ()),
    (re.compile(r"\bv?sprintf\s*\("), "use std::to_string or fmt", ()),
    (re.compile(r"\bthis_thread::sleep_|\busleep\s*\("), "wait for an event with a deadline", ()),
)

_EVERYWHERE = (
    (_UNFINISHED, "unfinished work is not committed"),
    (_REGISTRIES, "host name of a package registry"),
    (_MACHINE_PATHS, "path of one machine"),
)


def _matches(file, pattern, text, what):
    return [Finding(file.path, file.line_at(match.start()),
                    f"{what}: {match.group(0).strip()[:60]}")
            for match in pattern.finditer(text)]


def forbidden_words(tree):
    findings = []
    for file in tree.files:
        if file.path == "LICENSE":
            continue
        for pattern, what in _EVERYWHERE:
            findings += _matches(file, pattern, file.text, what)
    return findings


def idle_tests(tree):
    findings = []
    for file in tree.files:
        if file.is_cpp or file.suffix == ".py":
            findings += _matches(file, _IDLE_TESTS, file.code if file.is_cpp else file.text,
                                 "a test that does not run")
            findings += _matches(file, _ASSERTS_NOTHING, file.text, "a test that cannot fail")
    return findings


def forbidden_constructs(tree):
    findings = []
    for file in tree.cpp():
        findings += _matches(file, _SWALLOWS, file.code, "an exception disappears here")
        findings += _matches(file, _CAPTURING_COROUTINE, file.code, "a capturing coroutine lambda")
        if file.is_header:
            findings += _matches(file, _OPENS_NAMESPACE, file.code, "a header opens a namespace")
            if not _GUARD.match(file.text):
                findings.append(Finding(file.path, 1, "a header without #pragma once"))
        if not file.is_test:
            findings += _matches(file, _REFERENCE_TO_TASK, file.code, "a coroutine takes a view")
            findings += _replaced(file)
    return findings


def _replaced(file):
    return [finding for pattern, instead, free in _REPLACED if not file.path.startswith(free)
            for finding in _matches(file, pattern, file.code, instead)]


def forbidden_names(tree):
    return [Finding(file.path, 1, f"{part!r} says nothing about what is inside")
            for file in tree.files for part in file.path.split("/") if _BAD_NAME.search(part)]
