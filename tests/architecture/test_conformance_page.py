"""The writer of docs/conformance.md, and that the page in the tree names only rows that exist."""

import re
import sys
import tempfile
import unittest
from pathlib import Path

from source_tree import ROOT

sys.path.insert(0, str(ROOT / "tests/conformance"))
import report  # noqa: E402

SECTIONS = [("Part", [("C-02", "6", "Talks."), ("C-03", "6", "Syncs.")])]
RESULTS = """<testsuites><testsuite>
<testcase classname="conformance.test_chat" name="test_c02_edit"/>
<testcase classname="conformance.test_chat" name="test_c02_send[a]"/>
<testcase classname="conformance.test_chat" name="test_c02_send[b]">{failure}</testcase>
<testcase classname="conformance.test_chat" name="test_unrelated"/>
</testsuite></testsuites>"""


def rows(failure=""):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.xml"
        path.write_text(RESULTS.format(failure=failure))
        return report.read_results(path)


class Page(unittest.TestCase):
    def test_a_row_works_when_all_its_tests_passed(self):
        text = report.page(SECTIONS, rows())
        self.assertIn("| C-02 | 6 | Talks. | works |", text)
        self.assertIn("1 of 2 rows work, 0 in part.", text)

    def test_one_failed_parameter_fails_the_row(self):
        self.assertIn("| Talks. | **fails** |", report.page(SECTIONS, rows("<failure/>")))

    def test_a_skipped_test_does_not_make_a_row_work(self):
        self.assertIn("| Talks. | **fails** |", report.page(SECTIONS, rows("<skipped/>")))

    def test_a_row_with_a_known_gap_works_in_part_only(self):
        text = report.page(SECTIONS, rows(), {"C-02": "gestures"})
        self.assertIn("| Talks. | in part; missing: gestures |", text)
        self.assertIn("0 of 2 rows work, 1 in part.", text)

    def test_a_row_without_tests_does_not_work(self):
        self.assertIn("| C-03 | 6 | Syncs. | not yet |  |", report.page(SECTIONS, rows()))

    def test_a_test_named_after_no_row_is_refused(self):
        with self.assertRaises(ValueError):
            report.page([("Part", [("C-03", "6", "Syncs.")])], rows())

    def test_names_give_ids(self):
        self.assertEqual(report.row_id("test_y_01_keys_stay"), "Y-01")
        self.assertEqual(report.row_id("test_t09_logs"), "T-09")
        self.assertIsNone(report.row_id("test_logs_t09"))

    def test_known_gaps_belong_to_rows(self):
        sections = report.read_requirements(report.REQUIREMENTS.read_text())
        known = {row[0] for _, requirements in sections for row in requirements}
        self.assertLessEqual(set(report.read_open(report.OPEN.read_text())), known)

    def test_the_requirements_are_well_formed(self):
        sections = report.read_requirements(report.REQUIREMENTS.read_text())
        for _, requirements in sections:
            for row in requirements:
                self.assertEqual(len(row), 3, row)
                self.assertRegex(row[0], re.compile(r"^[A-Z]-\d\d$"))
