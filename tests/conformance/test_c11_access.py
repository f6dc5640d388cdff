"""C-11: roles, groups, per-room permissions, service accounts, separation of duties."""

import pytest

from conclave_test import Admin, Device, PASSWORD
from conclave_test.fixtures import ALPHA


@pytest.fixture
def room_of_three(world):
    owner, member, other = world.people("olga", "mia", "otto")
    o, m, x = owner.device(), member.device(), other.device()
    return world, world.room(o, m, x), o, m, x


@pytest.mark.short
def test_c11_members_may_not_do_what_owners_may(room_of_three):
    _, room, owner, member, other = room_of_three
    theirs = other.send(room, "mine")["seq"]
    for method, params in (
            ("room.set_role", {"user": member.device.user, "role": "owner"}),
            ("room.set_permissions", {"permissions": {"kick": "member"}}),
            ("room.set_profile", {"name": "Hijacked"}),
            ("room.kick", {"user": other.device.user}),
            ("room.ban", {"user": other.device.user}),
            ("room.delete", {}),
            ("message.redact", {"target": theirs, "client_id": member.device.next_client_id()})):
        refused = member.refused(method, dict(params, room=room))
        assert (refused.reason, refused.code) == ("room.denied", -32003), method
    assert owner.call("room.get", room=room)["name"] == "Plans"


def test_c11_moderators_reach_below_but_not_above_themselves(room_of_three):
    _, room, owner, member, other = room_of_three
    owner.call("room.set_role", room=room, user=member.device.user, role="moderator")
    seq = other.send(room, "rude")["seq"]
    member.act("message.redact", room, target=seq)
    assert member.refused("room.kick", room=room, user=owner.device.user).reason == "room.denied"
    assert member.refused("room.set_role", room=room, user=member.device.user,
                          role="owner").reason == "room.denied"
    member.call("room.kick", room=room, user=other.device.user, reason="rude")
    other.wait_event("room.updated", lambda p: p["room"] == room and p.get("left"))
    assert other.refused("message.send", room=room, text="back",
                         client_id=other.device.next_client_id()).reason == "room.not_found"
    assert other.refused("message.history", room=room).reason == "room.not_found"


def test_c11_per_room_permissions_change_what_a_role_may(room_of_three):
    _, room, owner, member, _ = room_of_three
    owner.call("room.set_permissions", room=room, permissions={"send": "moderator"})
    assert member.refused("message.send", room=room, text="hush",
                          client_id=member.device.next_client_id()).reason == "room.denied"
    owner.call("room.set_permissions", room=room, permissions={"send": "member", "pin": "owner"})
    seq = member.send(room, "again")["seq"]
    assert member.refused("message.pin", room=room, target=seq,
                          client_id=member.device.next_client_id()).reason == "room.denied"


def test_c11_the_banned_stay_out_until_unbanned(world):
    owner, other = world.people("olga", "otto")
    o, x = owner.device(), other.device()
    room = o.call("room.create", name="Open", join="open")["room"]
    x.call("room.join", room=room)
    o.call("room.ban", room=room, user=other.user)
    assert x.refused("room.join", room=room).reason in ("room.denied", "room.not_found")
    o.call("room.unban", room=room, user=other.user)
    x.call("room.join", room=room)


def test_c11_invitation_rooms_let_only_the_invited_in(world):
    owner, invited, stranger = world.people("olga", "ivy", "stan")
    o, i, s = owner.device(), invited.device(), stranger.device()
    room = o.call("room.create", name="Closed", join="invite", invite=[invited.user])["room"]
    assert s.refused("room.join", room=room).reason in ("room.not_found", "room.denied")
    assert s.refused("room.get", room=room).reason == "room.not_found"
    assert i.call("room.get", room=room)["state"] == "invited"
    assert i.refused("message.history", room=room).reason == "room.not_found"
    i.call("room.accept", room=room)
    assert i.call("room.members", room=room)["members"]


def test_c11_the_last_owner_stays_one(room_of_three):
    _, room, owner, member, _ = room_of_three
    refused = owner.refused("room.set_role", room=room, user=owner.device.user, role="member")
    assert refused.code in (-32003, -32009)
    owner.call("room.set_role", room=room, user=member.device.user, role="owner")
    owner.call("room.set_role", room=room, user=owner.device.user, role="member")


