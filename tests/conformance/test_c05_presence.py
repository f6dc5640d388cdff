"""C-05: presence per device and merged, with status text, last activity, consent and
invisibility."""

import pytest

from conclave_test import wait_until


@pytest.fixture
def pair(world):
    ada, bob = world.people("ada", "bob")
    return world, ada, bob, ada.device("laptop"), bob.device("laptop")


def agree(watcher, watched):
    """`watcher` asks, `watched` agrees."""
    watcher.call("presence.subscribe", user=watched.device.user)
    watched.wait_event("presence.requested", lambda p: p["user"] == watcher.device.user)
    watched.call("presence.approve", user=watcher.device.user)


def seen(client, user):
    found = client.call("presence.get", users=[user])["presences"]
    return found[0] if found else None


def status_is(client, user, status):
    return wait_until(lambda: (seen(client, user) or {}).get("status") == status and seen(client,
                                                                                          user),
                      f"status {status}")


@pytest.mark.short
def test_c05_nobody_is_seen_without_consent(pair):
    _, ada, bob, a, b = pair
    b.call("presence.set", status="busy", text="secret meeting")
    assert seen(a, bob.user) is None
    assert a.call("presence.subscribe", user=bob.user)["state"] == "pending"
    b.wait_event("presence.requested", lambda p: p["user"] == ada.user)
    assert seen(a, bob.user) is None
    b.call("presence.deny", user=ada.user)
    assert seen(a, bob.user) is None
    assert "secret meeting" not in str(a.events())


@pytest.mark.short
def test_c05_after_consent_status_and_text_arrive(pair):
    _, ada, bob, a, b = pair
    agree(a, b)
    b.call("presence.set", status="busy", text="In a meeting")
    told = a.wait_event("presence.changed", lambda p: any(
        x["user"] == bob.user and x["status"] == "busy" for x in p["presences"]))
    shown = next(x for x in told["presences"] if x["user"] == bob.user)
    assert shown["text"] == "In a meeting"
    assert shown["last_active_ms"] > 0
    contact = next(c for c in a.call("presence.list")["contacts"] if c["user"] == bob.user)
    assert (contact["state"], contact["direction"]) == ("approved", "out")
    back = next(c for c in b.call("presence.list")["contacts"] if c["user"] == ada.user)
    assert back["direction"] == "in"
    assert seen(b, ada.user) is None, "consent is one way"


def test_c05_consent_can_be_taken_back_at_once(pair):
    _, ada, bob, a, b = pair
    agree(a, b)
    status_is(a, bob.user, "online")
    b.call("presence.deny", user=ada.user)
    assert seen(a, bob.user) is None
    a.clear_events()
    b.call("presence.set", status="away", text="not for Ada")
    assert seen(a, bob.user) is None
    assert "not for Ada" not in str(a.events())


def test_c05_several_devices_merge_into_one_presence(pair):
    world, ada, bob, a, b = pair
    agree(a, b)
    phone = bob.device("phone")
    b.call("presence.set", status="away")
    phone.call("presence.set", status="online")
    status_is(a, bob.user, "online")
    phone.close()
    status_is(a, bob.user, "away")
    b.close()
    status_is(a, bob.user, "offline")


def test_c05_the_invisible_look_offline_and_still_read_along(pair):
    world, ada, bob, a, b = pair
    agree(a, b)
    room = world.room(a, b)
    b.call("presence.set", status="invisible")
    shown = status_is(a, bob.user, "offline")
    b.close()
    again = bob.device("other")
    gone = status_is(a, bob.user, "offline")
    assert {k: v for k, v in shown.items() if k != "last_active_ms"} == {
        k: v for k, v in gone.items() if k != "last_active_ms"}
    again.call("presence.set", status="invisible")
    seq = a.send(room, "are you there?")["seq"]
    again.wait_entry(room, lambda e: e["seq"] == seq)
    status_is(a, bob.user, "offline")


def test_c05_unsubscribing_ends_it(pair):
    _, ada, bob, a, b = pair
    agree(a, b)
    status_is(a, bob.user, "online")
    a.call("presence.unsubscribe", user=bob.user)
    assert seen(a, bob.user) is None


def test_c05_consent_survives_a_restart(fresh):
    from conclave_test.fixtures import World
    installation = fresh()
    world = World(installation)
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    agree(a, b)
    devices = a.device, b.device
    world.close()
    installation.restart()
    a, b = (installation.signed_in(device) for device in devices)
    status_is(a, bob.user, "online")
    a.close()
    b.close()


def test_c05_a_sign_in_storm_is_not_a_presence_storm(world):
    watcher = world.person("watcher")
    w = watcher.device()
    people = [world.person("p") for _ in range(15)]
    clients = [p.device() for p in people]
    for client in clients:
        agree(w, client)
    for person in people:
        status_is(w, person.user, "online")
    devices = [client.device for client in clients]
    for client in clients:
        client.drop()
    for person in people:
        status_is(w, person.user, "offline")
    w.clear_events()
    back = [world.installation.signed_in(device) for device in devices]
    for person in people:
        status_is(w, person.user, "online")
    told = w.events("presence.changed")
    assert len(told) < len(people), f"{len(told)} events for {len(people)} people"
    for client in back:
        client.close()
