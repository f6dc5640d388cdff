"""Orders to devices through crashes, and with the real programs: the terminal client wipes itself,
two admins sign with conclavectl."""

import json
import pathlib
import sys

import pytest

from conclave_test import Device, DeviceKey, PASSWORD, wait_until
from conclave_test.api import Admin
from conclave_test.client import connect
from conclave_test.device import b64, unb64
from conclave_test.fixtures import ALPHA, World
from conclave_test.orders import Document, carry_out, fetch, receipt, wipe

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_conclavectl import Ctl, items  # noqa: E402
from test_terminal_client import Chat, Terminal  # noqa: E402


@pytest.fixture
def terminals(server, world, tmp_path):
    """Two devices of ada's as home folders of the terminal client."""
    ada = world.person("ada")
    made = [Terminal(server, tmp_path, ada.account, name) for name in ("laptop", "phone")]
    for terminal in made:
        terminal.sign_in()
    return made


def device_id(terminal):
    record = json.loads((terminal.home / terminal.device / "device.json").read_text())
    return record["device"]


def left(terminal):
    """What lies in the device's folder, beside the lock."""
    return sorted(p.name for p in (terminal.home / terminal.device).iterdir() if p.name != "lock")


def state_of(client, order):
    listed = client.call("order.list")["orders"]
    return next(o for o in listed if o["order"] == order)["state"]


def test_an_order_survives_kill_9_between_giving_and_fetching_and_between_the_receipts(fresh):
    installation = fresh()
    world = World(installation)
    ada = world.person("ada")
    laptop, phone = ada.device("laptop"), ada.device("phone")
    given = wipe(laptop, phone.device.device)

    def crash():
        installation.kill_child("conclaved")
        installation.wait_ready()

    crash()
    client = connect(installation)
    (order,) = fetch(client, phone.device)
    assert order["order"] == given["order"]
    arrived = receipt(phone.device, order, "arrived", "accepted")
    assert client.call("order.receipt", arrived)["state"] == "delivered"
    crash()
    client = connect(installation)
    (again,) = fetch(client, phone.device)
    assert again == order
    executed = receipt(phone.device, order, "executed", "done", "gone")
    assert client.call("order.receipt", executed)["state"] == "executed"
    crash()
    client = connect(installation)
    assert fetch(client, phone.device) == []
    back = connect(installation)
    back.prove(laptop.device)
    kept = back.call("order.list")["orders"][0]
    assert (kept["state"], kept["arrived"]["signature"], kept["executed"]["signature"]) == (
        "executed", arrived["signature"], executed["signature"])
    for each in (client, back):
        each.close()
    world.close()


def test_the_terminal_client_wipes_itself_while_it_is_open(terminals):
    laptop, phone = terminals
    target = device_id(phone)
    room = laptop.lines("create", "Plans")[0]["room"]
    chat = Chat(phone, room)
    chat.say("hello")
    chat.wait(lambda item: "hello" in json.dumps(item))
    laptop.run("device", "wipe", target, "--yes")
    # Its input stays open: it ends because of the order, not because nobody types any more.
    assert chat.process.wait(60) == 1
    errors = chat.process.stderr.read()
    assert "device.wiped" in errors and "another device of yours" in errors, errors
    assert left(phone) == []
    order = laptop.lines("device", "orders", target)[0]
    assert order["state"] == "executed"
    assert order["arrived"]["outcome"] == "accepted"
    assert order["executed"]["outcome"] == "done"
    assert "overwritten" in order["executed"]["report"]
    refused = phone.run("rooms", check=False)
    assert refused.returncode == 1 and "device.not_enrolled" in refused.stderr


def test_a_terminal_client_that_was_away_wipes_itself_at_its_next_command(terminals):
    laptop, phone = terminals
    target = device_id(phone)
    laptop.run("device", "wipe", target, "--yes")
    assert laptop.lines("device", "orders")[0]["state"] == "queued"
    done = phone.run("rooms", check=False)
    assert done.returncode == 1 and "device.wiped" in done.stderr, done.stderr
    assert left(phone) == []
    assert laptop.lines("device", "orders")[0]["state"] == "executed"


def key_holder(terminal):
    """The device of a home folder, for the test's own client."""
    record = json.loads((terminal.home / terminal.device / "device.json").read_text())
    device = Device(terminal.account)
    device.key = DeviceKey.from_pem(record["key"])
    device.device = record["device"]
    return device


@pytest.mark.parametrize("step", ["accepted", "wiped"])
def test_a_terminal_client_that_crashed_goes_on_where_it_was(server, terminals, step):
    """order.json is what a crash leaves: after the acceptance, or after the data were gone."""
    laptop, phone = terminals
    folder = phone.home / phone.device
    holder = key_holder(phone)
    laptop.run("device", "wipe", holder.device, "--yes")
    client = connect(server)
    (order,) = fetch(client, holder)
    client.close()

    def kept(*words):
        signed = receipt(holder, order, *words)
        return {name: value for name, value in signed.items() if name != "order"}

    held = {"version": 1, "document": order["document"], "authority": order["authority"],
            "arrived": kept("arrived", "accepted")}
    if step == "wiped":
        (folder / "state.json").unlink(missing_ok=True)
        held["executed"] = kept("executed", "done", "before the crash")
    (folder / "order.json").write_text(json.dumps(held))
    done = phone.run("rooms", check=False)
    assert done.returncode == 1 and "device.wiped" in done.stderr, done.stderr
    assert left(phone) == []
    (told,) = laptop.lines("device", "orders")
    assert told["state"] == "executed"
    assert told["arrived"]["signature"] == held["arrived"]["signature"]
    assert (told["executed"]["report"] == "before the crash") == (step == "wiped")


