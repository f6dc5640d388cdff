"""Y-01: every long-term key is made in the token, cannot be read, widened or misused, and is
nowhere
else: not in files, environment, arguments or core dumps."""

import base64
import os
import signal
import subprocess

import pytest

from conclave_test import Device, PASSWORD, core_limit, processes
from conclave_test import pkcs11
from conclave_test.fixtures import ALPHA, World, prepare

# What each key may do; the name is the start of its label.
PURPOSE = {"kek": {"wrap", "unwrap"}, "ek": {"encrypt", "decrypt"}}
MAC_KEYS = ("pepper", "reuse", "rows")


@pytest.fixture(scope="module")
def stopped():
    """An installation that has worked for a while, stopped."""
    installation = prepare()
    world = World(installation)
    ada, bob = world.people("ada", "bob")
    a, b = ada.device(), bob.device()
    room = world.room(a, b)
    a.send(room, "hello")
    world.close()
    assert installation.stop() == 0
    yield installation
    installation.remove()


@pytest.fixture
def token(stopped):
    with pkcs11.Token(stopped) as opened:
        yield opened


def usages(token, key):
    return {name for name, kind in pkcs11.USAGES.items()
            if token.read(key, kind)[0] == 0 and token.flag(key, kind)}


def purpose(label):
    for start, allowed in PURPOSE.items():
        if label.startswith(start + ".") or label == start:
            return allowed
    return {"sign", "verify"} if label.startswith(MAC_KEYS) else {"sign"}


def test_y01_every_key_is_locked_in(token):
    keys = token.keys()
    labels = {token.label(key) for key in keys}
    for wanted in ("tls", "access", "audit", "command", "ca.root", "ca.issuing", "pepper", "reuse",
                   "rows"):
        assert wanted in labels, f"no {wanted} key among {sorted(labels)}"
    assert any(label.startswith("kek") for label in labels)
    for key in keys:
        label = token.label(key)
        for kind, name, wanted in (
                (pkcs11.TOKEN, "token", True), (pkcs11.PRIVATE, "private", True),
                (pkcs11.SENSITIVE, "sensitive", True), (pkcs11.EXTRACTABLE, "extractable", False),
                (pkcs11.ALWAYS_SENSITIVE, "always sensitive", True),
                (pkcs11.NEVER_EXTRACTABLE, "never extractable", True),
                (pkcs11.LOCAL, "made inside", True), (pkcs11.MODIFIABLE, "modifiable", False),
                (pkcs11.COPYABLE, "copyable", False)):
            assert token.flag(key, kind) is wanted, f"{label}: {name} is {not wanted}"


def test_y01_each_key_has_one_use_and_one_mechanism(token):
    for key in token.keys():
        label = token.label(key)
        assert usages(token, key) <= purpose(label), f"{label} may {usages(token, key)}"
        assert usages(token, key), label
        assert len(token.mechanisms(key)) == 1, f"{label}: {token.mechanisms(key)}"


def test_y01_no_key_can_be_read(token):
    for key in token.keys():
        status, data = token.read(key, pkcs11.VALUE)
        assert status != 0 and data == b"", f"{token.label(key)} gives its value away"


def test_y01_no_key_can_be_widened(token):
    for key in token.keys():
        label = token.label(key)
        assert token.change(key, pkcs11.EXTRACTABLE, True) != 0, label
        assert token.change(key, pkcs11.SENSITIVE, False) != 0, label
        for name, kind in pkcs11.USAGES.items():
            if name not in usages(token, key):
                assert token.change(key, kind, True) != 0, f"{label}: {name} was switched on"
        for changes in ({}, {pkcs11.EXTRACTABLE: True}, {pkcs11.SENSITIVE: False}):
            assert token.copy(key, changes) != 0, f"{label} was copied with {changes}"


def test_y01_no_key_can_be_wrapped_out(token):
    keys = token.keys()
    for wrapping in keys:
        if "wrap" not in usages(token, wrapping):
            continue
        for target in keys:
            for mechanism in (pkcs11.AES_KEY_WRAP, pkcs11.AES_KEY_WRAP_PAD, pkcs11.AES_CBC_PAD):
                assert token.wrap(wrapping, target, mechanism) != 0, (
                    f"{token.label(target)} left under {token.label(wrapping)}")


def test_y01_no_key_works_with_another_mechanism(token):
    for key in token.keys():
        label = token.label(key)
        if label.startswith("ek"):
            assert token.start("Encrypt", key, pkcs11.AES_ECB) != 0, label
            assert token.start("Decrypt", key, pkcs11.AES_CBC_PAD, bytes(16)) != 0, label
        if label.startswith("kek"):
            assert token.start("Encrypt", key, pkcs11.AES_ECB) != 0, label
            status, _ = token.unwrap(key, bytes(24), {
                pkcs11.CLASS: pkcs11.SECRET_KEY, pkcs11.KEY_TYPE: 0x1F, pkcs11.SENSITIVE: False,
                pkcs11.EXTRACTABLE: True}, pkcs11.AES_KEY_WRAP)
            assert status != 0, label


