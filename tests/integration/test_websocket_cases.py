"""RFC 6455 with an independent client, case by case; docs/websocket-cases.md is this table."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import websocket_cases  # noqa: E402
import websocket_peer  # noqa: E402
from conclave_test import ROOT, slow_factor  # noqa: E402

CASES = websocket_cases.all_cases()


@pytest.mark.parametrize("case", CASES, ids=[case.number for case in CASES])
def test_case(server, case):
    observed = websocket_peer.play(server.ports["ws"], case, 15 * slow_factor())
    assert case.fits(observed), f"{case.number}, {case.what}: {observed}, not {case.expected}"


def test_the_page_says_what_the_cases_say():
    page = (ROOT / "docs" / "websocket-cases.md").read_text()
    assert page == websocket_cases.page(), "write it anew: see tests/integration/websocket_cases.py"


def test_each_case_has_a_number_of_its_own():
    numbers = [case.number for case in CASES]
    assert len(set(numbers)) == len(numbers) and len(numbers) > 250
