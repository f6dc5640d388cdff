"""Y-02: data keys exist outside the token only wrapped, and work only in it."""

import os
import sqlite3

from conclave_test import pkcs11
from conclave_test.fixtures import World


def token_objects(installation):
    with pkcs11.Token(installation) as token:
        return {token.label(handle) for handle in token.keys()}


def test_y02_rooms_people_and_messages_leave_no_object_in_the_token(fresh):
    installation = fresh()
    installation.stop()
    before = token_objects(installation)
    installation.start()
    world = World(installation)
    owner = world.person("olga").device()
    for _ in range(4):
        other = world.person("p").device()
        owner_room = world.room(owner, other)
        other.send(owner_room, "hello")
    world.close()
    installation.stop()
    assert token_objects(installation) == before


def test_y02_wrapped_keys_open_nothing_for_who_has_the_files_only(fresh):
    """The keyring and the store of one installation are of no use with another installation's
    token:
    the wrapped keys do not unwrap there."""
    one, two = fresh(), fresh()
    world = World(one)
    ada = world.person("ada").device()
    room = world.room(ada)
    seq = ada.send(room, "only here")["seq"]
    device = ada.device
    world.close()
    one.stop()
    two.stop()
    with pkcs11.Token(two) as thief:
        kek = next(h for h in thief.keys() if thief.label(h).startswith("kek"))
        with sqlite3.connect(one.state / "keyring" / "keyring.db") as keyring:
            blobs = [row[0] for row in keyring.execute("SELECT blob FROM key")]
        assert blobs
        for blob in blobs:
            for cut in (0, 12, 28):
                body = bytes(blob)[cut:cut + (len(blob) - cut) // 8 * 8]
                status, _ = thief.unwrap(kek, body, {pkcs11.CLASS: pkcs11.SECRET_KEY,
                                                     pkcs11.KEY_TYPE: 0x1F})
                assert status != 0
    one.start()
    again = one.signed_in(device)
    assert again.call("message.get", room=room, seq=seq)["entry"]["body"]["text"] == "only here"
    again.close()


def test_y02_a_damaged_wrapped_key_is_refused_and_touches_no_other_room(fresh):
    installation = fresh()
    world = World(installation)
    ada = world.person("ada").device()
    rooms = [world.room(ada, name=f"R{i}") for i in range(2)]
    seqs = [ada.send(room, f"text {i}")["seq"] for i, room in enumerate(rooms)]
    device = ada.device
    world.close()
    installation.stop()
    with sqlite3.connect(installation.state / "content" / "content.db") as store:
        rows = store.execute("SELECT rowid_of, blob FROM (SELECT tenant||'/'||room||'/'||author AS "
                             "rowid_of, room, blob FROM content_key) ORDER BY room").fetchall()
        assert len(rows) >= 2
        victim = store.execute("SELECT tenant, room, author, generation, blob FROM content_key "
                               "WHERE room IN (SELECT room FROM room) LIMIT 1").fetchone()
        blob = bytearray(victim[4])
        blob[len(blob) // 2] ^= 0xFF
        store.execute("UPDATE content_key SET blob=? WHERE tenant=? AND room=? AND author=? AND "
                      "generation=?", (bytes(blob), *victim[:4]))
    installation.start()
    again = installation.signed_in(device)
    readable = 0
    for i, (room, seq) in enumerate(zip(rooms, seqs)):
        try:
            entry = again.call("message.get", room=room, seq=seq)["entry"]
            readable += entry.get("body", {}).get("text") == f"text {i}"
        except Exception as error:
            assert getattr(error, "reason", ""), error
    assert readable == 1
    again.close()


def test_y02_the_stored_segments_are_ciphertext(fresh):
    installation = fresh()
    world = World(installation)
    ada = world.person("ada").device()
    room = world.room(ada)
    text = "A" * 4000
    for _ in range(20):
        ada.send(room, text)
    world.close()
    installation.stop()
    size = sum(p.stat().st_size for p in (installation.state / "content").glob("*"))
    assert size > 20 * 4000, "sealed text does not shrink, so it was neither dropped nor compressed"
    for path in (installation.state / "content").glob("*"):
        assert b"A" * 32 not in path.read_bytes()
    assert os.listdir(installation.state / "keyring")
