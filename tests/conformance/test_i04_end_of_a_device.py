"""I-04: a device is signed out, banned for good, or ordered to wipe what the service left on it, by
its person or by two admins, with proof of receipt and of execution."""

import contextlib

import pytest

from conclave_test import Device
from conclave_test.api import Admin
from conclave_test.client import Refused, connect
from conclave_test.device import unb64
from conclave_test.fixtures import ALPHA
from conclave_test.orders import (Document, carry_out, check_command, fetch, receipt, sign_order,
                                  wipe)


@contextlib.contextmanager
def connection(installation):
    """One that is not signed in, closed at the end."""
    client = connect(installation)
    try:
        yield client
    finally:
        client.close()


def admin_of(installation, world, *roles):
    party = world.person("chief", roles=roles)
    device = Device(party.account, party.person.password, "admin shell")
    admin = Admin(installation, device)
    admin.sign_in()
    return admin


def orders_of(party, device, rest=""):
    return f"/tenants/{ALPHA}/users/{party.user}/devices/{device.device}/orders{rest}"


def propose(admin, party, device):
    prepared = admin.post(orders_of(party, device), {"kind": "wipe"})
    return admin.post(orders_of(party, device),
                      {"document": prepared["document"],
                       "signature": sign_order(admin.device, prepared["document"])})


def countersign(admin, party, device, order):
    return admin.post(orders_of(party, device, f"/{order['order']}/signature"),
                      {"signature": sign_order(admin.device, order["document"])})


def test_i04_a_device_that_is_signed_out_may_come_back(server, world):
    ada = world.person("ada")
    laptop, phone = ada.device("laptop"), ada.device("phone")
    laptop.call("device.sign_out", device=phone.device.device)
    assert phone.wait_closed() == 4002
    with connection(server) as again:
        assert again.prove(phone.device)["device"] == phone.device.device


def test_i04_a_banned_device_never_comes_back(server, world):
    ada = world.person("ada")
    laptop, phone, tablet = (ada.device(name) for name in ("laptop", "phone", "tablet"))
    laptop.call("device.ban", device=phone.device.device)
    assert phone.wait_closed() == 4003
    assert phone.device.device not in {d["device"] for d in laptop.call("device.list")["devices"]}
    tablet.wait_event("device.changed", lambda e: e["change"] == "banned")
    with connection(server) as again:
        assert again.refused("session.prove", phone.device.prove_params(
            again.nonce, *again.channel.binding)).reason == "sign_in.refused"
    # Nor with its key under the password, as a new device.
    with connection(server) as again:
        assert again.refused("session.enrol", phone.device.enrol_params(
            again.nonce, *again.channel.binding)).reason == "sign_in.refused"


def test_i04_only_ones_own_devices(server, world):
    ada, bob = world.person("ada"), world.person("bob")
    laptop, target = ada.device(), bob.device().device.device
    assert laptop.refused("device.ban", device=target).reason == "device.not_found"
    assert laptop.refused("device.wipe", device=target).reason == "device.not_found"


def test_i04_a_wipe_reaches_an_open_session_and_is_proven(server, world):
    ada = world.person("ada")
    laptop, phone = ada.device("laptop"), ada.device("phone")
    key = laptop.call("order.key")
    given = wipe(laptop, phone.device.device)
    assert (given["state"], given["kind"], given["authority"]) == ("queued", "wipe", "owner")
    order = phone.wait_event("device.order")
    assert check_command(key["key"], order)
    document = Document.parse(unb64(order["document"]))
    assert (document.kind, document.device, document.user) == ("wipe", phone.device.device,
                                                               ada.user)
    assert phone.wait_closed() == 4003
    with connection(server) as again:
        assert carry_out(again, phone.device, order)["state"] == "executed"
    laptop.wait_event("device.changed", lambda e: e["change"] == "wiped")
    kept = laptop.call("order.list", device=phone.device.device)["orders"][0]
    assert kept["state"] == "executed"
    assert kept["arrived"]["outcome"] == "accepted"
    assert kept["executed"]["report"] == "all gone"


def test_i04_a_device_that_was_away_gets_its_order_and_nothing_else(server, world):
    ada = world.person("ada")
    laptop, phone = ada.device("laptop"), ada.device("phone")
    phone.drop()
    given = wipe(laptop, phone.device.device)
    with connection(server) as again:
        assert again.refused("session.prove", phone.device.prove_params(
            again.nonce, *again.channel.binding)).reason == "sign_in.refused"
    with connection(server) as again:
        (order,) = fetch(again, phone.device)
        assert order["order"] == given["order"]
        assert again.refused("device.list").reason == "sign_in.required"
        assert carry_out(again, phone.device, order)["state"] == "executed"
    with connection(server) as again:
        assert fetch(again, phone.device) == []


