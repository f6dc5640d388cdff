"""Y-07: who writes to the database becomes nobody, and old rows do not come back to life."""

import pytest

from conclave_test import Refused, wait_until
from conclave_test.ceremony import Custodians
from conclave_test.fixtures import ALPHA, World
from conclave_test.intruder import (alarm, content_db, copy_of_the_store, locked_start, number,
                                    put_back, put_record, refused_everywhere)


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
            put_record(db, row)
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
            put_record(db, row)
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


def test_y07_an_older_copy_of_the_whole_store_brings_no_revoked_device_back(scene):
    installation, _, member, (_, device), _ = scene
    older = copy_of_the_store(installation, "older")
    installation.start()
    second = installation.new_device(type("P", (), {"account": member.account, "name": "mia",
                                                    "password": member.person.password}))
    second.call("device.remove", device=device.device)
    second.close()
    installation.stop()
    newest = copy_of_the_store(installation, "newest")
    put_back(installation, older)
    locked_start(installation)
    assert refused_everywhere(installation, device) == "rows.rolled_back"
    installation.stop()
    put_back(installation, newest)
    installation.start()
    assert refused_everywhere(installation, device) == "sign_in.refused"


def test_y07_an_empty_store_makes_nobody_the_first_admin(scene):
    installation, _, _, (_, device), _ = scene
    for file in (installation.state / "content").iterdir():
        file.unlink()
    locked_start(installation)
    assert not (installation.state / "run" / "setup").exists()
    assert refused_everywhere(installation, device) == "rows.rolled_back"


def test_y07_a_rewritten_audit_trail_is_noticed(scene):
    installation, _, _, (_, device), _ = scene
    with content_db(installation) as db:
        last = db.execute("SELECT MAX(number) FROM audit").fetchone()[0]
        db.execute("UPDATE audit SET chain=zeroblob(32) WHERE number=?", (last,))
    locked_start(installation)
    assert refused_everywhere(installation, device) == "rows.rolled_back"


def test_y07_a_change_is_anchored_within_seconds_even_if_all_processes_are_killed(fresh):
    installation = fresh()
    world = World(installation)
    mia = world.person("mia").device()
    device = mia.device
    world.close()
    installation.stop()
    older = copy_of_the_store(installation, "older")
    installation.start()
    installation.admin_api.delete(f"/tenants/{ALPHA}/devices/{device.device}")
    head = installation.admin_api.get("/audit/head")["number"]
    wait_until(lambda: installation.admin_api.get("/status")["anchored_entries"] >= head,
               "the anchor to reach the change")
    installation.kill()
    put_back(installation, older)
    locked_start(installation)
    assert refused_everywhere(installation, device) == "rows.rolled_back"


def test_y07_a_new_admin_row_makes_nobody_an_admin(scene):
    installation, owner, member, (_, device), _ = scene
    with content_db(installation) as db:
        mine = [r for r in records_of(db, member.user) if r[2] == number(member.user)
                and r[1] == 2][0]
        admin = db.execute("SELECT tenant, kind, id, sub, version, content, mac FROM record "
                           "WHERE kind=2 AND tenant<>?", (mine[0],)).fetchone()
        # The provider's admin's row, with its sound MAC, under the member's id; and a new account.
        put_record(db, (*mine[:4], *admin[4:]))
        put_record(db, (mine[0], 2, 77, 0, *admin[4:]))
        # A group with every role, and the owner in it.
        put_record(db, (mine[0], 5, 78, 0, 1, admin[5], admin[6]))
        put_record(db, (mine[0], 6, 78, number(owner.user), 1, admin[5], admin[6]))
    installation.start()
    assert refused_everywhere(installation, device) == "sign_in.refused"
    listed = installation.admin_api.get(f"/tenants/{ALPHA}/users?limit=200")["users"]
    for user in listed:
        assert not any(role.endswith("_admin") for role in user["roles"]), user
    assert not installation.admin_api.get(f"/tenants/{ALPHA}/groups")["groups"]
    assert installation.logs().count("alarm.row_refused") >= 4


@pytest.mark.parametrize("change", ["changed", "removed"])
def test_y07_a_broken_entry_in_the_middle_of_the_trail_brings_no_revoked_device_back(
        scene, change):
    installation, _, member, (_, device), _ = scene
    with content_db(installation) as db:
        old = records_of(db, device.device)
    installation.start()
    before = installation.admin_api.get("/audit/head")["number"]
    installation.admin_api.delete(f"/tenants/{ALPHA}/devices/{device.device}")
    installation.admin_api.create_tenant("later.test")
    installation.stop()
    # The device's old row, and the entry that tells of its revocation made unreadable.
    with content_db(installation) as db:
        for row in old:
            put_record(db, row)
        revoked = [n for (n,) in db.execute("SELECT number FROM audit WHERE number>?", (before,))]
        for entry in revoked[:-1]:
            if change == "removed":
                db.execute("DELETE FROM audit WHERE number=?", (entry,))
            else:
                db.execute("UPDATE audit SET content_sealed=zeroblob(64) WHERE number=?", (entry,))
    locked_start(installation)
    assert refused_everywhere(installation, device) == "rows.rolled_back"
    assert "alarm.audit_entry_broken" in installation.logs()
    # Only an operator takes it as it is; from then on it stays taken.
    installation.stop()
    installation.accept_older_store()
    for _ in range(2):
        installation.start()
        installation.stop()
    del member


def test_y07_an_operator_accepts_an_older_store_and_custodians_must_where_they_are_pinned(
        scene, bare, tmp_path):
    installation, _, _, (_, device), _ = scene
    older = copy_of_the_store(installation, "older")
    installation.start()
    installation.admin_api.create_tenant("later.test")
    installation.stop()
    put_back(installation, older)
    installation.accept_older_store()
    installation.start()
    installation.signed_in(device).close()
    guarded = bare()
    file = tmp_path / "custodians.json"
    file.write_text(Custodians().file_text())
    guarded.init("--approvers", str(file))
    refused = guarded.keyd_command("reset-anchor")
    assert refused.returncode != 0 and "anchor.reset" in refused.stderr
