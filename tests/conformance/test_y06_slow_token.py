"""Y-06: a token that answers, but slowly: within its deadline service goes on, beyond it requests
fail with a reason, and service comes back by itself. Y-04: the module is not SoftHSM's own file."""

import os
import shutil

import pytest

from conclave_test import program, wait_until
from conclave_test.fixtures import World
from test_y06_token_loss import SECONDS, nowhere_on_disk, ready, send


@pytest.fixture
def slow(fresh, tmp_path):
    """(installation, a device, a room, how to set the token's delay)."""
    module = shutil.copy(program("slow_module.so"), tmp_path)
    delay = tmp_path / "delay_ms"

    def take(milliseconds):
        fresh_file = tmp_path / "delay_ms.new"
        fresh_file.write_text(f"{milliseconds}\n")
        fresh_file.rename(delay)
    take(0)
    installation = fresh(module=module)
    world = World(installation)
    client = world.person("ada").device()
    yield installation, client, world.room(client), take
    take(0)
    world.close()


def test_y06_a_slow_token_slows_messages_down_and_loses_none(slow):
    installation, client, room, take = slow
    assert send(client, room, "fast")[0] == "ok"
    take(150)
    verdict, seconds = send(client, room, "slow")
    assert verdict == "ok" and seconds > 0.14
    assert ready(installation)
    take(0)
    texts = [e["body"].get("text") for e in client.history(room)["entries"]
             if e["kind"] == "message"]
    assert texts == ["fast", "slow"]


def test_y06_a_token_beyond_its_deadline_fails_requests_and_heals_by_itself(slow):
    installation, client, room, take = slow
    marker = "clear" + os.urandom(12).hex()
    keyd = installation.keyd_pid
    # A call that takes longer than the deadline ends keyd, which is the point.
    installation.expect_end("conclave-keyd", status=70, most=100)
    take(60_000)
    verdict, seconds = send(client, room, marker)
    assert verdict != "ok", "acknowledged without a token"
    assert seconds < 2 * SECONDS
    wait_until(lambda: not ready(installation), "readiness to turn red", SECONDS)
    nowhere_on_disk(installation, marker)
    take(0)
    wait_until(lambda: send(client, room, "healed")[0] == "ok", "service again", 30)
    wait_until(lambda: ready(installation), "readiness again", 30)
    assert installation.keyd_pid != keyd
    assert client.history(room)["entries"][-1]["body"]["text"] == "healed"
    nowhere_on_disk(installation, marker)


def test_y04_the_status_names_the_module_that_was_configured(slow):
    installation, *_ = slow
    status = installation.admin_api.get("/status")["token"]
    assert status["ready"] and status["module"].endswith("slow_module.so")