def test_y01_the_pin_is_in_no_argument_and_no_environment(server):
    pin = (server.state / "token" / "pin").read_text().strip()
    assert len(pin) >= 26, "a PIN has at least 128 random bits"
    assert (server.state / "token" / "pin").stat().st_mode & 0o777 == 0o600
    family = [server.launcher.pid] + processes.descendants(server.launcher.pid)
    assert len(family) >= 3
    for pid in family:
        for place in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{place}", "rb") as file:
                assert pin.encode() not in file.read(), f"{place} of {pid}"
    assert pin not in server.logs()


def test_y01_no_process_can_leave_a_core_dump(server):
    for pid in (server.keyd_pid, server.server_pid):
        assert core_limit(pid) == ("0", "0")
        assert processes.status_field(pid, "Seccomp") == "2"
        assert processes.status_field(pid, "NoNewPrivs") == "1"


def test_y01_the_server_process_knows_neither_module_nor_token(server):
    with open(f"/proc/{server.server_pid}/maps", encoding="utf-8") as file:
        loaded = file.read()
    assert "pkcs11" not in loaded and "softhsm" not in loaded
    for descriptor in os.listdir(f"/proc/{server.server_pid}/fd"):
        try:
            target = os.readlink(f"/proc/{server.server_pid}/fd/{descriptor}")
        except FileNotFoundError:
            continue
        assert "/token/" not in target and "keyring" not in target


def forms(text):
    """The marker as it might lie in a file."""
    data = text.encode()
    out = {data, data.hex().encode(), text.encode("utf-16-le")}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data)
        out |= {encoded[4:-4], encoded[4:-4].replace(b"+", b"-").replace(b"/", b"_")}
    return out


def find_in_files(folder, marker):
    wanted = forms(marker)
    hits = []
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            hits += [f"{path.name}: {form[:12]!r}" for form in wanted if form in data]
    return hits


@pytest.mark.short
def test_y01_what_people_type_is_in_no_file_and_no_log(fresh):
    installation = fresh()
    world = World(installation)
    marker = "zqxj" + os.urandom(12).hex() + "marker"
    ada, bob = world.people("ada", "bob")
    device = Device(ada.account, PASSWORD, name=f"D{marker}")
    a = installation.signed_in(device)
    b = bob.device()
    a.call("user.set_profile", display_name=f"N{marker}")
    room = world.room(a, b, name=f"R{marker}", topic=f"T{marker}")
    seq = a.send(room, f"first {marker}", mentions=[bob.user])["seq"]
    a.act("message.edit", room, target=seq, text=f"edited {marker}")
    gone = a.send(room, f"redact me {marker}")["seq"]
    a.act("message.redact", room, target=gone, reason=f"because {marker}")
    a.call("state.set", key=f"draft.{room}", value=f"draft {marker}")
    a.call("state.set", key="settings.note", value={"deep": [marker]})
    a.call("presence.set", status="busy", text=f"P{marker}")
    a.call("device.rename", device=device.device, name=f"E{marker}")
    a.refused("message.send", room=room, text=f"bad {marker}", client_id=0)
    a.refused(f"no.{marker}", {})
    installation.admin_api.refused("POST", f"/tenants/{ALPHA}/users",
                                   {"name": f"!{marker}", "password": f"pw {marker}"})
    installation.admin_api.post("/backups", {"kind": "content"})
    assert b.call("message.get", room=room, seq=seq)["entry"]["body"]["text"] == f"edited {marker}"
    assert find_in_files(installation.folder, marker) == []
    installation.kill_child("conclave-keyd", signal.SIGABRT)  # what a crash writes, it must not
    processes.wait_until(lambda: installation.get("/readyz").status == 200, "readiness again", 20)
    world.close()
    assert installation.stop() == 0
    assert find_in_files(installation.folder, marker) == []
    assert not [p for p in installation.folder.rglob("core*") if p.is_file()]


def test_y01_opensc_sees_no_key_that_can_be_taken(stopped):
    pin = (stopped.state / "token" / "pin").read_text().strip()
    listed = subprocess.run(
        ["pkcs11-tool", "--module", pkcs11.MODULE, "--login", "--pin", pin, "--list-objects"],
        env=dict(os.environ, SOFTHSM2_CONF=str(stopped.state / "token" / "softhsm2.conf")),
        capture_output=True, text=True, check=True, timeout=60).stdout
    keys = [block for block in listed.split("\n")
            if block.startswith(("Secret Key Object", "Private Key Object"))]
    assert len(keys) >= 10
    assert listed.count("sensitive, always sensitive, never extractable, local") >= len(keys)
