"""conclavectl against a real server: what admins do, told in tables and JSON; wrong input for every
command; doctor on a healthy and on a broken state."""

import json
import subprocess

import pytest

from conclave_test import PASSWORD, program
from conclave_test.fixtures import World
from conclave_test.totp import Application


class Ctl:
    def __init__(self, installation, home, password_file):
        self.installation, self.home, self.password_file = installation, home, password_file

    def run(self, *arguments, check=True, as_json=True):
        options = ["--json"] if as_json else []
        done = subprocess.run([program("conclavectl"), "--home", str(self.home), *options,
                               *arguments],
                              capture_output=True, text=True, timeout=60, input="", check=False)
        if check:
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def json(self, *arguments):
        return json.loads(self.run(*arguments).stdout)


def items(answer, name):
    """The list in an answer, whether it stands alone or under its name."""
    return answer if isinstance(answer, list) else answer[name]


@pytest.fixture
def ctl(bare, tmp_path):
    """A new installation whose first admin was made with `conclavectl setup`."""
    installation = bare()
    installation.init()
    installation.start()
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    made = Ctl(installation, tmp_path / "admin", password)
    made.run("setup", "--state", str(installation.state), "--password-file", str(password))
    return made


@pytest.mark.short
def test_an_admin_makes_a_tenant_and_people_and_they_talk(ctl):
    installation = ctl.installation
    assert "admin@provider.local" in ctl.run("whoami").stdout
    ctl.run("tenant", "create", "example.test")
    assert "example.test" in ctl.run("tenant", "list").stdout
    for name in ("ada", "bob"):
        ctl.run("--tenant", "example.test", "user", "create", name, "--display-name", name.title(),
                "--role", "member", "--password-file", str(ctl.password_file))
    listed = items(ctl.json("--tenant", "example.test", "user", "list"), "users")
    assert {u["account"] for u in listed} == {"ada@example.test", "bob@example.test"}
    from conclave_test import Device
    a = installation.signed_in(Device("ada@example.test", PASSWORD))
    b = installation.signed_in(Device("bob@example.test", PASSWORD))
    room = a.call("room.direct", user=b.device.user)["room"]
    a.send(room, "made by hand")
    b.wait_entry(room, lambda e: e["body"].get("text") == "made by hand")
    devices = items(ctl.json("--tenant", "example.test", "device", "list", "ada"), "devices")
    assert [d["device"] for d in devices] == [a.device.device]
    ctl.run("--tenant", "example.test", "device", "remove", a.device.device)
    assert a.wait_closed() in (4002, 4003)
    ctl.run("--tenant", "example.test", "user", "set", "bob", "--disable")
    assert b.wait_closed() in (4002, 4003)


def test_tables_are_for_people_and_json_for_programs(ctl):
    ctl.run("tenant", "create", "example.test")
    for command in (("tenant", "list"), ("user", "list"), ("group", "list"), ("session", "list"),
                    ("room", "list"), ("key", "list"), ("audit", "list"), ("backup", "list"),
                    ("status",), ("whoami",)):
        json.loads(ctl.run(*command).stdout)
        table = ctl.run(*command, as_json=False).stdout
        assert not table.lstrip().startswith(("{", "[")), command


def test_backups_are_made_verified_and_restored(ctl):
    installation = ctl.installation
    ctl.run("tenant", "create", "example.test")
    from conclave_test import Device
    ctl.run("--tenant", "example.test", "user", "create", "ada", "--role", "member",
            "--password-file", str(ctl.password_file))
    a = installation.signed_in(Device("ada@example.test", PASSWORD))
    room = a.call("room.create", name="Kept")["room"]
    seq = a.send(room, "in the backup")["seq"]
    made = ctl.json("backup", "create", "content")
    file = installation.state / "backup" / made["file"]
    assert file.stat().st_mode & 0o077 == 0
    ctl.run("backup", "verify", str(file))
    later = a.send(room, "after it")["seq"]
    device = a.device
    a.close()
    refused = ctl.run("restore", "--config", str(installation.config_file), "content", str(file),
                      check=False)
    assert refused.returncode != 0, "restored under a running server"
    installation.stop()
    ctl.run("restore", "--config", str(installation.config_file), "content", str(file))
    installation.accept_older_store()
    installation.start()
    again = installation.signed_in(device)
    assert again.call("message.get", room=room, seq=seq)["entry"]["body"]["text"] == "in the backup"
    assert again.refused("message.get", room=room, seq=later).reason == "message.not_found"
    again.close()


def test_a_damaged_backup_is_found_out(ctl, tmp_path):
    made = ctl.json("backup", "create", "content")
    file = ctl.installation.state / "backup" / made["file"]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))
    assert ctl.run("backup", "verify", str(file), check=False).returncode != 0
    ctl.installation.stop()
    before = (ctl.installation.state / "content" / "content.db").read_bytes()
    refused = ctl.run("restore", "--config", str(ctl.installation.config_file), "content",
                      str(file),
                      check=False)
    assert refused.returncode != 0
    assert (ctl.installation.state / "content" / "content.db").read_bytes() == before


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["tenant"], ["tenant", "create"], ["tenant", "delete", "x.test"], ["user"],
    ["user", "create"], ["user", "show"], ["user", "set"], ["group", "create"], ["group", "add",
                                                                                 "g"],
    ["device", "list"], ["device", "remove"], ["session", "end"], ["room", "members"], ["room",
                                                                                        "delete"],
    ["key", "turn-epoch"], ["backup", "create"], ["backup", "create", "everything"], ["backup",
                                                                                      "verify"],
    ["backup", "confirm"], ["audit"], ["restore"], ["restore", "--config"], ["setup", "surplus",
                                                                             "x"],
    ["sign-in"], ["status", "surplus"], ["--no-such-option"],
], ids=lambda a: " ".join(a) or "nothing")
def test_wrong_usage_is_status_2_or_a_clear_refusal(tmp_path, arguments):
    done = subprocess.run([program("conclavectl"), "--home", str(tmp_path / "home"), *arguments],
                          capture_output=True, text=True, timeout=30, input="", check=False)
    assert done.returncode in (1, 2), done
    assert len(done.stdout + done.stderr) > 10