def test_i04_without_the_devices_key_no_order_is_given_out(server, world):
    ada = world.person("ada")
    laptop, phone = ada.device("laptop"), ada.device("phone")
    wipe(laptop, phone.device.device)
    thief = Device(phone.device.account, "", "thief")
    thief.device = phone.device.device
    with connection(server) as again:
        with pytest.raises(Refused, match="sign_in.refused"):
            fetch(again, thief)


def test_i04_receipts_cannot_be_forged_or_used_twice(server, world):
    ada = world.person("ada")
    laptop = ada.device("laptop")
    one, two = ada.device("one"), ada.device("two")
    wipe(laptop, one.device.device)
    wipe(laptop, two.device.device)
    first, second = one.wait_event("device.order"), two.wait_event("device.order")
    with connection(server) as client:
        def refused(params):
            return client.refused("order.receipt", params).reason
        assert refused(receipt(one.device, first, "executed", "done")) == "order.receipt_early"
        arrived = receipt(one.device, first, "arrived", "accepted")
        assert refused(dict(arrived, order=second["order"])) == "order.receipt_refused"
        assert refused(dict(arrived, time_ms=arrived["time_ms"] + 1)) == "order.receipt_refused"
        assert refused(receipt(laptop.device, first, "arrived", "accepted")) == \
            "order.receipt_refused"
        assert refused(receipt(one.device, first, "arrived", "accepted", document=b"other")) == \
            "order.receipt_refused"
        assert client.call("order.receipt", arrived)["state"] == "delivered"
        assert client.call("order.receipt", arrived)["state"] == "delivered"
        executed = receipt(one.device, first, "executed", "done")
        assert refused(dict(executed, order=second["order"])) == "order.receipt_refused"
        assert client.call("order.receipt", executed)["state"] == "executed"
    assert {o["device"]: o["state"] for o in laptop.call("order.list")["orders"]} == {
        one.device.device: "executed", two.device.device: "queued"}


def test_i04_two_admins_order_and_one_does_not(server, world):
    ada = world.person("ada")
    phone = ada.device("phone")
    first = admin_of(server, world, "user_admin")
    second = admin_of(server, world, "security_admin")
    proposed = propose(first, ada, phone.device)
    assert proposed["state"] == "proposed"
    assert not phone.closed
    again = first.refused("POST", orders_of(ada, phone.device,
                                            f"/{proposed['order']}/signature"),
                          {"signature": sign_order(first.device, proposed["document"])})
    assert (again.status, again.reason) == (403, "order.role")
    outsider = admin_of(server, world, "room_admin")
    assert outsider.refused("POST", orders_of(ada, phone.device),
                            {"kind": "wipe"}).reason == "order.role"
    given = countersign(second, ada, phone.device, proposed)
    assert (given["state"], given["authority"], len(given["signers"])) == ("queued", "admins", 2)
    order = phone.wait_event("device.order")
    assert check_command(order_key(server), order)
    with connection(server) as client:
        carry_out(client, phone.device, order)
    listed = first.get(orders_of(ada, phone.device))["orders"]
    assert [o["state"] for o in listed] == ["executed"]
    assert listed[0]["executed"]["outcome"] == "done"


def order_key(installation):
    with connection(installation) as client:
        return client.call("order.key")["key"]


def test_i04_an_admins_ban_holds_until_a_user_admin_lifts_it(server, world):
    ada = world.person("ada")
    phone = ada.device("phone")
    admin = admin_of(server, world, "user_admin")
    guard = admin_of(server, world, "security_admin")
    where = f"/tenants/{ALPHA}/users/{ada.user}"
    ban = f"{where}/devices/{phone.device.device}/ban"
    guard.post(ban)
    assert phone.wait_closed() == 4003
    listed = admin.get(f"{where}/bans")
    assert [b["device"] for b in listed["bans"]] == [phone.device.device]
    assert listed["bans"][0]["everybody"] and not listed["unclear"]
    assert guard.refused("DELETE", ban).reason == "role.missing"
    admin.delete(ban)
    assert admin.get(f"{where}/bans")["bans"] == []
    assert admin.refused("DELETE", ban).reason == "ban.not_found"