def test_a_key_that_was_copied_before_the_wipe_opens_nothing(terminals):
    laptop, phone = terminals
    file = phone.home / phone.device / "device.json"
    copied = file.read_bytes()
    laptop.run("device", "wipe", device_id(phone), "--yes")
    phone.run("rooms", check=False)
    assert left(phone) == []
    file.write_bytes(copied)
    again = phone.run("rooms", check=False)
    assert again.returncode == 1 and "sign_in.refused" in again.stderr, again.stderr


def test_a_forged_order_is_refused_by_the_client(terminals):
    """The pinned key is another one: whatever the server sends is not signed by it."""
    laptop, phone = terminals
    file = phone.home / phone.device / "device.json"
    record = json.loads(file.read_text())
    key = bytearray(unb64(record["command_key"]))
    other = Device("x@y.z").key.point
    key[-65:] = other
    record["command_key"] = b64(bytes(key))
    file.write_text(json.dumps(record))
    laptop.run("device", "wipe", record["device"], "--yes")
    done = phone.run("rooms", check=False)
    assert done.returncode == 1 and "order.forged" in done.stderr, done.stderr
    assert "device.json" in left(phone)
    assert laptop.lines("device", "orders")[0]["state"] == "queued"


def test_a_device_cannot_be_wiped_or_banned_by_mistake(terminals):
    laptop, phone = terminals
    target = device_id(phone)
    for command in ("wipe", "ban"):
        done = laptop.run("device", command, target, check=False)
        assert done.returncode == 1 and "--yes" in done.stderr
        done = laptop.run("device", command, "phone", "--yes", check=False)
        assert done.returncode == 1 and "d_" in done.stderr
    done = laptop.run("device", "wipe", device_id(laptop), "--yes", check=False)
    assert "order.own_device" in done.stderr
    assert phone.lines("rooms") == []
    laptop.run("device", "ban", target, "--yes")
    done = phone.run("rooms", check=False)
    assert done.returncode == 1 and "sign_in.refused" in done.stderr, done.stderr


def test_two_admins_with_conclavectl(server, world, tmp_path):
    ada = world.person("ada")
    phone = ada.device("phone")
    target = phone.device.device
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    admins = []
    for role in ("user_admin", "security_admin"):
        made = world.person("chief", roles=(role,))
        ctl = Ctl(server, tmp_path / role, password)
        ctl.run("sign-in", made.account, "--state", str(server.state), "--password-file",
                str(password))
        admins.append(ctl)
    first, second = admins
    assert first.run("device", "wipe", ada.account, target, check=False).returncode != 0
    order = first.json("device", "wipe", ada.account, target, "--yes")
    assert order["state"] == "proposed"
    alone = first.run("device", "countersign", ada.account, target, order["order"], "--yes",
                      check=False)
    assert alone.returncode == 1 and "order.role" in alone.stdout + alone.stderr
    elsewhere = second.run("device", "countersign", ada.account, target, "o_0000000000001",
                           "--yes", check=False)
    assert elsewhere.returncode == 1
    given = second.json("device", "countersign", ada.account, target, order["order"], "--yes")
    assert given["state"] == "queued"
    event = phone.wait_event("device.order")
    assert Document.parse(unb64(event["document"])).device == target
    client = connect(server)
    carry_out(client, phone.device, event)
    client.close()
    listed = items(first.json("device", "orders", ada.account), "orders")
    assert [o["state"] for o in listed] == ["executed"]
    assert len(listed[0]["signers"]) == 2
    tablet = ada.device("tablet")
    second.run("device", "ban", ada.account, tablet.device.device, "--yes")
    assert tablet.wait_closed() == 4003
    bans = items(first.json("device", "bans", ada.account), "bans")
    assert [b["device"] for b in bans] == [tablet.device.device]
    assert second.run("device", "unban", ada.account, tablet.device.device,
                      check=False).returncode == 1
    first.run("device", "unban", ada.account, tablet.device.device)
    assert items(first.json("device", "bans", ada.account), "bans") == []


def test_wrong_orders_over_the_api_get_an_answer_that_says_why(server, world):
    ada = world.person("ada")
    phone = ada.device("phone").device
    chief = world.person("chief", roles=("user_admin",))
    admin = Admin(server, Device(chief.account, PASSWORD, "shell"))
    where = f"/tenants/{ALPHA}/users/{ada.user}/devices/{phone.device}/orders"
    assert admin.refused("POST", where, {"kind": "explode"}).reason == "order.invalid"
    assert admin.refused("POST", where, {}).status == 400
    assert admin.refused("POST", where, {"document": "AAAA", "signature": "AAAA"}).reason == \
        "order.invalid"
    nobody = f"/tenants/{ALPHA}/users/{ada.user}/devices/d_0000000000001/orders"
    assert admin.refused("POST", nobody, {"kind": "wipe"}).reason == "device.not_found"
    assert admin.refused("POST", f"{where}/o_0000000000001/signature",
                         {"signature": "AAAA"}).reason == "order.not_found"
    wait_until(lambda: server.get("/readyz").status == 200, "readiness")
