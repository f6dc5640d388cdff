"""C-03: every device of a user reaches the same state; a device that was away resumes from its
cursor
without gap or repeat."""

import pytest

from conclave_test import Closed, wait_until


@pytest.fixture
def four(world):
    """Ada and Bob with two devices each, and a room."""
    ada, bob = world.people("ada", "bob")
    clients = [ada.device("laptop"), ada.device("phone"), bob.device("laptop"), bob.device("phone")]
    return world, clients, world.room(clients[0], clients[2])


def texts(entries):
    return [e["body"]["text"] for e in entries if e["kind"] == "message"]


@pytest.mark.short
def test_c03_a_device_that_was_away_resumes_without_gap_or_repeat(four):
    world, (a1, a2, b1, b2), room = four
    before = [b1.send(room, f"before {i}")["seq"] for i in range(3)]
    a2.wait_entry(room, lambda e: e["seq"] == before[-1])
    _, _, cursor, _ = a2.sync_all()
    device = a2.device
    a2.drop()
    missed = [(b1 if i % 2 else a1).send(room, f"missed {i}")["seq"] for i in range(20)]

    again = world.installation.connect()
    again.prove(device)
    rooms, _, cursor, _ = again.sync_all(cursor)
    assert set(rooms) == {room}
    got = [e["seq"] for e in rooms[room]["entries"]]
    live = b2.send(room, "live again")["seq"]
    again.wait_entry(room, lambda e: e["seq"] == live)
    got += [e["seq"] for e in again.entries(room)]
    got = [seq for seq in got if seq > before[-1]]
    assert got == missed + [live]
    rooms, _, _, _ = again.sync_all(cursor)
    assert texts(rooms[room]["entries"])[-1:] == ["live again"]
    again.close()


@pytest.mark.short
def test_c03_a_lost_connection_resumes_with_its_handle_once(four):
    world, (a1, a2, b1, _), room = four
    handle = a2.session["resume_handle"]
    cursor = a2.sync_all()[2]
    device = a2.device
    a2.drop()
    seq = b1.send(room, "while the train was in the tunnel")["seq"]
    again = world.installation.connect()
    result = again.resume(device, handle)
    assert result["resumed"] is True
    assert result["resume_handle"] != handle
    rooms, _, _, _ = again.sync_all(cursor)
    assert rooms[room]["entries"][-1]["seq"] == seq
    thief = world.installation.connect()
    assert thief.refused("session.resume", handle=handle).reason == "session.resume_refused"
    again.send(room, "the session goes on")
    a1.wait_entry(room, lambda e: e["body"].get("text") == "the session goes on")
    thief.close()
    again.close()


def test_c03_push_and_catch_up_meet_without_a_hole_while_others_write(four):
    world, (a1, a2, b1, b2), room = four
    cursor = a2.sync_all()[2]
    device = a2.device
    a2.drop()
    sent = []
    pending = []
    again = None
    for i in range(60):
        client = (a1, b1, b2)[i % 3]
        pending.append((client, client.start("message.send", {
            "room": room, "client_id": client.device.next_client_id(), "text": f"m{i}"})))
        if i == 30:
            again = world.installation.connect()
            again.prove(device)
    sent = sorted(client.finish("message.send", request)["seq"] for client, request in pending)
    rooms, _, _, _ = again.sync_all(cursor, tail=50)
    again.wait_entry(room, lambda e: e["seq"] == sent[-1]) if sent[-1] not in [
        e["seq"] for e in rooms[room]["entries"]] else None
    seen = {e["seq"] for e in rooms[room]["entries"]} | {e["seq"] for e in again.entries(room)}
    first = rooms[room]["entries"][0]["seq"]
    after = 0
    while first > min(sent) and after < first - 1:
        page = again.history(room, after=after, limit=200)
        seen |= {e["seq"] for e in page["entries"]}
        after = page["last_seq"]
        if not page["more"]:
            break
    assert set(sent) <= seen
    again.close()


