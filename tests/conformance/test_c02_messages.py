"""C-02: real-time messages. Two people, two devices each, so that every change is seen by the
author's
other device as well as by the other person."""

import pytest


class Table:
    """Ada and Bob with two devices each in one room."""

    def __init__(self, world, **params):
        self.ada, self.bob = world.people("ada", "bob")
        self.a1, self.a2 = self.ada.device("laptop"), self.ada.device("phone", "Ed25519")
        self.b1, self.b2 = self.bob.device("laptop"), self.bob.device("phone")
        self.room = world.room(self.a1, self.b1, **params)
        self.all = [self.a1, self.a2, self.b1, self.b2]

    def everywhere(self, seq):
        """The entry as each device was told of it; all are the same."""
        told = [client.wait_entry(self.room, lambda e: e["seq"] == seq) for client in self.all]
        assert all(entry == told[0] for entry in told)
        return told[0]

    def folded(self, seq):
        """The message as each device reads it later; equal but for what is the reader's own."""
        read = [client.call("message.get", room=self.room, seq=seq)["entry"] for client in self.all]
        for entry in read:
            for reaction in entry.get("reactions", []):
                reaction.pop("own")
        assert all(entry == read[0] for entry in read)
        return read[0]


@pytest.fixture
def table(world):
    return Table(world)


@pytest.mark.short
def test_c02_a_message_reaches_every_device_of_both(table):
    sent = table.a1.send(table.room, "Good morning")
    entry = table.everywhere(sent["seq"])
    assert entry["kind"] == "message"
    assert entry["author"] == table.ada.user
    assert entry["body"]["text"] == "Good morning"
    assert entry["n"] == sent["n"] and entry["ts_ms"] == sent["ts_ms"]


@pytest.mark.short
def test_c02_a_conversation_of_two_is_the_same_room_from_both_sides(world):
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    one = a.call("room.direct", user=bob.user)
    two = b.call("room.direct", user=ada.user)
    assert one["room"] == two["room"]
    assert (one["kind"], one["peer"], two["peer"]) == ("direct", bob.user, ada.user)
    sent = a.send(one["room"], "just us")
    assert b.wait_entry(one["room"], lambda e: e["seq"] == sent["seq"])["body"]["text"] == "just us"


def test_c02_an_edit_reaches_every_device_and_stays(table):
    seq = table.a1.send(table.room, "At nine")["seq"]
    edit = table.a2.act("message.edit", table.room, target=seq, text="At ten")
    entry = table.everywhere(edit["seq"])
    assert (entry["kind"], entry["target"], entry["body"]["text"]) == ("edit", seq, "At ten")
    later = table.folded(seq)
    assert later["body"]["text"] == "At ten"
    assert later["edited"]["seq"] == edit["seq"]


def test_c02_an_edit_leaves_reply_and_thread(table):
    root = table.a1.send(table.room, "Where?")["seq"]
    seq = table.a1.send(table.room, "Heer", reply_to=root, thread=root)["seq"]
    table.a2.act("message.edit", table.room, target=seq, text="Here")
    body = table.folded(seq)["body"]
    assert (body["text"], body["reply_to"], body["thread"]) == ("Here", root, root)


def test_c02_only_the_author_edits(table):
    seq = table.a1.send(table.room, "mine")["seq"]
    refused = table.b1.refused("message.edit", room=table.room,
                               client_id=table.b1.device.next_client_id(), target=seq, text="yours")
    assert refused.reason in ("room.denied", "message.not_found")
    assert table.folded(seq)["body"]["text"] == "mine"


def test_c02_a_redaction_takes_the_text_away_everywhere(table):
    seq = table.a1.send(table.room, "a secret slip")["seq"]
    redaction = table.a2.act("message.redact", table.room, target=seq, reason="a slip")
    entry = table.everywhere(redaction["seq"])
    assert (entry["kind"], entry["target"]) == ("redaction", seq)
    later = table.folded(seq)
    assert later["redacted"]["by"] == table.ada.user
    assert "text" not in later["body"]
    for client in table.all:
        assert "a secret slip" not in str(client.history(table.room, limit=200))


def test_c02_a_redacted_message_cannot_be_edited_back(table):
    seq = table.a1.send(table.room, "gone")["seq"]
    table.a1.act("message.redact", table.room, target=seq)
    refused = table.a1.refused("message.edit", room=table.room,
                               client_id=table.a1.device.next_client_id(), target=seq, text="back")
    assert refused.reason in ("message.not_found", "message.redacted", "room.denied")
    assert "text" not in table.folded(seq)["body"]


