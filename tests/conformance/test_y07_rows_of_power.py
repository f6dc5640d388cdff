"""Y-07: who writes to the database becomes nobody, and old rows do not come back to life."""

import sqlite3

import pytest

from conclave_test import Refused
from conclave_test.fixtures import ALPHA, World


def content_db(installation):
    return sqlite3.connect(installation.state / "content" / "content.db")


def number(text):
    """The integer behind an id's text."""
    alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
    value = 0
    for digit in text.partition("_")[2]:
        value = value * 32 + alphabet.index(digit)
    return value


@pytest.fixture
def scene(fresh):
    installation = fresh()
    world = World(installation)
    owner, member = world.people("olga", "mia")
    o, m = owner.device(), member.device()
    room = world.room(o, m)
    devices = o.device, m.device
    world.close()
    installation.stop()
    return installation, owner, member, devices, room


def records_of(db, holder):
    """Rows of the record table whose id or sub is this id."""
    key = number(holder)
    return db.execute("SELECT tenant, kind, id, sub, version, content, mac FROM record "
                      "WHERE id=? OR sub=?", (key, key)).fetchall()


def refused_everywhere(installation, device):
    client = installation.connect()
    kind, value = client.channel.binding
    try:
        client.call("session.prove", device.prove_params(client.nonce, kind, value))
    except Refused as refused:
        return refused.reason
    finally:
        client.close()
    return None


def alarm(installation):
    return "alarm.row_refused" in installation.logs() or "row.mac_wrong" in installation.logs()


@pytest.mark.short
def test_y07_an_edited_user_row_makes_nobody_an_admin(scene):
    installation, _, member, (_, device), _ = scene
    with content_db(installation) as db:
        rows = [r for r in records_of(db, member.user) if r[2] == number(member.user)]
        assert rows
        for row in rows:
            content = bytearray(row[5])
            content[-1] ^= 0x0F
            db.execute("UPDATE record SET content=? WHERE tenant=? AND kind=? AND id=? AND sub=?",
                       (bytes(content), *row[:4]))
    installation.start()
    assert refused_everywhere(installation, device) == "sign_in.refused"
    assert alarm(installation)


def test_y07_a_row_copied_from_another_person_is_refused(scene):
    installation, owner, member, (_, device), _ = scene
    with content_db(installation) as db:
        mine = {(r[1], r[3]): r for r in records_of(db, member.user) if r[2] == number(member.user)}
        for row in records_of(db, owner.user):
            if row[2] == number(owner.user) and (row[1], row[3]) in mine:
                db.execute("UPDATE record SET version=?, content=?, mac=? "
                           "WHERE tenant=? AND kind=? "
                           "AND id=? AND sub=?", (*row[4:7], row[0], row[1], number(member.user),
                                                  row[3]))
    installation.start()
    assert refused_everywhere(installation, device) == "sign_in.refused"
    assert alarm(installation)


def test_y07_a_role_raised_in_a_room_is_refused(scene):
    installation, owner, member, (_, device), room = scene
    with content_db(installation) as db:
        owners = db.execute("SELECT role FROM member WHERE room=? AND user=?",
                            (number(room), number(owner.user))).fetchone()[0]
        changed = db.execute("UPDATE member SET role=? WHERE room=? AND user=?",
                             (owners, number(room), number(member.user))).rowcount
        assert changed == 1
    installation.start()
    client = installation.signed_in(device)
    for method, params in (("room.delete", {}), ("room.set_profile", {"name": "Taken"})):
        with pytest.raises(Refused) as refused:
            client.call(method, dict(params, room=room))
        assert refused.value.code in (-32003, -32004, -32050)
    assert alarm(installation)
    client.close()


def test_y07_an_invented_member_is_none(scene):
    installation, owner, _, (device, _), room = scene
    world = World(installation)
    installation.start()
    stranger = world.person("stan")
    s = stranger.device()
    s_device = s.device
    world.close()
    installation.stop()
    with content_db(installation) as db:
        row = list(db.execute("SELECT * FROM member WHERE room=? AND user=?",
                              (number(room), number(owner.user))).fetchone())
        row[2] = number(stranger.user)
        db.execute(f"INSERT INTO member VALUES({','.join('?' * len(row))})", row)
    installation.start()
    client = installation.signed_in(s_device)
    assert client.refused("message.history", room=room).reason == "room.not_found"
    assert room not in {r["room"] for r in client.call("room.list")["rooms"]}
    assert alarm(installation)
    client.close()


def test_y07_a_revoked_device_does_not_come_back_with_its_old_row(scene):
    installation, _, member, (_, device), _ = scene
    with content_db(installation) as db:
        old = [r for r in records_of(db, device.device)]
        assert old
    installation.start()
    client = installation.signed_in(device)
    second = installation.new_device(type("P", (), {"account": member.account, "name": "mia",
                                                    "password": member.person.password}))
    second.call("device.remove", device=device.device)
    client.close()
    second.close()
    installation.stop()
    with content_db(installation) as db:
        for row in old:
            db.execute("INSERT OR REPLACE INTO record VALUES(?,?,?,?,?,?,?)", row)
    installation.start()
    assert refused_everywhere(installation, device) == "sign_in.refused"


def test_y07_an_old_password_does_not_come_back_with_its_old_row(scene):
    from conclave_test import Device
    installation, _, member, (_, device), _ = scene
    with content_db(installation) as db:
        old = [r for r in records_of(db, member.user)]
    installation.start()
    installation.admin_api.patch(f"/tenants/{ALPHA}/users/{member.user}",
                                 {"password": "a completely new password"})
    installation.stop()
    with content_db(installation) as db:
        for row in old:
            db.execute("INSERT OR REPLACE INTO record VALUES(?,?,?,?,?,?,?)", row)
    installation.start(wait=False)
    try:
        installation.wait_ready(20)
    except Exception:
        return  # it refuses to work with such rows at all
    client = installation.connect()
    thief = Device(member.account, member.person.password)
    with pytest.raises(Refused):
        client.enrol(thief)
    client.close()
    del device
