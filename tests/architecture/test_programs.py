"""Built programs export nothing of ours: hidden visibility reaches every target."""

import os
import subprocess
import unittest
from pathlib import Path

from source_tree import ROOT

PROGRAMS = ("conclaved", "conclave-keyd", "conclave-launcher", "conclavectl", "conclave")


def bin_folder():
    return Path(os.environ.get("CONCLAVE_BIN_DIR", ROOT / "build/release/bin"))


def output_of(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True,
                          text=True).stdout


def exported_of_ours(listing):
    """Lines of `nm -D --defined-only -C` whose symbol is one of ours, not an instance of a template
    of the standard library over one of our types."""
    names = [line.split(" ", 2)[-1] for line in listing.splitlines() if line.strip()]
    prefixes = ("conclave::", "typeinfo for conclave::", "typeinfo name for conclave::",
                "vtable for conclave::", "guard variable for conclave::")
    return [name for name in names if name.startswith(prefixes)]


class ExportedSymbols(unittest.TestCase):
    def test_an_exported_symbol_of_ours_is_caught(self):
        listing = ("0000000000001139 T conclave::base::to_hex(int)\n"
                   "0000000000002000 V std::x<conclave::A>\n")
        self.assertEqual(exported_of_ours(listing), ["conclave::base::to_hex(int)"])

    def test_programs_export_nothing_of_ours(self):
        for program in PROGRAMS:
            with self.subTest(program=program):
                path = bin_folder() / program
                self.assertTrue(path.is_file(), f"{path} is not built; set CONCLAVE_BIN_DIR")
                listing = output_of("nm", "-D", "--defined-only", "-C", path)
                self.assertEqual(exported_of_ours(listing), [])

    def test_programs_are_hardened(self):
        for program in PROGRAMS:
            with self.subTest(program=program):
                headers = output_of("readelf", "-W", "-l", "-d", bin_folder() / program)
                self.assertIn("GNU_RELRO", headers)
                self.assertRegex(headers, r"BIND_NOW|FLAGS.*NOW")
                self.assertIn("PIE", headers)
                stack = next(line for line in headers.splitlines() if "GNU_STACK" in line)
                self.assertNotIn("RWE", stack)
