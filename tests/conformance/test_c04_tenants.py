"""C-04: tenants are isolated. For every method that takes an id (found in the schema, so a new
method
is tested without anybody thinking of it), an id of another tenant is never accepted and never
answered
differently from an id that does not exist."""

import random

import pytest

from conclave_test import Refused, schemas
from conclave_test.admission import House, data_of
from conclave_test.fixtures import ALPHA, BETA, World
from conclave_test.orders import wipe

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
KINDS = {"room_id": "r", "user_id": "u", "device_id": "d", "tenant_id": "t", "session_id": "s",
         "order_id": "o", "approval_id": "a"}
SCHEMAS = schemas()
METHODS = sorted(m for m in SCHEMAS.methods
                 if SCHEMAS.id_fields(m) and not m.startswith("session."))
# Paging from an id: the place need not exist any more, so any id is a place; only results matter.
PLACES = {"after"}
LEFT_OUT = {"presence.get": {"presences": []}, "order.list": {"orders": []}}


def random_id(kind):
    return KINDS[kind] + "_" + random.choice("01234567") + "".join(random.choices(ALPHABET, k=12))


class TwoTenants:
    def __init__(self, world):
        self.ada = world.person("ada", ALPHA)
        self.a = self.ada.device()
        self.room = world.room(self.a, name="Alpha only", join="open")
        self.seq = self.a.send(self.room, "alpha's secret")["seq"]
        self.bea = world.person("bea", BETA)
        self.ben = world.person("ben", BETA)
        self.b, self.other = self.bea.device(), self.ben.device()
        self.own_room = world.room(self.b, self.other, name="Beta only")
        self.own_seq = self.b.send(self.own_room, "beta")["seq"]
        self.foreign = {"room_id": self.room, "user_id": self.ada.user,
                        "device_id": self.a.device.device, "order_id": self.an_order(),
                        "approval_id": an_approval(world.installation)}
        self.own = {"room_id": self.own_room, "user_id": self.ben.user,
                    "device_id": self.b.device.device, "order_id": random_id("order_id"),
                    "approval_id": random_id("approval_id")}

    def an_order(self):
        """One that was given in tenant alpha: to a device of somebody else there."""
        owner = World(self.ada.installation).person("olga", ALPHA)
        laptop, phone = owner.device("laptop"), owner.device("phone")
        given = wipe(laptop, phone.device.device)["order"]
        owner.close()
        return given

    def params(self, method, replaced, value):
        """The example's parameters in tenant beta, with one id replaced."""
        params = dict(SCHEMAS.methods[method]["example"]["params"])
        for name, kind in SCHEMAS.id_fields(method).items():
            if name in params or name == replaced:
                own = self.own[kind.removesuffix("[]")]
                params[name] = [own] if kind.endswith("[]") else own
            if name == replaced:
                params[name] = [value] if kind.endswith("[]") else value
        for name in ("target", "seq", "root", "reply_to", "thread"):
            if name in params:
                params[name] = self.own_seq
        if method == "user.get":
            params.pop("account", None)
        if "client_id" in params:
            params["client_id"] = self.b.device.next_client_id()
        return params

    def outcome(self, method, params):
        try:
            return ("result", self.b.call(method, params))
        except Refused as refused:
            return ("refused", refused.code, refused.reason, refused.path)


def an_approval(installation):
    """A request to a primary device that waits, in a tenant of its own."""
    house = House(installation, 'base = "open"\n[primary]\nrequired = true\nlifetime_s = 300\n')
    person = house.person()
    house.sign_in(house.device(person, "phone", "ios", identified=True))
    client, refusal = house.refused(house.device(person, "laptop"))
    pending = client.refused("session.step_up", ticket=data_of(refusal)["ticket"],
                             factor="primary")
    house.close()
    return data_of(pending)["approval"]


@pytest.fixture(scope="module")
def tenants(server):
    world = World(server)
    yield TwoTenants(world)
    world.close()


def neighbour(identifier):
    """An id that nobody has and that sorts where `identifier` does."""
    return identifier[:-1] + ("1" if identifier[-1] == "0" else "0")


CASES = [(m, f) for m in METHODS for f in SCHEMAS.id_fields(m)]


