"""A few rounds of tests/faults/kill9; the long run is started by hand."""

import subprocess

import pytest

from conclave_test import ROOT, slow_factor


@pytest.mark.short
def test_kill_9_of_any_process_under_load_loses_doubles_and_disorders_nothing():
    done = subprocess.run([str(ROOT / "tests/faults/kill9"), "--rounds", "6"], capture_output=True,
                          text=True, timeout=240 * slow_factor(), check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "6 kills" in done.stdout and "nothing lost, doubled or out of order" in done.stdout
