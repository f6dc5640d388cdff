"""Base of the test cases: one reading of the real tree for all of them."""

import unittest
from functools import cache

from source_tree import SourceTree


@cache
def real_tree():
    return SourceTree.real()


class TreeCase(unittest.TestCase):
    def assert_clean(self, findings):
        self.assertFalse(findings, "\n" + "\n".join(str(finding) for finding in findings))

    def assert_caught(self, rule, texts, *more, times=1):
        findings = rule(SourceTree.of(texts), *more)
        self.assertEqual(len(findings), times, "\n".join(str(finding) for finding in findings))

    def assert_passes(self, rule, texts, *more):
        self.assert_caught(rule, texts, *more, times=0)
