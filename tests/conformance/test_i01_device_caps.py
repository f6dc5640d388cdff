"""I-01: a cap on devices signed in at the same time with one credential."""

import threading
import time

import pytest

from conclave_test import Refused, wait_until
from conclave_test.admission import House, codes_of, data_of, reasons_of

REFUSING = 'base = "open"\n[devices]\ncap = 2\noverflow = "refuse"\n'
MAKING_ROOM = 'base = "open"\n[devices]\ncap = 2\noverflow = "sign_out_oldest"\n' \
              'tenure_minutes = 1\n'


@pytest.fixture
def house(server):
    made = House(server)
    yield made
    made.close()


@pytest.mark.short
def test_i01_the_third_device_of_a_user_capped_at_two_is_refused(house):
    house.rule(REFUSING)
    ada = house.person()
    house.sign_in(house.device(ada, "first"))
    second = house.sign_in(house.device(ada, "second"))
    client, refusal = house.refused(house.device(ada, "third"))
    assert refusal.reason == "sign_in.not_allowed"
    assert codes_of(refusal) == ["devices.cap_reached"]
    (reason,) = reasons_of(refusal)
    assert (reason["value"], reason["limit"]) == (2, 2)
    assert "device" in reason["advice"]
    # The others are told, and it left no device behind.
    told = second.wait_event("device.changed", lambda params: params["change"] == "refused")
    assert "devices.cap_reached" in [r["code"] for r in told["reasons"]]
    assert len(second.call("device.list")["devices"]) == 2


def test_i01_a_device_that_signs_out_makes_room(house):
    house.rule(REFUSING)
    ada = house.person()
    first = house.sign_in(house.device(ada, "first"))
    house.sign_in(house.device(ada, "second"))
    third = house.device(ada, "third")
    house.refused(third)
    first.call("session.end")
    first.wait_closed()
    house.sign_in(third)


def test_i01_the_least_recently_used_device_makes_room_where_the_policy_says_so(house):
    house.rule(MAKING_ROOM)
    ada = house.person()
    first = house.sign_in(house.device(ada, "first"))
    second = house.sign_in(house.device(ada, "second"))
    # Both are safe in their first minute: the newcomer has to wait.
    refusal = house.refused(house.device(ada, "early"))[1]
    assert "devices.cap_tenure" in [reason["code"] for reason in data_of(refusal)["reasons"]]
    time.sleep(61)
    first.call("device.list")
    third = house.sign_in(house.device(ada, "third"))
    assert second.wait_closed() == 4002
    told = third.call("device.list")["devices"]
    assert sorted(d["name"] for d in told if d["online"]) == ["first", "third"]
    # The one that left comes back by its key alone, and signs nobody out: no loop.
    back, refusal = house.refused(second.device)
    assert refusal.reason == "sign_in.not_allowed"
    assert "devices.cap_unattended" in [reason["code"] for reason in data_of(refusal)["reasons"]]
    assert not first.closed and not third.closed


def test_i01_caps_by_role_user_and_class(house):
    house.rule('base = "open"\n[devices]\ncap = 3\noverflow = "refuse"\n'
               '[devices.cap_by_role]\nguest = 1\n'
               '[devices.cap_by_user]\nboss = 2\n[devices.cap_by_class]\nmobile = 1\n')
    guest = house.person("gus", roles=("guest",))
    house.sign_in(house.device(guest, "g1"))
    assert house.refused(house.device(guest, "g2"))[1].reason == "sign_in.not_allowed"
    boss = house.person("boss")
    for name in ("b1", "b2"):
        house.sign_in(house.device(boss, name))
    assert house.refused(house.device(boss, "b3"))[1].reason == "sign_in.not_allowed"
    ada = house.person("ada")
    house.sign_in(house.device(ada, "phone", platform="ios"))
    refusal = house.refused(house.device(ada, "other phone", platform="android"))[1]
    assert reasons_of(refusal)[0]["subject"] == "class mobile"
    house.sign_in(house.device(ada, "laptop"))


def race(house, devices):
    """All of them sign in at once; the clients that got in."""
    inside, lock = [], threading.Lock()
    gate = threading.Barrier(len(devices))

    def attempt(device):
        client = house.installation.connect()
        with lock:
            house.clients.append(client)
        gate.wait()
        try:
            client.prove(device) if device.device else client.enrol(device)
        except Refused as refusal:
            assert refusal.reason == "sign_in.not_allowed", refusal
            return
        with lock:
            inside.append(client)

    threads = [threading.Thread(target=attempt, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return inside


def test_i01_the_cap_holds_under_a_race_of_parallel_sign_ins(house):
    house.rule('base = "open"\n[devices]\ncap = 64\n')
    ada = house.person()
    devices = [house.device(ada, f"device {i}") for i in range(16)]
    for device in devices:
        client = house.sign_in(device)
        client.call("session.end")
        client.wait_closed()
    house.rule('base = "open"\n[devices]\ncap = 3\noverflow = "refuse"\n')
    for _ in range(5):
        inside = race(house, devices)
        assert len(inside) <= 3
        for client in inside:
            client.call("session.end")
            client.wait_closed()
    # Whoever is refused holds no place: one after the other three get in.
    assert len(race(house, devices)) == 3


def test_i01_new_devices_that_race_leave_no_more_devices_than_the_cap(house):
    house.rule(REFUSING)
    ada = house.person()
    inside = race(house, [house.device(ada, f"new {i}") for i in range(8)])
    assert len(inside) == 2
    assert len(inside[0].call("device.list")["devices"]) == 2


def test_i01_a_dead_session_counts_against_nobody_after_a_crash(fresh):
    installation = fresh()
    house = House(installation, REFUSING)
    ada = house.person()
    first, second = house.device(ada, "first"), house.device(ada, "second")
    for device in (first, second):
        house.sign_in(device)
    installation.kill_child("conclaved")
    installation.expect_end("conclaved", signal=9)
    wait_until(lambda: installation.wait_ready() or True, "the server again")
    # Both places are free again: two other devices take them.
    house.clients.clear()
    third = house.device(ada, "third")
    house.sign_in(third)
    house.sign_in(first)
    assert house.refused(second)[1].reason == "sign_in.not_allowed"
    house.close()
