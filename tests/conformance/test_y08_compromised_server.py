"""Y-08: a compromised server process cannot perform ceremonies, and what it asked for is counted by
the key process itself."""

import hashlib
import json
import os
import struct
import time

import pytest

from conclave_test import DeviceKey, processes, wait_until
from conclave_test.ceremony import Custodians, ask, error_reason
from conclave_test.client import connect
from conclave_test.fixtures import ALPHA, World
from conclave_test.orders import Document, id_text, id_value, sign_order, statement, wipe


@pytest.fixture
def guarded(bare, tmp_path):
    """An installation with pinned custodians, two of three."""
    custodians = Custodians()
    file = tmp_path / "custodians.json"
    file.write_text(custodians.file_text())
    installation = bare()
    installation.init("--approvers", str(file))
    installation.start()
    installation.set_up()
    installation.admin_api = installation.admin
    tenant = installation.admin_api.create_tenant(ALPHA)["tenant"]
    return installation, custodians, tenant


def ceremony(installation, request):
    kind, payload = ask(installation.state / "run" / "ceremony.sock", request)
    return json.loads(payload) if kind == 0 else error_reason(payload)


def described(installation):
    return ceremony(installation, {"operation": "describe", "argument": "", "installation": "",
                                   "expiry_ms": 0, "nonce": "A" * 22})


def test_y08_a_ceremony_without_enough_approvals_is_refused(guarded):
    installation, custodians, tenant = guarded
    about = described(installation)
    assert (about["needed"], sorted(about["approvers"])) == (2, sorted(custodians.keys))
    where = about["installation"]
    good = custodians.order("tenant.destroy", tenant, where, ["carla", "carl"])
    one = custodians.order("tenant.destroy", tenant, where, ["carla"])
    twice = dict(one, approvals=one["approvals"] * 2)
    stranger = Custodians(names=("carla", "carl")).order("tenant.destroy", tenant, where,
                                                         ["carla", "carl"])
    elsewhere = custodians.order("tenant.destroy", tenant, "00" * 16, ["carla", "carl"])
    expired = custodians.order("tenant.destroy", tenant, where, ["carla", "carl"], expiry_ms=1000)
    other_argument = dict(good, argument="t_" + "0" * 12 + "9")
    none = dict(good, approvals=[])
    for request in (one, twice, stranger, elsewhere, expired, other_argument, none):
        assert isinstance(ceremony(installation, request), str), request
    world = World(installation)
    ada = world.person("ada").device()
    assert ada.send(world.room(ada), "alive")["seq"]
    world.close()


def test_y08_custodians_can_destroy_a_tenant_once_and_only_it(guarded):
    installation, custodians, tenant = guarded
    where = described(installation)["installation"]
    order = custodians.order("tenant.destroy", tenant, where, ["carla", "cora"])
    assert ceremony(installation, order) == {"done": True}
    assert isinstance(ceremony(installation, order), str), "the same order twice"
    assert installation.get("/livez").status == 200
    installation.admin_api.create_tenant("still.test")


def test_y08_the_online_channel_knows_no_ceremony(guarded):
    """conclaved's own socket, with the very bytes that the custodians' channel takes."""
    installation, custodians, tenant = guarded
    order = custodians.order("tenant.destroy", tenant, described(installation)["installation"],
                             ["carla", "carl"])
    payload = json.dumps(order).encode()
    for tag in list(range(1, 40)) + [255]:
        try:
            kind, answer = ask(installation.state / "run" / "keyd.sock", payload, tag=tag,
                               timeout=5)
        except OSError:
            continue  # closed: such a frame breaks the form
        assert kind == 1, f"tag {tag} answered {answer[:80]}"
    wait_until(lambda: installation.get("/readyz").status == 200, "readiness", 20)
    world = World(installation)
    ada = world.person("ada").device()
    assert ada.send(world.room(ada), "alive")["seq"]
    world.close()


def test_y08_without_custodians_there_are_no_ceremonies(server):
    about = described(server)
    order = Custodians().order("tenant.destroy", "t_0000000000001", about["installation"],
                               ["carla", "carl"])
    assert isinstance(ceremony(server, order), str)


def test_y08_the_key_process_counts_by_itself(server, world):
    def counters():
        return server.admin_api.get("/keys")["counters"]
    before = counters()
    ada = world.person("ada").device()
    room = world.room(ada)
    for i in range(5):
        ada.send(room, f"m{i}")
    after = counters()
    for operation in before:
        assert after[operation] >= before[operation]
    grown = {name for name in after if after[name] > before.get(name, 0)}
    assert any("seal" in name for name in grown), grown
    assert any("password" in name for name in grown), grown


def test_y08_the_key_process_logs_its_usage(server, world):
    ada = world.person("ada").device()
    ada.send(world.room(ada), "counted")
    wait_until(lambda: "keyd.usage" in server.logs(), "a line of the key process's usage log", 75)
    line = next(x for x in server.logs().splitlines() if "keyd.usage" in x)
    assert "tenant" in line and "operation" in line


def test_y08_the_server_process_has_no_way_to_the_token_folder(server):
    """Landlock: not even its own uid helps."""
    assert processes.status_field(server.server_pid, "NoNewPrivs") == "1"
    fences = str(server.admin_api.get("/status")["fences"])
    for fence in ("memory", "files", "network", "calls"):
        assert f"{fence}: active" in fences, fences


# A server that was broken into speaks to keyd as it likes. What it may send to the typed operations
# row.mac and command.issue, as bytes.