def test_c02_reactions_add_up_and_can_be_taken_back(table):
    seq = table.a1.send(table.room, "Lunch?")["seq"]
    for client in (table.a1, table.b1):
        told = client.act("message.react", table.room, target=seq, emoji="👍")
        assert table.everywhere(told["seq"])["body"] == {"emoji": "👍"}
    reaction = table.folded(seq)["reactions"][0]
    assert (reaction["emoji"], reaction["count"]) == ("👍", 2)
    assert sorted(reaction["users"]) == sorted([table.ada.user, table.bob.user])
    own = table.b1.call("message.get", room=table.room, seq=seq)["entry"]["reactions"][0]["own"]
    assert own is True
    table.b2.act("message.unreact", table.room, target=seq, emoji="👍")
    reaction = table.folded(seq)["reactions"][0]
    assert (reaction["count"], reaction["users"]) == (1, [table.ada.user])


def test_c02_the_same_reaction_twice_counts_once(table):
    seq = table.a1.send(table.room, "Twice?")["seq"]
    table.b1.act("message.react", table.room, target=seq, emoji="🎉")
    try:
        table.b2.act("message.react", table.room, target=seq, emoji="🎉")
    except Exception as error:  # refusing it is as good as counting it once
        assert getattr(error, "reason", "")
    assert table.folded(seq)["reactions"][0]["count"] == 1


def test_c02_replies_and_threads_name_their_message(table):
    root = table.a1.send(table.room, "Where?")["seq"]
    reply = table.b1.send(table.room, "There", reply_to=root)["seq"]
    assert table.everywhere(reply)["body"]["reply_to"] == root
    in_thread = [table.b1.send(table.room, f"note {i}", thread=root)["seq"] for i in range(3)]
    thread = table.a2.call("message.thread", room=table.room, root=root)["entries"]
    assert [e["seq"] for e in thread if e["seq"] != root] == in_thread
    refused = table.b1.refused("message.send", room=table.room, text="to nothing", reply_to=9999,
                               client_id=table.b1.device.next_client_id())
    assert refused.reason == "message.not_found"


def test_c02_mentions_are_counted_and_listed(table):
    seq = table.a1.send(table.room, "Bob, look", mentions=[table.bob.user])["seq"]
    table.everywhere(seq)
    assert table.b2.call("room.get", room=table.room)["mentions"] == 1
    listed = table.b1.call("mention.list")["mentions"]
    assert [(m["room"], m["seq"]) for m in listed] == [(table.room, seq)]
    assert table.a2.call("mention.list")["mentions"] == []
    table.b1.call("receipt.read", room=table.room, seq=seq)
    assert table.b2.call("room.get", room=table.room)["mentions"] == 0


def test_c02_everybody_can_be_mentioned_by_who_may(table):
    seq = table.a1.send(table.room, "All hands", mention_all=True)["seq"]
    assert table.b1.call("room.get", room=table.room)["last_all_seq"] == seq
    refused = table.b1.refused("message.send", room=table.room, text="me too", mention_all=True,
                               client_id=table.b1.device.next_client_id())
    assert refused.reason == "room.denied"


def test_c02_pins_are_the_same_for_all(table):
    seq = table.a1.send(table.room, "The plan")["seq"]
    table.everywhere(table.a1.act("message.pin", table.room, target=seq)["seq"])
    for client in table.all:
        pins = client.call("message.pins", room=table.room)["entries"]
        assert [entry["seq"] for entry in pins] == [seq]
    table.everywhere(table.a2.act("message.unpin", table.room, target=seq)["seq"])
    assert table.b2.call("message.pins", room=table.room)["entries"] == []


def test_c02_typing_is_shown_to_the_others(table):
    table.a1.call("typing.set", room=table.room, active=True)
    for client in (table.b1, table.b2):
        told = client.wait_event("typing.changed", lambda p: p["active"])
        assert (told["room"], told["user"]) == (table.room, table.ada.user)
    table.a1.call("typing.set", room=table.room, active=False)
    table.b1.wait_event("typing.changed", lambda p: not p["active"])


def test_c02_delivered_and_read_marks_reach_the_others(table):
    seq = table.a1.send(table.room, "Seen?")["seq"]
    table.b1.call("receipt.delivered", room=table.room, seq=seq)
    table.a1.wait_event("receipt.changed", lambda p: p["user"] == table.bob.user
                        and p["delivered_seq"] >= seq)
    table.b1.call("receipt.read", room=table.room, seq=seq)
    for client in (table.a1, table.a2, table.b2):
        told = client.wait_event("receipt.changed", lambda p: p["user"] == table.bob.user
                                 and p["read_seq"] >= seq)
        assert told["room"] == table.room
    marks = {r["user"]: r for r in table.a2.call("receipt.list", room=table.room)["receipts"]}
    assert marks[table.bob.user]["read_seq"] == seq


