"""Starting, stopping, restarting; processes that die; two servers on one state folder."""

import subprocess

import pytest

from conclave_test import processes, program, wait_until
from conclave_test.fixtures import World


def talk(installation):
    world = World(installation)
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    room = world.room(a, b)
    return world, a, b, room


@pytest.mark.short
def test_sigterm_ends_in_order_with_status_zero_and_leaves_nobody(fresh):
    installation = fresh()
    world, a, _, _ = talk(installation)
    family = processes.descendants(installation.launcher.pid)
    assert len(family) >= 2
    assert installation.stop() == 0
    assert a.wait_closed() in (4007, 1001)
    assert not [pid for pid in family if processes.alive(pid)]
    world.close()


@pytest.mark.short
def test_a_restart_keeps_everything(fresh):
    installation = fresh()
    world, a, b, room = talk(installation)
    seq = a.send(room, "before")["seq"]
    a.act("message.edit", room, target=seq, text="edited before")
    b.act("message.react", room, target=seq, emoji="👍")
    b.call("receipt.read", room=room, seq=seq)
    a.call("state.set", key="settings.theme", value="dark")
    a.act("message.pin", room, target=seq)
    cursor = a.sync_all()[2]
    shown = a.call("message.get", room=room, seq=seq)
    again_params = {"room": room, "client_id": a.device.next_client_id(), "text": "once"}
    first = a.call("message.send", again_params)
    devices = a.device, b.device
    handle = a.session["resume_handle"]
    installation.restart()
    a, b = (installation.signed_in(device) for device in devices)
    assert a.call("message.get", room=room, seq=seq) == shown
    assert a.call("state.get", key="settings.theme")["value"] == "dark"
    assert a.call("message.send", again_params)["seq"] == first["seq"], "client_ids survive"
    assert [e["seq"] for e in a.call("message.pins", room=room)["entries"]] == [seq]
    assert b.call("room.get", room=room)["read_seq"] >= seq
    rooms, _, _, _ = a.sync_all(cursor)
    assert not rooms or rooms[room]["head_seq"] == first["seq"]
    late = installation.connect()
    assert late.refused("session.resume", handle=handle).reason == "session.resume_refused"
    for client in (a, b, late):
        client.close()
    world.close()


def test_a_crash_of_the_server_loses_nothing_that_was_acknowledged(fresh):
    installation = fresh()
    world, a, b, room = talk(installation)
    sent = {}
    for i in range(40):
        sent[a.send(room, f"m{i}")["seq"]] = f"m{i}"
    installation.kill_child("conclaved")
    installation.wait_ready()
    again = installation.signed_in(a.device)
    texts = {e["seq"]: e["body"].get("text") for e in again.history(room, limit=200)["entries"]
             if e["kind"] == "message"}
    assert {seq: texts.get(seq) for seq in sent} == sent
    assert again.send(room, "goes on")["seq"] > max(sent)
    again.close()
    world.close()


def test_a_killed_launcher_takes_its_children_with_it(fresh):
    installation = fresh()
    family = processes.descendants(installation.launcher.pid)
    installation.launcher.kill()
    installation.launcher.wait()
    wait_until(lambda: not [pid for pid in family if processes.alive(pid)],
               "the end of its children")
    installation.start()


@pytest.mark.short
def test_a_second_server_on_the_same_state_is_refused(fresh):
    installation = fresh()
    second = subprocess.run([program("conclave-launcher"), "--config",
                             str(installation.config_file)],
                            capture_output=True, text=True, timeout=60, check=False)
    assert second.returncode != 0
    assert second.stderr or second.stdout
    assert installation.get("/readyz").status == 200
    world, a, _, room = talk(installation)
    assert a.send(room, "unharmed")["seq"]
    world.close()


def test_the_state_folder_is_private(server):
    loose = [path for path in server.state.rglob("*") if path.stat().st_mode & 0o077
             and not path.is_socket() and "authority" not in path.parts]
    assert loose == []
    assert server.state.stat().st_mode & 0o077 == 0


@pytest.mark.short
def test_a_wrong_configuration_is_told_with_line_and_nearest_key(bare):
    installation = bare()
    installation.config_file.write_text("[limits]\nframe_byte = 7\n")
    for name, arguments in (("conclaved", []), ("conclave-launcher", []), ("conclave-keyd",
                                                                           ["init"])):
        done = subprocess.run([program(name), *arguments, "--config",
                               str(installation.config_file)],
                              capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 78, (name, done)
        said = done.stdout + done.stderr
        assert "frame_byte" in said and "frame_bytes" in said and "2" in said, (name, said)


def test_starting_without_a_token_says_what_to_do(bare):
    installation = bare()
    installation.start(wait=False)
    try:
        status = installation.launcher.wait(20)
        assert status != 0
    except subprocess.TimeoutExpired:
        assert not installation.ports_file.exists() or installation.get("/readyz").status == 503
    assert "init" in installation.logs() or "token" in installation.logs()


def test_a_foreign_token_configuration_in_the_environment_does_no_harm(bare, monkeypatch):
    """People who use SoftHSM for something else have its variable set."""
    monkeypatch.setenv("SOFTHSM2_CONF", "/no/such/softhsm2.conf")
    installation = bare()
    installation.init()
    installation.start()
    assert installation.get("/readyz").status == 200


def test_the_setup_secret_works_once_and_is_removed(bare):
    from conclave_test import Admin, ApiError, Device, PASSWORD
    installation = bare()
    installation.init()
    installation.start()
    secret_file = installation.state / "run" / "setup"
    assert secret_file.stat().st_mode & 0o777 == 0o600
    secret = secret_file.read_text().strip()
    api = Admin(installation, Device("admin@provider.local", PASSWORD))
    with pytest.raises(ApiError):
        api.set_up("wrong" + secret[5:], "admin", PASSWORD)
    api.set_up(secret, "admin", PASSWORD)
    assert not secret_file.exists()
    with pytest.raises(ApiError):
        api.set_up(secret, "admin2", PASSWORD)
    assert secret not in installation.logs()