@pytest.mark.short
def test_c03_drafts_settings_and_mutes_are_the_same_on_every_device(four):
    _, (a1, a2, b1, _), room = four
    values = {"settings.theme": {"mode": "dark"}, f"draft.{room}": "half a thou…",
              f"mute.{room}": True}
    for key, value in values.items():
        a1.call("state.set", key=key, value=value)
        told = a2.wait_event("state.changed", lambda p, k=key: p["key"] == k)
        assert (told["value"], told["deleted"]) == (value, False)
    assert {s["key"]: s["value"] for s in a2.call("state.list")["states"]} == values
    a2.call("state.delete", key=f"draft.{room}")
    told = a1.wait_event("state.changed", lambda p: p["deleted"])
    assert told["key"] == f"draft.{room}"
    assert a1.refused("state.get", key=f"draft.{room}").reason == "state.not_found"
    assert b1.call("state.list")["states"] == []
    _, states, _, _ = a2.sync_all()
    assert {k for k, s in states.items() if not s["deleted"]} == {"settings.theme", f"mute.{room}"}


def test_c03_states_deleted_while_away_are_gone_after_the_return(four):
    world, (a1, a2, _, _), room = four
    a1.call("state.set", key="settings.gone", value=1)
    a2.wait_event("state.changed")
    cursor = a2.sync_all()[2]
    device = a2.device
    a2.drop()
    a1.call("state.delete", key="settings.gone")
    again = world.installation.signed_in(device)
    _, states, _, _ = again.sync_all(cursor)
    assert states["settings.gone"]["deleted"] is True
    again.close()


def test_c03_read_marks_and_unread_counts_are_the_same_on_every_device(four):
    _, (a1, a2, b1, _), room = four
    seqs = [b1.send(room, f"m{i}")["seq"] for i in range(5)]
    a2.wait_entry(room, lambda e: e["seq"] == seqs[-1])
    a1.call("receipt.read", room=room, seq=seqs[2])
    told = a2.wait_event("receipt.changed", lambda p: p["read_seq"] == seqs[2]
                         and p["user"] == a1.device.user)
    assert told["unread"] == 2
    for client in (a1, a2):
        shown = client.call("room.get", room=room)
        assert (shown["read_seq"], shown["unread"]) == (seqs[2], 2)


def test_c03_the_room_list_is_the_same_on_every_device(four):
    world, (a1, a2, b1, b2), room = four
    other = world.room(b1, a1, name="Second")
    lists = [{r["room"] for r in c.call("room.list")["rooms"]} for c in (a1, a2)]
    assert lists[0] == lists[1] == {room, other}
    a1.call("room.leave", room=other)
    a2.wait_event("room.updated", lambda p: p["room"] == other and p.get("left"))
    wait_until(lambda: {r["room"] for r in a2.call("room.list")["rooms"]} == {room},
               "the shorter list")


def test_c03_a_room_left_while_away_is_told_at_the_return(four):
    world, (a1, a2, b1, _), room = four
    cursor = a2.sync_all()[2]
    device = a2.device
    a2.drop()
    a1.call("room.leave", room=room)
    again = world.installation.signed_in(device)
    rooms, _, _, _ = again.sync_all(cursor)
    assert rooms[room].get("left") is True
    again.close()


def test_c03_edits_and_redactions_made_while_away_are_seen_at_the_return(four):
    world, (a1, a2, b1, _), room = four
    edited = b1.send(room, "old words")["seq"]
    redacted = b1.send(room, "bad words")["seq"]
    a2.wait_entry(room, lambda e: e["seq"] == redacted)
    cursor = a2.sync_all()[2]
    device = a2.device
    a2.drop()
    b1.act("message.edit", room, target=edited, text="new words")
    b1.act("message.redact", room, target=redacted)
    again = world.installation.signed_in(device)
    rooms, _, _, _ = again.sync_all(cursor)
    assert room in rooms
    shown = {e["seq"]: e for e in again.history(room)["entries"]}
    assert shown[edited]["body"]["text"] == "new words"
    assert "text" not in shown[redacted]["body"]
    again.close()