@pytest.mark.short
@pytest.mark.parametrize("method,field", CASES, ids=[f"{m}-{f}" for m, f in CASES])
def test_c04_an_id_of_another_tenant_is_as_unknown_as_a_random_one(tenants, method, field):
    kind = SCHEMAS.id_fields(method)[field].removesuffix("[]")
    foreign = tenants.outcome(method, tenants.params(method, field, tenants.foreign[kind]))
    # A place to go on from is any id: what follows depends on how it sorts, not on whose it is.
    nobody = neighbour(tenants.foreign[kind]) if field in PLACES else random_id(kind)
    unknown = tenants.outcome(method, tenants.params(method, field, nobody))
    assert foreign == unknown, f"{method} tells a foreign {kind} from one that does not exist"
    if field in PLACES:
        return
    if foreign[0] == "result":
        # Only a method that leaves unknown things out may answer, and then without them.
        assert foreign[1] == LEFT_OUT.get(method), foreign


def test_c04_nothing_happened_in_the_other_tenant(tenants):
    shown = tenants.a.call("room.get", room=tenants.room)
    assert (shown["members"], shown["head_seq"], shown["name"]) == (1, tenants.seq, "Alpha only")
    assert tenants.a.call("user.me")["user"] == tenants.ada.user
    assert tenants.a.call("presence.list")["contacts"] == []
    assert [d["device"] for d in tenants.a.call("device.list")["devices"]] == [
        tenants.a.device.device]
    assert not [p for p in tenants.a.events("presence.requested")]


def test_c04_people_and_rooms_of_another_tenant_are_found_by_nobody(tenants):
    assert tenants.b.call("room.find", query="Alpha")["rooms"] == []
    assert tenants.b.call("user.search", query="ada")["users"] == []
    assert tenants.b.refused("user.get", account=tenants.ada.account).reason == "user.not_found"
    assert tenants.b.refused("user.get", account="nobody@alpha.test").reason == "user.not_found"
    assert [r["room"] for r in tenants.b.call("room.list")["rooms"]] == [tenants.own_room]


def test_c04_a_cursor_of_another_tenant_brings_nothing_of_it(tenants):
    cursor = tenants.a.sync_all()[2]
    rooms, _, _, _ = tenants.b.sync_all(cursor)
    assert set(rooms) <= {tenants.own_room}
    assert "alpha" not in str(rooms)


def test_c04_a_resume_handle_belongs_to_its_session_only(tenants, server):
    stranger = server.connect()
    result = stranger.call("session.resume", handle=tenants.other.session["resume_handle"])
    assert (result["user"], result["tenant"]) == (tenants.ben.user,
                                                  tenants.ben.clients[0].session["tenant"])
    stranger.close()


def test_c04_an_admin_of_one_tenant_reaches_no_other(server, world):
    from conclave_test import Admin, Device, PASSWORD
    admin = world.person("boss", BETA, roles=("member", "user_admin", "security_admin",
                                              "room_admin"))
    ada = world.person("ada", ALPHA)
    api = Admin(server, Device(admin.account, PASSWORD))
    assert api.get(f"/tenants/{BETA}/users?limit=1")["users"]
    for method, target, body in (
            ("GET", f"/tenants/{ALPHA}", None), ("GET", f"/tenants/{ALPHA}/users", None),
            ("GET", f"/tenants/{ALPHA}/sessions", None), ("GET", f"/tenants/{ALPHA}/rooms", None),
            ("GET", f"/tenants/{ALPHA}/users/{ada.user}", None),
            ("POST", f"/tenants/{ALPHA}/users", {"name": "spy", "password": PASSWORD}),
            ("DELETE", f"/tenants/{ALPHA}/users/{ada.user}", None),
            ("DELETE", f"/tenants/{ALPHA}", None)):
        foreign = api.refused(method, target, body)
        unknown = api.refused(method, target.replace(ALPHA, "nowhere.test"), body)
        assert (foreign.status, foreign.reason) == (unknown.status, unknown.reason), target
    mixed = api.refused("GET", f"/tenants/{BETA}/users/{ada.user}")
    assert mixed.reason == "user.not_found"


def test_c04_only_the_provider_sees_or_makes_tenants(server, world):
    from conclave_test import Admin, Device, PASSWORD
    admin = world.person("boss", BETA, roles=("member", "user_admin", "security_admin"))
    api = Admin(server, Device(admin.account, PASSWORD))
    assert api.refused("POST", "/tenants", {"domain": "evil.test"}).status in (403, 404)
    try:
        shown = {t["domain"] for t in api.get("/tenants")["tenants"]}
    except Exception as error:
        assert getattr(error, "status", 0) in (403, 404)
    else:
        assert shown <= {BETA}
