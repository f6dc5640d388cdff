"""Y-08: a compromised server process cannot perform ceremonies, and what it asked for is counted by
the key process itself."""

import json

import pytest

from conclave_test import processes, wait_until
from conclave_test.ceremony import Custodians, ask, error_reason
from conclave_test.fixtures import ALPHA, World


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