def test_c03_a_device_away_for_a_month_comes_back_with_a_bounded_number_of_requests(world):
    ada, bob = world.people("ada", "bob")
    a1, b1 = ada.device("away"), bob.device()
    rooms = [world.room(b1, a1, name=f"Room {i}") for i in range(120)]
    cursor = a1.sync_all()[2]
    device = a1.device
    a1.drop()
    pending = []
    for i in range(3000):
        if len(pending) >= 16:
            b1.finish("message.send", pending.pop(0))
        pending.append(b1.start("message.send", {"room": rooms[i % len(rooms)], "text": f"day {i}",
                                                 "client_id": b1.device.next_client_id()}))
    for request in pending:
        b1.finish("message.send", request)
    again = world.installation.signed_in(device)
    found, _, _, pages = again.sync_all(cursor, tail=10)
    assert set(found) == set(rooms)
    assert all(r["unread"] == 25 and len(r["entries"]) == 10 for r in found.values())
    assert pages <= 12, f"{pages} requests for 120 rooms and 3,000 messages"
    again.close()


def test_c03_a_cursor_of_another_store_is_answered_with_a_reset(four):
    _, (a1, *_), room = four
    cursor = a1.sync_all()[2]
    page = None
    for strange in ("c999999-1", "0.0", "zzz"):
        try:
            page = a1.call("sync.since", cursor=strange)
        except Exception as error:
            assert getattr(error, "reason", "") == "cursor.invalid"
            continue
        assert page.get("reset") is True
        assert room in {r["room"] for r in page["rooms"]}
    assert a1.call("sync.since", cursor=cursor)["more"] is False


def test_c03_a_slow_reader_is_told_to_catch_up_and_loses_nothing(world):
    ada, bob = world.people("ada", "bob")
    slow, fast = ada.device("slow"), bob.device()
    room = world.room(fast, slow)
    cursor = slow.sync_all()[2]
    slow.clear_events()
    slow.pause_reading()
    body = "x" * 8000
    pending, seqs = [], []
    for _ in range(1500):  # 12 MB: more than socket buffers and the send queue hold
        if len(pending) >= 16:
            seqs.append(fast.finish("message.send", pending.pop(0))["seq"])
        pending.append(fast.start("message.send", {"room": room, "text": body,
                                                   "client_id": fast.device.next_client_id()}))
    seqs += [fast.finish("message.send", request)["seq"] for request in pending]
    device = slow.device
    slow.go_on_reading()
    try:
        slow.wait_event("sync.lagged")
        again = slow
    except Closed:  # cut as a slow reader (4008): it comes back and reads on
        assert slow.close_code == 4008
        again = world.installation.signed_in(device)
    rooms, _, _, _ = again.sync_all(cursor)
    assert rooms[room]["head_seq"] >= seqs[-1]
    seen, after = set(), 0
    while True:
        page = again.history(room, after=after, limit=200)
        seen |= {e["seq"] for e in page["entries"]}
        after = page["last_seq"]
        if not page["more"]:
            break
    assert set(seqs) <= seen
    live = fast.send(room, "caught up")["seq"]
    again.wait_entry(room, lambda e: e["seq"] == live)
    again.close()


def test_c03_devices_see_each_other_come_and_go(four):
    world, (a1, a2, *_), _ = four
    listed = a1.call("device.list")["devices"]
    assert {d["name"] for d in listed} == {"laptop", "phone"}
    assert [d["device"] for d in listed if d["current"]] == [a1.device.device]
    a1.call("device.rename", device=a2.device.device, name="old phone")
    assert a2.wait_event("device.changed", lambda p: p["change"] == "renamed")
    assert "old phone" in {d["name"] for d in a2.call("device.list")["devices"]}
    a1.call("device.remove", device=a2.device.device)
    assert a2.wait_closed() == 4003
    lost = world.installation.connect()
    kind, value = lost.channel.binding
    assert lost.refused("session.prove",
                        a2.device.prove_params(lost.nonce, kind, value)).reason == "sign_in.refused"
    lost.close()
