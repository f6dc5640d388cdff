"""A-01, A-02: where devices are, held against what is known of the person, and what follows."""

import pytest

from conclave_test import PASSWORD, Device
from conclave_test.fixtures import World
from conclave_test.located import (BHUTAN, LONDON, come_from, installation, reasons, sign_in,
                                   subjects, under)


@pytest.fixture
def located(fresh, tmp_path):
    return installation(fresh, tmp_path / "location")


@pytest.fixture
def phone(located):
    """A phone whose person signed in with it from London, twice, under the shipped `standard`."""
    device = Device(World(located).person("ann").account, PASSWORD, name="phone")
    under(located, "standard")
    for _ in range(2):
        client, refused = sign_in(located, device, LONDON)
        assert client is not None, refused
        client.close()
    return device


def test_a01_impossible_travel_leads_to_restriction_with_its_reasons(located, phone):
    client, refused = sign_in(located, phone, BHUTAN)
    assert client is not None, refused
    no = client.refused("room.list")
    assert no.reason == "session.restricted"
    assert "location.score" in reasons(no)
    assert "impossible_travel" in subjects(no, "location.finding")
    told = [each["detail"] for each in no.error["data"]["reasons"]
            if each["subject"] == "impossible_travel"]
    assert "km" in told[0] and "takes at least" in told[0], told
    client.close()
    again, refused = sign_in(located, phone, LONDON)
    assert again.call("room.list") is not None, "the person herself is let in as before"
    again.close()


def test_a01_two_devices_far_apart_at_the_same_time_are_found(located, phone):
    here, _ = sign_in(located, phone, LONDON)
    there = Device(phone.account, PASSWORD, name="tablet")
    client, refused = sign_in(located, there, BHUTAN)
    no = refused if client is None else client.refused("room.list")
    found = subjects(no, "location.finding")
    assert {"impossible_travel", "far_apart_devices"} <= found, found
    for each in (here, client):
        if each is not None:
            each.close()


def test_a01_people_see_what_is_kept_and_erase_it(located, phone):
    client, _ = sign_in(located, phone, LONDON)
    kept = client.call("location.view")
    assert [each["what"] for each in kept["countries"]] == ["GB"]
    assert kept["sightings"][0]["country"] == "GB"
    assert "position" not in kept["sightings"][0], "without consent no position is kept"
    client.call("location.erase")
    assert client.call("location.view")["countries"] == []
    client.close()


def test_a01_positions_are_kept_with_consent_and_go_with_it(located, phone):
    client, _ = sign_in(located, phone, LONDON)
    client.call("location.consent", given=True, text="v1")
    client.call("location.report", position="geo:51.5072,-0.1276;u=20", utc_offset="+00:00")
    client.close()
    client, _ = sign_in(located, phone, LONDON)
    shown = client.call("location.view")["sightings"]
    assert shown[0]["position"].startswith("geo:51.507200") and shown[0]["position_until_ms"] > 0
    client.call("location.consent", given=False)
    assert "position" not in client.call("location.view")["sightings"][0]
    client.close()


def test_a01_what_is_kept_survives_a_restart_and_is_sealed(located, phone):
    located.restart()
    client, _ = sign_in(located, phone, LONDON)
    assert [each["what"] for each in client.call("location.view")["countries"]] == ["GB"]
    client.close()


def test_a02_position_clock_and_second_network_are_held_against_the_address(located, phone):
    client, _ = sign_in(located, phone, LONDON)
    client.call("location.consent", given=True, text="v1")
    client.call("location.report", position="geo:-33.87,151.21;u=20", utc_offset="+10:00",
                locale="en-AU", access="wifi")
    token = client.call("location.second_network")["token"]
    other = come_from(located, BHUTAN)
    other.call("location.present", token=token)
    other.close()
    client.close()
    client, refused = sign_in(located, phone, BHUTAN)
    no = refused if client is None else client.refused("room.list")
    found = subjects(no, "location.finding")
    assert {"impossible_travel", "fix_against_address", "time_zone_against_place"} <= found, found
    if client is not None:
        client.close()
