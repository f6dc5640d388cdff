"""The machine's clock is wrong, and is put right: between two starts it jumps a day ahead and back.
libfaketime shifts the wall clock of all processes of the server; order, cursors and sign-in must
not care. Jumps while the domain runs: tests/unit/chat/messages_test.cpp, an injected clock."""

import pytest

from conclave_test import ROOT
from conclave_test.fixtures import World

LIBRARY = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"  # Debian's libfaketime
DAY_MS = 86_400_000


def shifted(installation, shift):
    installation.stop()
    installation.before = ["env", f"LD_PRELOAD={LIBRARY}", f"FAKETIME={shift}",
                           "FAKETIME_DONT_FAKE_MONOTONIC=1"] if shift else []
    installation.start()


@pytest.mark.parametrize("first,second", [("+1d", None), (None, "-1d"), ("-1d", "+1d")],
                         ids=["ahead, then right", "right, then behind", "behind, then ahead"])
def test_a_jump_of_the_clock_changes_neither_order_nor_cursors_nor_sign_in(fresh, first, second):
    installation = fresh()
    world = World(installation)
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    room = world.room(a, b)
    devices = a.device, b.device
    real = a.send(room, "right time")
    cursor = b.sync_all()[2]
    seen = [real]
    for shift in (first, second, None):
        shifted(installation, shift)
        a, b = (installation.signed_in(device) for device in devices)
        for i in range(3):
            seen.append(a.send(room, f"{shift} {i}"))
        rooms, _, cursor, _ = b.sync_all(cursor)
        assert [e["seq"] for e in rooms[room]["entries"]][-3:] == [e["seq"] for e in seen[-3:]]
        a.close()
        b.close()
    assert [e["seq"] for e in seen] == list(range(real["seq"], real["seq"] + len(seen)))
    times = [e["ts_ms"] for e in seen]
    assert times == sorted(times), "the times of a room never go back"
    if first == "+1d":
        assert times[1] - times[0] > DAY_MS / 2, "the clock was not shifted at all"
    world.close()


def test_the_library_that_shifts_the_clock_is_a_declared_dependency():
    assert "libfaketime" in (ROOT / "packaging" / "dependencies.txt").read_text().split()
