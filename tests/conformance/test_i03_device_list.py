"""I-03: all devices see the live list of the user's devices and are told what happens to them."""

import pytest

from conclave_test import PASSWORD, Device
from conclave_test.client import Refused
from conclave_test.fixtures import World
from conclave_test.located import (BHUTAN, LINKOPING, LONDON, come_from, installation, sign_in,
                                   under)


@pytest.fixture
def located(fresh, tmp_path):
    return installation(fresh, tmp_path / "location")


def listed(client):
    return {each["name"]: each for each in client.call("device.list")["devices"]}


def changes(client, device):
    return [each["change"] for each in client.events("device.changed")
            if each.get("device") == device]


def test_i03_each_device_is_listed_with_place_network_and_activity(located):
    account = World(located).person("ann").account
    phone = Device(account, PASSWORD, name="phone", platform="android")
    laptop = Device(account, PASSWORD, name="laptop", platform="linux")
    at_home, refused = sign_in(located, phone, LONDON)
    assert at_home is not None, refused
    away, refused = sign_in(located, laptop, LINKOPING)
    assert away is not None, refused
    at_home.call("location.report", access="gsm")
    away.call("location.report", access="wifi")
    seen = listed(away)
    assert set(seen) == {"phone", "laptop"}
    assert seen["phone"]["platform"] == "android" and seen["laptop"]["current"]
    assert seen["phone"]["place"] == "London, GB" and seen["phone"]["country"] == "GB"
    assert seen["laptop"]["country"] == "SE" and seen["laptop"]["place"].endswith(", SE")
    assert (seen["phone"]["access"], seen["laptop"]["access"]) == ("gsm", "wifi")
    assert seen["phone"]["address"] == LONDON
    assert seen["phone"]["online"] and seen["laptop"]["online"]
    assert abs(seen["phone"]["last_active_ms"] - seen["laptop"]["last_active_ms"]) < 600_000
    for client in (at_home, away):
        client.close()


def test_i03_the_place_of_a_device_that_is_away_outlives_a_restart(located):
    account = World(located).person("ann").account
    phone = Device(account, PASSWORD, name="phone")
    laptop = Device(account, PASSWORD, name="laptop")
    for device, address in ((phone, LINKOPING), (laptop, LONDON)):
        client, refused = sign_in(located, device, address)
        assert client is not None, refused
        client.close()
    located.restart()
    client, refused = sign_in(located, laptop, LONDON)
    assert client is not None, refused
    seen = listed(client)
    assert seen["phone"]["place"] == "SE" and not seen["phone"]["online"]
    assert seen["laptop"]["place"] == "London, GB"
    client.close()


@pytest.mark.short
def test_i03_every_device_is_told_of_sign_ins_and_sign_outs(server, world):
    ada = world.person("ada")
    first = ada.device()
    newcomer = Device(ada.account, PASSWORD, name="newcomer")
    second = server.signed_in(newcomer)
    first.wait_event("device.changed", lambda each: each.get("device") == newcomer.device
                     and each["change"] == "signed_in")
    assert "newcomer" in listed(first), "the list is live"
    second.call("device.rename", device=newcomer.device, name="desk")
    first.wait_event("device.changed", lambda each: each["change"] == "renamed")
    second.call("session.end")
    first.wait_event("device.changed", lambda each: each.get("device") == newcomer.device
                     and each["change"] == "signed_out")
    assert changes(first, newcomer.device)[0] == "signed_in"
    first.close()


def test_i03_every_device_is_told_of_a_risk_with_its_reasons(located):
    phone = Device(World(located).person("ann").account, PASSWORD, name="phone")
    tablet = Device(phone.account, PASSWORD, name="tablet")
    under(located, "standard")
    watching, refused = sign_in(located, tablet, LONDON)
    assert watching is not None, refused
    thief = come_from(located, BHUTAN)
    try:
        thief.enrol(phone)
    except Refused:
        pass
    told = watching.wait_event("device.changed",
                               lambda each: each["change"] in ("risk", "refused"))
    found = {each["subject"] for each in told["reasons"] if each["code"] == "location.finding"}
    assert "far_apart_devices" in found, told
    assert all(each["advice"] for each in told["reasons"])
    thief.close()
    watching.close()


@pytest.mark.short
def test_i03_nobody_sees_the_devices_of_somebody_else(world):
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    mine = {each["device"] for each in a.call("device.list")["devices"]}
    theirs = {each["device"] for each in b.call("device.list")["devices"]}
    assert mine and theirs and not mine & theirs
    for client in (a, b):
        client.close()