def test_c02_unread_counts_messages_only(table):
    before = table.b1.call("room.get", room=table.room)["unread"]
    seq = table.a1.send(table.room, "one")["seq"]
    table.a1.act("message.react", table.room, target=seq, emoji="👍")
    table.a1.act("message.edit", table.room, target=seq, text="ONE")
    last = table.a1.send(table.room, "two")["seq"]
    assert table.b1.call("room.get", room=table.room)["unread"] == before + 2
    table.b1.call("receipt.read", room=table.room, seq=last)
    assert table.b2.call("room.get", room=table.room)["unread"] == 0


def test_c02_marks_never_move_back(table):
    first = table.a1.send(table.room, "1")["seq"]
    last = table.a1.send(table.room, "2")["seq"]
    table.b1.call("receipt.read", room=table.room, seq=last)
    table.b2.call("receipt.read", room=table.room, seq=first)
    assert table.b1.call("room.get", room=table.room)["read_seq"] == last


@pytest.mark.short
def test_c02_the_same_send_twice_is_one_message(table):
    params = {"room": table.room, "client_id": table.a1.device.next_client_id(), "text": "once"}
    first = table.a1.call("message.send", params)
    again = table.a1.call("message.send", params)
    assert (again["seq"], again["n"], again["ts_ms"]) == (first["seq"], first["n"], first["ts_ms"])
    assert table.a1.call("room.get", room=table.room)["head_seq"] == first["seq"]
    refused = table.a1.refused("message.send", dict(params, text="something else"))
    assert refused.reason == "client_id.conflict"


def test_c02_a_very_old_client_id_is_told_so(table):
    device = table.a1.device
    old = {"room": table.room, "client_id": device.next_client_id(), "text": "old"}
    table.a1.call("message.send", old)
    for i in range(70):
        table.a1.send(table.room, f"newer {i}")
    assert table.a1.refused("message.send", old).reason == "client_id.stale"


def test_c02_history_pages_both_ways_without_gap_or_repeat(table):
    seqs = [table.a1.send(table.room, f"m{i}")["seq"] for i in range(57)]
    wanted = set(seqs)

    def pages(start, step):
        found, at, count = [], start, 0
        while True:
            page = table.b1.history(table.room, limit=10, **step(at))
            count += 1
            found.append([e["seq"] for e in page["entries"]])
            if not page["more"]:
                return found, count
            at = page

    forward, count = pages(None, lambda p: {"after": p["last_seq"] if p else 0})
    ahead = [seq for page in forward for seq in page]
    assert ahead == sorted(set(ahead)) and wanted <= set(ahead)
    assert count <= 8
    back, _ = pages(None, lambda p: {"before": p["first_seq"]} if p else {})
    behind = [seq for page in back for seq in page]
    assert len(behind) == len(set(behind)) and wanted <= set(behind)


def test_c02_jump_to_date_finds_the_first_entry_from_then(table):
    first = table.a1.send(table.room, "early")
    second = table.a1.send(table.room, "late")
    assert table.b1.call("message.at", room=table.room, ts_ms=first["ts_ms"])["seq"] <= first["seq"]
    assert table.b1.call("message.at", room=table.room, ts_ms=second["ts_ms"] + 60000)["seq"] in (
        0, second["seq"])


def test_c02_order_is_the_same_for_everybody_when_all_write_at_once(table):
    ids = []
    for round_number in range(25):
        for client in table.all:
            ids.append((client, client.start("message.send", {
                "room": table.room, "client_id": client.device.next_client_id(),
                "text": f"{round_number} {client.device.device}"})))
    seqs = [client.finish("message.send", request)["seq"] for client, request in ids]
    assert len(set(seqs)) == len(seqs)
    last = max(seqs)
    orders = []
    for client in table.all:
        client.wait_entry(table.room, lambda e: e["seq"] == last)
        mine = [e["seq"] for e in client.entries(table.room) if e["seq"] >= min(seqs)]
        assert mine == list(range(min(seqs), last + 1))
        orders.append([(e["seq"], e["body"].get("text")) for e in client.entries(table.room)
                       if e["seq"] in seqs])
    assert all(order == orders[0] for order in orders)


def test_c02_a_text_over_the_limit_is_refused_with_the_limit_named(table):
    limit = table.a1.hello["limits"]["body_bytes"]
    table.a1.send(table.room, "é" * (limit // 2))
    refused = table.a1.refused("message.send", room=table.room, text="é" * (limit // 2) + "x",
                               client_id=table.a1.device.next_client_id())
    assert refused.reason in ("body.too_large", "params.invalid")
