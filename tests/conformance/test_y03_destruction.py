"""Y-03: a turn of the epoch kills what was deleted, in older backups too; the rest still opens."""

import shutil
import sqlite3

from conclave_test import program, wait_until
from conclave_test.fixtures import ALPHA, World

import subprocess


def content_backup(installation):
    made = installation.admin_api.post("/backups", {"kind": "content"})
    return installation.state / "backup" / made["file"]


def confirm_keyring(installation):
    """Backs the keyring up and confirms it, as the operator does: the old epoch may now die."""
    made = installation.admin_api.post("/backups", {"kind": "keyring"})
    installation.admin_api.post("/backups/confirm", {"sha256": made["sha256"]})


def restore_content(installation, file):
    done = subprocess.run([program("conclavectl"), "restore", "--config",
                           str(installation.config_file), "content", str(file)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    installation.accept_older_store()


def readable(client, room, seq):
    try:
        entry = client.call("message.get", room=room, seq=seq)["entry"]
    except Exception as error:
        assert getattr(error, "reason", ""), error
        return None
    return entry.get("body", {}).get("text")


def epoch_keys(installation):
    with sqlite3.connect(f"file:{installation.state}/keyring/keyring.db?mode=ro",
                         uri=True) as keyring:
        return keyring.execute("SELECT COUNT(*) FROM old_epoch").fetchone()[0]


def test_y03_a_deleted_room_is_dead_in_an_older_backup_and_the_rest_opens(fresh):
    installation = fresh({"keyd.epoch_grace_ms": 0})
    world = World(installation)
    ada = world.person("ada").device()
    doomed, kept = world.room(ada, name="Doomed"), world.room(ada, name="Kept")
    lost = ada.send(doomed, "must die")["seq"]
    alive = ada.send(kept, "must live")["seq"]
    device = ada.device
    backup = content_backup(installation)
    ada.call("room.delete", room=doomed)
    assert readable(ada, doomed, lost) is None
    report = installation.admin_api.post("/keys/epoch-turn", {"tenant": ALPHA})
    assert report["new_epoch"] > report["old_epoch"]
    assert report["resealed"] >= 1
    confirm_keyring(installation)
    wait_until(lambda: epoch_keys(installation) == 0, "the end of the old epoch's key", 90)
    assert readable(ada, kept, alive) == "must live", "the turn needs no downtime"
    world.close()
    installation.stop()
    restore_content(installation, backup)
    installation.start()
    again = installation.signed_in(device)
    assert readable(again, kept, alive) == "must live"
    assert readable(again, doomed, lost) is None
    assert "must die" not in str(again.sync_all()[0])
    again.send(kept, "life goes on")
    again.close()


def test_y03_without_the_turn_the_backup_brings_the_room_back(fresh):
    """The counterpart: what kills is the turn, not the restore."""
    installation = fresh()
    world = World(installation)
    ada = world.person("ada").device()
    room = world.room(ada, name="Spared")
    seq = ada.send(room, "still there")["seq"]
    device = ada.device
    backup = content_backup(installation)
    ada.send(room, "after the backup")
    world.close()
    installation.stop()
    restore_content(installation, backup)
    installation.start()
    again = installation.signed_in(device)
    assert readable(again, room, seq) == "still there"
    assert readable(again, room, seq + 1) is None
    again.close()


def test_y03_an_old_keyring_cannot_bring_the_dead_back_after_the_turn(fresh):
    """Both copies from before the deletion: without the old epoch's key in the token they open
    nothing of the deleted room."""
    installation = fresh({"keyd.epoch_grace_ms": 0})
    world = World(installation)
    ada = world.person("ada").device()
    doomed = world.room(ada, name="Doomed")
    seq = ada.send(doomed, "must die")["seq"]
    device = ada.device
    backup = content_backup(installation)
    made = installation.admin_api.post("/backups", {"kind": "keyring"})
    old_keyring = installation.state / "backup" / made["file"]
    ada.call("room.delete", room=doomed)
    installation.admin_api.post("/keys/epoch-turn", {"tenant": ALPHA})
    confirm_keyring(installation)
    wait_until(lambda: epoch_keys(installation) == 0, "the end of the old epoch's key", 90)
    world.close()
    installation.stop()
    restore_content(installation, backup)
    shutil.copy(old_keyring, installation.state / "keyring" / "keyring.db")
    for rest in ("keyring.db-wal", "keyring.db-shm"):
        (installation.state / "keyring" / rest).unlink(missing_ok=True)
    installation.start(wait=False)
    try:
        installation.wait_ready(15)
        again = installation.signed_in(device)
    except Exception:
        return  # it does not even start with such a keyring, which is as good
    assert readable(again, doomed, seq) is None
    again.close()
