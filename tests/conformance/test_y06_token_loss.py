"""Y-06: the token slow, gone or locked: waiting requests fail within seconds with a reason,
nothing is
written in the clear, readiness is red, and service comes back by itself."""

import os
import signal
import time

import pytest

from conclave_test import Refused, processes, slow_factor, wait_until
from conclave_test.fixtures import World

SECONDS = 8  # "within a few seconds": deadline of a token call, plus restart


@pytest.fixture
def scene(fresh):
    installation = fresh()
    world = World(installation)
    ada = world.person("ada")
    a = ada.device()
    room = world.room(a)
    a.send(room, "before")
    yield installation, ada, a, room
    world.close()


def ready(installation):
    return installation.get("/readyz").status == 200


def send(client, room, text):
    """("ok" or reason, seconds)."""
    began = time.monotonic()
    try:
        client.send(room, text)
        return "ok", time.monotonic() - began
    except Refused as refused:
        assert refused.advice
        return refused.reason, time.monotonic() - began


def nowhere_on_disk(installation, marker):
    for path in installation.folder.rglob("*"):
        if path.is_file():
            assert marker.encode() not in path.read_bytes(), path


@pytest.mark.short
def test_y06_a_killed_key_process_is_replaced_at_once(scene):
    installation, _, a, room = scene
    old = installation.kill_child("conclave-keyd")
    wait_until(lambda: send(a, room, "after")[0] == "ok", "service again", SECONDS)
    assert installation.keyd_pid != old
    wait_until(lambda: ready(installation), "readiness")
    assert a.history(room)["entries"][-1]["body"]["text"] == "after"


@pytest.mark.short
def test_y06_a_hanging_token_fails_requests_with_a_reason_and_heals(scene):
    installation, ada, a, room = scene
    keyd = installation.keyd_pid
    marker = "clear" + os.urandom(12).hex()
    os.kill(keyd, signal.SIGSTOP)
    try:
        verdict, seconds = send(a, room, marker)
        assert verdict != "ok", "a message was acknowledged without a token"
        assert seconds < SECONDS * slow_factor(), f"{verdict} took {seconds:.1f} s"
        wait_until(lambda: not ready(installation), "readiness to turn red", SECONDS)
        checks = installation.get("/readyz").json()
        assert checks["advice"] and checks["checks"]
        nowhere_on_disk(installation, marker)
        assert installation.get("/livez").status == 200
        assert a.call("session.ping")["time_ms"] > 0
    finally:
        if processes.alive(keyd):
            os.kill(keyd, signal.SIGCONT)
    wait_until(lambda: ready(installation), "readiness again", 20)
    wait_until(lambda: send(a, room, "healed")[0] == "ok", "service again", SECONDS)
    nowhere_on_disk(installation, marker)
    new = ada.device("second")
    assert new.history(room)["entries"][-1]["body"]["text"] == "healed"


def test_y06_a_refused_send_can_be_sent_again_and_is_there_once(scene):
    installation, _, a, room = scene
    keyd = installation.keyd_pid
    params = {"room": room, "client_id": a.device.next_client_id(), "text": "once only"}
    os.kill(keyd, signal.SIGSTOP)
    with pytest.raises(Refused):
        a.call("message.send", params)
    installation.kill_child("conclave-keyd")
    wait_until(lambda: ready(installation), "readiness again", 20)

    def again():
        try:
            return a.call("message.send", params)
        except Refused:
            return None
    wait_until(again, "the send to be taken", SECONDS)
    texts = [e["body"].get("text") for e in a.history(room)["entries"] if e["kind"] == "message"]
    assert texts.count("once only") == 1


def test_y06_sign_in_without_a_token_fails_with_a_reason(scene):
    installation, ada, _, _ = scene
    from conclave_test import Device, PASSWORD
    keyd = installation.keyd_pid
    client = installation.connect()
    device = Device(ada.account, PASSWORD)
    os.kill(keyd, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(Refused) as refused:
            client.enrol(device)
        assert refused.value.code == -32050, refused.value
        assert time.monotonic() - began < 2 * SECONDS * slow_factor()
    finally:
        installation.kill_child("conclave-keyd")
    client.close()

    def signed_in():
        again = installation.connect()
        try:
            return again.enrol(Device(ada.account, PASSWORD))
        except Refused as late:
            assert late.code == -32050, late
            return None
        finally:
            again.close()
    wait_until(signed_in, "sign-in again", 20)


def test_y06_a_token_that_was_taken_away_and_comes_back(scene):
    installation, _, a, room = scene
    token, away = installation.state / "token" / "objects", installation.state / "token" / "away"
    token.rename(away)
    installation.kill_child("conclave-keyd")
    wait_until(lambda: not ready(installation), "readiness to turn red", SECONDS)
    verdict, seconds = send(a, room, "lost")
    assert verdict != "ok"
    assert seconds < SECONDS * slow_factor()
    away.rename(token)
    wait_until(lambda: ready(installation), "readiness again", 45)
    wait_until(lambda: send(a, room, "back")[0] == "ok", "service again", SECONDS)


def test_y06_a_token_file_torn_by_a_crash_is_put_back(scene):
    """SoftHSM cuts its token file at each login before it writes it again; a process that is
    killed in between leaves nothing of it."""
    installation, _, a, room = scene
    token, = (installation.state / "token" / "objects").glob("*/token.object")
    for left in (0, 100):
        whole = token.read_bytes()
        assert len(whole) > 200
        os.truncate(token, left)  # nobody reads it while keyd runs
        installation.kill_child("conclave-keyd")
        wait_until(lambda: send(a, room, f"after {left}")[0] == "ok", "service again", SECONDS)
        assert len(token.read_bytes()) == len(whole)
    assert installation.logs().count("token.file_restored") == 2
    assert a.history(room)["entries"][-1]["body"]["text"] == "after 100"


def test_y06_a_wrong_pin_is_tried_once_and_not_again(fresh):
    installation = fresh()
    installation.stop()
    pin_file = installation.state / "token" / "pin"
    pin = pin_file.read_text()
    pin_file.write_text("0" * len(pin.strip()))
    installation.start(wait=False)
    processes.wait_until(lambda: "pin_refused" in installation.logs(), "the refusal in the log", 20)
    before = installation.logs().count("pin_refused")
    pin_file.write_text(pin)
    if installation.launcher.poll() is None:
        installation.stop()
    installation.start(wait=False)  # the right PIN now, but nobody cleared the refusal
    time_is_up = time.monotonic() + 6
    while time.monotonic() < time_is_up and installation.launcher.poll() is None:
        if installation.ports_file.exists():
            assert not ready(installation), "it tried again by itself"
        time.sleep(0.2)
    assert installation.logs().count("pin_refused") <= before + 1
    if installation.launcher.poll() is None:
        installation.stop()
    cleared = installation.keyd_command("clear-refusal")
    assert cleared.returncode == 0, cleared.stderr
    installation.start()