@pytest.mark.short
def test_what_does_not_exist_is_told_with_a_reason(ctl):
    ctl.run("tenant", "create", "example.test")
    for arguments in (
            ("tenant", "create", "not a domain"), ("tenant", "create", "example.test"),
            ("tenant", "show", "nowhere.test"), ("tenant", "delete", "nowhere.test", "--yes"),
            ("user", "show", "nobody"), ("user", "delete", "nobody", "--yes"),
            ("user", "set", "nobody", "--disable"), ("group", "delete", "none", "--yes"),
            ("device", "remove", "d_0000000000001"), ("session", "end", "s_0000000000001"),
            ("room", "members", "r_0000000000001"), ("room", "delete", "r_0000000000001", "--yes"),
            ("key", "turn-epoch", "nowhere.test"), ("backup", "confirm", "00" * 32),
            ("user", "create", "x y", "--password-file", str(ctl.password_file)),
            ("user", "create", "admin", "--password-file", str(ctl.password_file)),
            ("user", "create", "z", "--role", "emperor", "--password-file", str(ctl.password_file)),
            ("backup", "verify", "/no/such/file")):
        done = ctl.run(*arguments, check=False)
        assert done.returncode != 0, arguments
        assert done.stderr.strip() or done.stdout.strip(), arguments


def test_dangerous_commands_want_a_yes(ctl):
    ctl.run("tenant", "create", "example.test")
    assert ctl.run("tenant", "delete", "example.test", check=False).returncode != 0
    assert "example.test" in ctl.run("tenant", "list").stdout
    ctl.run("tenant", "delete", "example.test", "--yes")
    assert "example.test" not in ctl.run("tenant", "list").stdout


def doctor(installation, home, check=False):
    done = subprocess.run([program("conclavectl"), "--home", str(home), "doctor", "--state",
                           str(installation.state)], capture_output=True, text=True, timeout=60,
                          input="", check=check)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.short
def test_doctor_is_content_with_a_healthy_server(server, tmp_path):
    code, said = doctor(server, tmp_path / "home")
    assert code == 0, said


@pytest.mark.short
def test_doctor_says_what_is_broken_and_how_to_mend_it(fresh, tmp_path):
    installation = fresh()
    World(installation).person("ada")
    installation.stop()
    code, said = doctor(installation, tmp_path / "home")
    assert code != 0 and "launcher" in said, said
    pin = installation.state / "token" / "pin"
    pin.chmod(0o644)
    code, said = doctor(installation, tmp_path / "home")
    assert code != 0 and "pin" in said.lower(), said
    pin.chmod(0o600)
    away = installation.state / "token" / "gone"
    (installation.state / "token" / "objects").rename(away)
    code, said = doctor(installation, tmp_path / "home")
    assert code != 0 and "token" in said.lower(), said
    away.rename(installation.state / "token" / "objects")
    with open(installation.config_file, "a", encoding="utf-8") as config:
        config.write("\n[nonsense]\nx = 1\n")
    code, said = doctor(installation, tmp_path / "home")
    assert code != 0 and "nonsense" in said, said


@pytest.mark.short
def test_the_first_admin_of_a_production_server_sets_a_second_factor_up(bare, tmp_path):
    installation = bare({"policy.default": "standard"})
    installation.init()
    installation.start()
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    ctl = Ctl(installation, tmp_path / "admin", password)
    first = ctl.run("setup", "--state", str(installation.state), "--password-file", str(password),
                    as_json=False)
    assert "conclavectl factor add" in first.stderr and "factor.unusable" in first.stderr
    refused = ctl.run("tenant", "list", as_json=False, check=False)
    assert refused.returncode == 1
    assert "session.restricted" in refused.stderr and "factor.unusable" in refused.stderr
    assert ctl.json("factor", "list") == {"factors": []}
    begun = ctl.json("factor", "add", "Phone", "--password-file", str(password))
    application = Application(begun["secret"])
    ctl.run("factor", "confirm", begun["factor"], application.code())
    # From now on the role asks for it: a program without a terminal is told what to give.
    asked = ctl.run("tenant", "list", as_json=False, check=False)
    assert asked.returncode == 2 and "--code CODE" in asked.stderr
    wrong = ctl.run("--code", application.wrong(), "tenant", "list", as_json=False, check=False)
    assert wrong.returncode == 1 and "factor.wrong" in wrong.stderr
    ctl.run("--code", application.code(), "tenant", "create", "example.test")
    # Shown once on this device, it is remembered there.
    assert "example.test" in ctl.run("tenant", "list").stdout
    # Another device of the same admin gets in with a recovery code.
    codes = ctl.json("factor", "codes", "--password-file", str(password))["codes"]
    other = Ctl(installation, tmp_path / "other", password)
    other.run("--code", codes[0], "sign-in", "admin@provider.local", "--state",
              str(installation.state), "--password-file", str(password))
    assert "example.test" in other.run("tenant", "list").stdout