MAC_ROWS, ISSUE_COMMAND = 9, 24


def run(data):
    return struct.pack(">I", len(data)) + data


def keyd_call(installation, operation, payload):
    """The answer of an operation of the online channel, or the reason of its refusal."""
    kind, answer = ask(installation.state / "run" / "keyd.sock", payload, tag=operation)
    return answer if kind == 0 else error_reason(answer)


def mac_row(installation, content):
    """content | MAC, both as runs: the server may ask for the MAC of any row."""
    answer = keyd_call(installation, MAC_ROWS, struct.pack(">H", 1) + run(content))
    assert isinstance(answer, bytes), answer
    return run(content) + answer[2:]


def row_head(kind, tenant, number):
    return b"CVR1" + struct.pack(">BQQQQ", kind, id_value(tenant), number, 0, 1)


def device_row(tenant, user, number, point, revoked_ms=0):
    return (row_head(4, tenant, number) + struct.pack(">QB", id_value(user), 1) + run(point)
            + run(b"linux") + struct.pack(">qqq", 1, 1, revoked_ms) + struct.pack(">Q", 0)
            + run(b"") + run(b"") + run(b"") + b"\0\0" + struct.pack(">qqB", 0, 0, 0))


def user_row(tenant, user, roles):
    return (row_head(2, tenant, id_value(user)) + run(b"somebody")
            + struct.pack(">BBIqQ", 1, 1, roles, 1, 0) + run(b""))


def wipe_document(tenant, user, device, point):
    now = int(time.time() * 1000)
    return Document("wipe", "o_0000000000007", tenant, user, device,
                    hashlib.sha256(point).digest(), os.urandom(32), now, now + 86_400_000).encode()


@pytest.fixture
def broken_into(fresh):
    """A server with ada's phone and laptop, and the waiting times of a real installation."""
    installation = fresh({"keyd.order_wait_minutes": 60, "keyd.orders_per_hour": 2})
    world = World(installation)
    ada = world.person("ada")
    yield installation, ada, ada.device("laptop").device, ada.device("phone").device
    world.close()


def order_by(installation, document, target, *signers):
    """command.issue with rows that keyd itself gave MACs to."""
    payload = run(document) + target + struct.pack(">B", len(signers))
    for device, user, signature in signers:
        payload += device + user + run(signature)
    return keyd_call(installation, ISSUE_COMMAND, payload)


def test_y08_a_compromised_server_cannot_order_a_wipe(broken_into):
    installation, ada, laptop, phone = broken_into
    tenant, user = phone.tenant, ada.user
    document = wipe_document(tenant, user, phone.device, phone.key.point)
    target = mac_row(installation, device_row(tenant, user, id_value(phone.device),
                                              phone.key.point))
    owner = mac_row(installation, user_row(tenant, user, 0))
    known = mac_row(installation, device_row(tenant, user, id_value(laptop.device),
                                             laptop.key.point))
    mine = DeviceKey()
    sign = statement(document)

    def refused(*signers):
        answer = order_by(installation, document, target, *signers)
        assert isinstance(answer, str), "it was signed"
        return answer

    # No signature, or one of a key that is not ada's.
    assert refused() == "order.refused"
    assert refused((known, owner, b"\0" * 64)) == "order.refused"
    assert refused((known, owner, mine.sign(sign))) == "order.refused"
    # A device of hers that the server makes up, with a MAC that keyd gives for the asking.
    invented = mac_row(installation, device_row(tenant, user, 4711, mine.point))
    assert refused((invented, owner, mine.sign(sign))) == "order.wait"
    # Her own device with another key.
    swapped = mac_row(installation, device_row(tenant, user, id_value(laptop.device), mine.point))
    assert refused((swapped, owner, mine.sign(sign))) == "order.refused"
    # Two admins whom the server makes up.
    other = DeviceKey()
    admins = []
    for number, key in ((5001, mine), (5002, other)):
        name = id_text("u", number)
        admins.append((mac_row(installation, device_row(tenant, name, number + 100, key.point)),
                       mac_row(installation, user_row(tenant, name, 1 << 3)), key.sign(sign)))
    assert refused(*admins) == "order.wait"
    assert refused(admins[0]) == "order.refused"
    # Rows that keyd never saw.
    forged = run(device_row(tenant, user, 4712, mine.point)) + run(b"\1" * 32)
    assert refused((forged, owner, mine.sign(sign))) == "order.refused"
    told = installation.logs()
    assert "order.device_known" in told and "order.admin_known" in told
    assert "order.signed" not in told


def test_y08_an_hour_has_so_many_orders_even_with_the_owners_signatures(broken_into):
    installation, ada, laptop, phone = broken_into
    client = connect(installation)
    client.prove(laptop)
    world = World(installation)
    targets = [ada.device(f"device {i}").device.device for i in range(3)]
    for target in targets[:2]:
        assert wipe(client, target)["state"] == "queued"
    prepared = client.call("device.wipe", device=targets[2])
    give = {"document": prepared["document"],
            "signature": sign_order(laptop, prepared["document"])}
    assert client.refused("order.submit", give).reason == "order.limit"
    installation.kill_child("conclave-keyd")
    wait_until(lambda: installation.get("/readyz").status == 200, "readiness", 30)
    # The server may not have noticed yet that its key process is a new one.
    wait_until(lambda: client.refused("order.submit", give).reason == "order.limit",
               "the count that keyd kept", 30)
    assert installation.logs().count("order.signed") == 2
    client.close()
    world.close()
