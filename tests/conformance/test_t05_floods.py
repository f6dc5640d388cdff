"""T-05: floods are limited by address, user and tenant, and signed-in users keep working."""

import socket
import threading
import time

import pytest

from conclave_test import Closed, Device, PASSWORD, Refused, Rejected, slow_factor, wait_until
from conclave_test.fixtures import ALPHA, World


@pytest.fixture
def tight(fresh):
    installation = fresh({
        "limits.messages_per_user_per_s": 10, "limits.requests_per_session_per_s": 100,
        "limits.connections_per_user": 4, "limits.connections_per_address": 60,
        "limits.new_connections_per_address_per_s": 500, "limits.sign_in_ms": 2000,
        "limits.idle_ms": 4000, "limits.ping_after_ms": 1000, "limits.handshake_ms": 1500})
    world = World(installation)
    yield installation, world
    world.close()


def burst(client, method, params, count):
    """Reasons of `count` requests sent as fast as they go."""
    reasons, pending = [], []

    def settle():
        try:
            client.finish(method, pending.pop(0))
            reasons.append("ok")
        except Refused as refused:
            reasons.append(refused.reason)
            waits.append(refused.retry_after_ms)
    waits = []
    for _ in range(count):
        if len(pending) >= 16:
            settle()
        pending.append(client.start(method, params()))
    while pending:
        settle()
    return reasons, waits


@pytest.mark.short
def test_t05_a_user_who_floods_is_told_when_to_come_back_and_others_are_not_hindered(tight):
    _, world = tight
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    room = world.room(a, b)

    def message():
        return {"room": room, "client_id": a.device.next_client_id(), "text": "flood"}
    reasons, waits = burst(a, "message.send", message, 150)
    assert reasons.count("flood") > 50, reasons
    assert all(wait > 0 for wait in waits)
    began = time.monotonic()
    assert b.send(room, "calm")["seq"]
    assert time.monotonic() - began < 2 * slow_factor()
    wait_until(lambda: burst(a, "message.send", message, 1)[0] == ["ok"], "a new allowance", 5)


def test_t05_a_second_device_does_not_double_the_allowance(tight):
    _, world = tight
    ada = world.person("ada")
    one, two = ada.device("one"), ada.device("two")
    room = world.room(one)
    taken = 0
    for client in (one, two):
        def message(who=client):
            return {"room": room, "client_id": who.device.next_client_id(), "text": "x"}
        taken += burst(client, "message.send", message, 80)[0].count("ok")
    assert taken < 100, f"{taken} of 160 messages passed"


def test_t05_more_requests_in_flight_than_allowed_are_refused_or_held_back(tight):
    _, world = tight
    a = world.person("ada").device()
    limit = a.hello["limits"]["in_flight"]
    requests = [a.start("session.ping") for _ in range(3 * limit)]
    outcomes = []
    for request in requests:
        try:
            a.finish("session.ping", request)
            outcomes.append("ok")
        except Refused as refused:
            outcomes.append(refused.reason)
    assert set(outcomes) <= {"ok", "in_flight", "flood"}
    assert a.call("user.me")["user"]


def test_t05_sessions_of_a_user_are_capped(tight):
    installation, world = tight
    ada = world.person("ada")
    opened = [ada.device(f"d{i}") for i in range(4)]
    fifth = installation.connect()
    try:
        fifth.enrol(Device(ada.account, PASSWORD))
    except (Refused, Closed):
        assert all(c.call("session.ping") for c in opened)
    else:
        wait_until(lambda: sum(c.closed for c in opened) >= 1, "the oldest session to end")
    fifth.close()


def test_t05_connections_of_an_address_are_capped_and_the_signed_in_stay(tight):
    installation, world = tight
    a = world.person("ada").device()
    room = world.room(a)
    crowd, refused = [], 0
    for _ in range(90):
        try:
            crowd.append(installation.connect())
        except (Rejected, Closed, OSError, TimeoutError):
            refused += 1
    assert refused >= 20, f"only {refused} of 90 were refused"
    assert a.send(room, "still here")["seq"]
    for client in crowd:
        client.drop()
    wait_until(lambda: not _fails(installation), "room for newcomers", 10)


def _fails(installation):
    try:
        installation.connect().close()
        return False
    except (Rejected, Closed, OSError, TimeoutError):
        return True


@pytest.mark.short
def test_t05_who_does_not_sign_in_is_let_go(tight):
    installation, _ = tight
    silent = installation.connect()
    assert silent.wait_closed(6 * slow_factor()) in (4001, 1008)


def test_t05_who_does_not_finish_the_handshake_is_let_go(tight):
    installation, _ = tight
    for port in (installation.ports["https"], installation.ports["ws"]):
        with socket.create_connection(("127.0.0.1", port)) as slow:
            tls = port == installation.ports["https"]
            slow.sendall(b"\x16\x03" if tls else b"GET /ws HTTP/1.1\r\n")
            slow.settimeout(8 * slow_factor())
            while slow.recv(4096):
                continue


def test_t05_guesses_of_a_password_are_slowed_down_and_the_owner_is_not_locked_out(tight):
    installation, world = tight
    ada = world.person("ada")
    known = ada.device("laptop")
    known_device = known.device
    reasons = []
    for i in range(25):
        thief = installation.connect()
        try:
            thief.enrol(Device(ada.account, f"guess {i}"))
            reasons.append("ok")
        except Refused as refused:
            reasons.append(refused.reason)
            if refused.reason == "sign_in.throttled":
                assert refused.retry_after_ms > 0
        thief.close()
    assert "ok" not in reasons
    assert "sign_in.throttled" in reasons, reasons
    known.close()
    again = installation.connect()
    again.prove(known_device)
    again.close()


def test_t05_unknown_accounts_and_wrong_passwords_look_the_same(tight):
    installation, world = tight
    ada = world.person("ada")
    answers = []
    for account in (ada.account, f"nobody@{ALPHA}", "nobody@nowhere.test"):
        client = installation.connect()
        with pytest.raises(Refused) as refused:
            client.enrol(Device(account, "wrong password"))
        error = refused.value.error
        answers.append((error["code"], error["message"], error["data"].get("reason"),
                        error["data"].get("detail")))
        client.close()
    assert len(set(answers)) == 1, answers


def test_t05_a_storm_of_connections_does_not_stop_a_conversation(fresh):
    server = fresh()  # of its own: the storm's address has spent its allowance for a while
    world = World(server)
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    room = world.room(a, b)
    stop = threading.Event()

    def storm():
        while not stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", server.ports["https"]), timeout=2) as s:
                    s.sendall(b"\x16\x03\x01\x00\x05hello")
            except OSError:
                continue  # refused: that is the point of a limit
    threads = [threading.Thread(target=storm, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        slowest = 0.0
        for i in range(30):
            began = time.monotonic()
            seq = a.send(room, f"calm {i}")["seq"]
            b.wait_entry(room, lambda e, wanted=seq: e["seq"] == wanted)
            slowest = max(slowest, time.monotonic() - began)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert slowest < 3 * slow_factor(), f"a message took {slowest:.1f} s"

    def served():
        try:
            return server.get("/livez").status == 200
        except OSError:
            return False
    wait_until(served, "the address to be let in again after its storm")
    world.close()
