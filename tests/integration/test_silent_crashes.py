"""The kit itself: a process that crashes and is started again fails the test in which it happens,
unless the test said that it would."""

import os
import signal

import pytest

from conclave_test import processes, wait_until


def test_a_crash_that_heals_itself_is_not_overlooked(fresh):
    installation = fresh()
    installation.check_ends()
    old = installation.server_pid
    os.kill(old, signal.SIGABRT)
    wait_until(lambda: not processes.alive(old), "its end")
    installation.wait_ready()
    with pytest.raises(AssertionError, match="conclaved ended by signal 6"):
        installation.check_ends()
    installation.ends.forgive()
    installation.check_ends()


def test_an_expected_end_excuses_one_end_of_that_kind_only(fresh):
    installation = fresh()
    installation.expect_end("conclaved", signal=signal.SIGKILL)
    installation.wait_ready()
    installation.check_ends()
    for _ in range(2):
        old = installation.server_pid
        os.kill(old, signal.SIGKILL)
        wait_until(lambda pid=old: not processes.alive(pid), "its end")
        installation.wait_ready()
    with pytest.raises(AssertionError, match="conclaved ended by signal 9"):
        installation.check_ends()
    assert len(installation.ends.unexpected()) == 1
    installation.ends.forgive()