def test_c11_guests_find_nobody_and_open_no_rooms(world):
    guest = world.person("gast", roles=("guest",))
    ada = world.person("ada")
    g, a = guest.device(), ada.device()
    a.call("room.create", name="Lobby", join="open")
    assert g.call("user.search", query="ada")["users"] == []
    assert g.call("room.find", query="Lobby")["rooms"] == []
    for method, params in (("room.create", {"name": "mine"}),):
        assert g.refused(method, params).code in (-32003, -32004)
    room = world.room(a, g, name="Invited")
    assert g.send(room, "thank you")["seq"]


def test_c11_duties_are_separate(server, world):
    api = server.admin_api
    refused = api.refused("POST", f"/tenants/{ALPHA}/users",
                          {"name": "both", "password": PASSWORD, "roles": ["auditor",
                                                                           "user_admin"]})
    assert refused.reason == "roles.conflict" or refused.status in (400, 409)
    refused = api.refused("POST", f"/tenants/{ALPHA}/users",
                          {"name": "prov", "password": PASSWORD, "roles": ["provider_admin"]})
    assert refused.status in (400, 403, 409)
    auditor = world.person("audra", roles=("member", "auditor"))
    them = Admin(server, Device(auditor.account, PASSWORD))
    assert them.refused("POST", f"/tenants/{ALPHA}/users",
                        {"name": "x", "password": PASSWORD}).status == 403
    room_admin = world.person("rosa", roles=("member", "room_admin"))
    rosa = Admin(server, Device(room_admin.account, PASSWORD))
    assert rosa.refused("POST", f"/tenants/{ALPHA}/users",
                        {"name": "x", "password": PASSWORD}).status == 403
    assert rosa.get(f"/tenants/{ALPHA}/rooms?limit=1") is not None


def test_c11_nobody_gives_themselves_more_power(server, world):
    boss = world.person("boss", roles=("member", "user_admin"))
    api = Admin(server, Device(boss.account, PASSWORD))
    refused = api.refused("PATCH", f"/tenants/{ALPHA}/users/{boss.user}",
                          {"roles": ["member", "user_admin", "security_admin"]})
    assert refused.status == 403
    victim = world.person("vic")
    assert api.refused("PATCH", f"/tenants/{ALPHA}/users/{victim.user}",
                       {"roles": ["member", "security_admin"]}).status == 403


def test_c11_a_group_gives_its_members_its_roles(server, world):
    api = server.admin_api
    person = world.person("gina")
    device = Device(person.account, PASSWORD)
    assert Admin(server, device).refused("GET", f"/tenants/{ALPHA}/users").status == 403
    group = api.post(f"/tenants/{ALPHA}/groups", {"name": f"helpdesk-{person.user[-4:]}",
                                                  "roles": ["user_admin"]})["group"]
    api.put(f"/tenants/{ALPHA}/groups/{group}/members/{person.user}")
    assert Admin(server, device).get(f"/tenants/{ALPHA}/users")["users"]
    api.delete(f"/tenants/{ALPHA}/groups/{group}/members/{person.user}")
    assert Admin(server, device).refused("GET", f"/tenants/{ALPHA}/users").status == 403


def test_c11_service_accounts_are_marked_as_such(server, world):
    bot = world.person("bot", roles=("member", "service"), kind="service")
    ada = world.person("ada")
    a, b = ada.device(), bot.device()
    assert a.call("user.get", user=bot.user)["service"] is True
    room = world.room(a, b)
    assert b.send(room, "beep")["seq"]


@pytest.mark.short
def test_c11_a_disabled_account_is_out_at_once(server, world):
    ada = world.person("ada")
    a = ada.device()
    server.admin_api.patch(f"/tenants/{ALPHA}/users/{ada.user}", {"enabled": False})
    assert a.wait_closed() in (4002, 4003)
    back = server.connect()
    kind, value = back.channel.binding
    assert back.refused("session.prove",
                        a.device.prove_params(back.nonce, kind, value)).reason == "sign_in.refused"
    server.admin_api.patch(f"/tenants/{ALPHA}/users/{ada.user}", {"enabled": True})
    again = server.connect()
    again.prove(a.device)
    again.close()
    back.close()
