"""The program `conclave` against a real server: two people on two devices each, in pipes."""

import json
import subprocess

import pytest

from conclave_test import PASSWORD, program, wait_until


class Terminal:
    """One device of one person, as a home folder of the terminal client."""

    def __init__(self, server, home, account, device="default"):
        self.server, self.home, self.account, self.device = server, home, account, device

    def run(self, *arguments, text=None, check=True, as_json=True):
        options = ["--json"] if as_json else []
        done = subprocess.run([program("conclave"), "--home", str(self.home), "--device",
                               self.device,
                               *options, *arguments], input=text, capture_output=True, text=True,
                              timeout=60, check=False)
        if check:
            assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done

    def lines(self, *arguments):
        return [json.loads(line) for line in self.run(*arguments).stdout.splitlines()]

    def sign_in(self, password=PASSWORD, check=True, server=None, ca=None):
        server = server or f"wss://127.0.0.1:{self.server.ports['https']}"
        return self.run("sign-in", self.account, "--server", server, "--ca",
                        str(ca or self.server.authority), "--name", self.device,
                        text=password + "\n", check=check)


class Chat:
    """`conclave chat` in a pipe."""

    def __init__(self, terminal, room):
        self.process = subprocess.Popen(
            [program("conclave"), "--home", str(terminal.home), "--device", terminal.device,
             "--json",
             "chat", room], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, bufsize=1)
        self.seen = []

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait(self, match):
        """Reads lines until one fits."""
        for line in self.process.stdout:
            item = json.loads(line)
            self.seen.append(item)
            if match(item):
                return item
        raise AssertionError(f"the chat ended: {self.process.stderr.read()} {self.seen[-5:]}")

    def wait_text(self, text):
        return self.wait(lambda i: i["type"] == "entry" and i["entry"]["body"].get("text") == text)

    def end(self):
        self.process.stdin.close()
        self.process.stdout.read()
        assert self.process.wait(20) == 0, self.process.stderr.read()


@pytest.fixture
def home(server, world, tmp_path):
    def make(party, device="default"):
        return Terminal(server, tmp_path / party.person.name, party.account, device)
    return make


def test_two_people_on_two_devices_each_talk_and_one_comes_back(server, world, home):
    ada, bob = world.people("ada", "bob")
    a1, a2 = home(ada, "laptop"), home(ada, "phone")
    b1, b2 = home(bob, "laptop"), home(bob, "phone")
    for terminal in (a1, a2, b1, b2):
        terminal.sign_in()
    room = json.loads(a1.run("create", "Plans", "--invite", bob.account).stdout)["room"]
    b1.run("accept", room)
    a2.run("sync")
    chat_a, chat_b1, chat_b2 = Chat(a1, room), Chat(b1, "Plans"), Chat(b2, room)
    for chat in (chat_a, chat_b1, chat_b2):
        chat.wait(lambda i: i["type"] == "entry")
    chat_a.say("Good morning")
    for chat in (chat_a, chat_b1, chat_b2):
        chat.wait_text("Good morning")
    chat_b1.say("/react 👍")
    chat_a.wait(lambda i: i["type"] == "entry" and i["entry"]["kind"] == "reaction")
    chat_a.say("/edit Good evening")
    chat_b2.wait(lambda i: i["type"] == "entry" and i["entry"]["kind"] == "edit")
    chat_a.wait(lambda i: i["type"] == "event" and i["method"] == "receipt.changed"
                and i["params"]["user"] == bob.user)
    for chat in (chat_a, chat_b1, chat_b2):
        chat.end()
    missed = a2.lines("sync")
    texts = [i["entry"]["body"].get("text") for i in missed if i["entry"]["kind"] == "message"]
    assert texts == ["Good evening"] or texts == ["Good morning"]
    assert a2.lines("sync") == []
    history = a2.lines("history", "Plans")
    message = next(e for e in history if e["kind"] == "message")
    assert (message["body"]["text"], message["reactions"][0]["emoji"]) == ("Good evening", "👍")


def test_what_was_changed_while_a_device_was_away_is_seen_after_its_return(server, world, home):
    """The changes are of messages that the device has, and lie too far back for the short tail of a
    catch-up: they come with what fills the gap."""
    ada, bob = world.people("ada", "bob")
    terminal = home(ada)
    terminal.sign_in()
    client = bob.device()
    room = client.call("room.direct", user=ada.user)["room"]
    edited, redacted, liked = (client.send(room, text)["seq"] for text in ("one", "two", "three"))
    terminal.run("sync")
    client.act("message.edit", room, target=edited, text="ONE")
    client.act("message.redact", room, target=redacted)
    client.act("message.react", room, target=liked, emoji="👍")
    for number in range(60):
        client.send(room, f"later {number}")
    missed = [line["entry"] for line in terminal.lines("sync")]
    seen = {entry["kind"]: entry for entry in missed}
    assert seen["edit"]["target"] == edited
    assert seen["edit"]["body"]["text"] == "ONE"
    assert seen["redaction"]["target"] == redacted
    assert seen["reaction"]["target"] == liked
    assert [entry["body"]["text"] for entry in missed if entry["kind"] == "message"] == [
        f"later {number}" for number in range(60)]
    assert [entry["seq"] for entry in missed] == sorted({entry["seq"] for entry in missed})


def test_sends_survive_a_restart_of_the_server_and_arrive_once(fresh, tmp_path):
    from conclave_test.fixtures import World
    installation = fresh()
    # Ports stay the same over the restart, as they do in a real installation.
    ports = installation.ports
    world = World(installation)
    ada = world.person("ada")
    terminal = Terminal(installation, tmp_path / "ada", ada.account)
    terminal.sign_in()
    room = json.loads(terminal.run("create", "Plans").stdout)["room"]
    installation.fix_ports(ports)
    installation.restart()
    chat = Chat(terminal, room)
    chat.wait(lambda i: i["type"] == "entry")
    for i in range(10):
        chat.say(f"before {i}")
    chat.wait(lambda i: i["type"] == "sent")
    installation.restart()
    for i in range(10):
        chat.say(f"after {i}")
    chat.wait_text("after 9")
    chat.end()
    texts = [e["body"]["text"] for e in terminal.lines("history", room, "--limit", "100")
             if e["kind"] == "message"]
    assert texts == [f"before {i}" for i in range(10)] + [f"after {i}" for i in range(10)]
    world.close()


def test_every_command_prints_tables_for_people_and_json_for_programs(server, world, home):
    ada, bob = world.people("ada", "bob")
    a = home(ada)
    a.sign_in()
    home(bob).sign_in()
    sent = a.run("send", bob.account, "hello Bob", as_json=False)
    assert json.loads(a.run("rooms").stdout.splitlines()[0])["peer"] == bob.user
    assert "MEMBERS" in a.run("rooms", as_json=False).stdout
    assert [e["body"]["text"] for e in home(bob).lines("history", ada.account)
            if e["kind"] == "message"] == ["hello Bob"]
    assert [str(e["seq"]) for e in home(bob).lines("history", ada.account)
            if e["kind"] == "message"] == sent.stdout.split()
    assert "this device" in a.run("devices", as_json=False).stdout
    assert a.lines("devices")[0]["current"] is True
    assert "PRESENCE" in a.run("presence", as_json=False).stdout
    assert "hello Bob" in a.run("history", bob.account, as_json=False).stdout


def said(done, reason):
    assert done.returncode != 0
    assert done.stdout == ""
    error = json.loads(done.stderr)["error"]
    assert error["reason"] == reason, error
    assert error["advice"]


def test_errors_name_a_reason_and_what_to_do(server, world, home, tmp_path):
    ada = world.person("ada")
    a = home(ada)
    said(a.run("rooms", check=False), "device.not_enrolled")
    said(a.sign_in(password="wrong password", check=False), "sign_in.refused")
    said(a.sign_in(password="", check=False), "password.missing")
    said(a.sign_in(server="ws://chat.example.org:80", check=False), "server.address")
    said(a.sign_in(server="wss://127.0.0.1:1", check=False), "server.unreachable")
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", str(tmp_path / "k"), "-out", str(other), "-subj", "/CN=x"],
                   check=True, capture_output=True, timeout=30)
    said(a.sign_in(ca=other, check=False), "server.untrusted")
    a.sign_in()
    said(a.sign_in(check=False), "device.enrolled")
    said(a.run("history", "No such room", check=False), "room.not_found")
    said(a.run("send", "nobody@alpha.test", "x", check=False), "user.not_found")
    said(a.run("history", "r_0000000000001", check=False), "room.not_found")
    said(a.run("accept", "r_0000000000001", check=False), "room.not_found")
    said(a.run("invite", "r_0000000000001", ada.account, check=False), "room.not_found")


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["rooms", "surplus"], ["send"], ["send", "room"], ["history"], ["chat"],
    ["create"],
    ["invite"], ["accept"], ["sign-in"], ["sign-in", "ada@alpha.test"], ["history", "x", "--limit",
                                                                         "0"],
    ["history", "x", "--limit", "many"], ["rooms", "--no-such-option"], ["--device", "../up",
                                                                         "rooms"],
    ["--device", "", "rooms"], ["sign-in", "a@b", "--server", "wss://h", "--ca", "/no/such/file"],
], ids=lambda a: " ".join(a) or "nothing")
def test_wrong_usage_is_told_and_does_nothing(tmp_path, arguments):
    done = subprocess.run([program("conclave"), "--home", str(tmp_path / "home"), *arguments],
                          input="", capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert len(done.stderr + done.stdout) > 10


def test_the_password_is_on_no_command_line(server, world, home):
    done = subprocess.run([program("conclave"), "sign-in", "--help"], capture_output=True,
                          text=True,
                          timeout=20, check=True)
    assert "password" not in done.stdout.replace("account's password", "").lower()


def test_one_program_at_a_time_uses_a_device(server, world, home):
    ada = world.person("ada")
    a = home(ada)
    a.sign_in()
    room = json.loads(a.run("create", "Plans").stdout)["room"]
    chat = Chat(a, room)
    chat.wait(lambda i: i["type"] == "entry")
    said(a.run("rooms", check=False), "home.busy")
    chat.end()


def test_a_removed_device_is_told_so(server, world, home):
    ada = world.person("ada")
    a = home(ada)
    a.sign_in()
    client = ada.device("other")
    device = next(d["device"] for d in client.call("device.list")["devices"] if not d["current"])
    client.call("device.remove", device=device)
    wait_until(lambda: a.run("rooms", check=False).returncode != 0, "the refusal")
    said(a.run("rooms", check=False), "sign_in.refused")


def test_texts_of_others_cannot_drive_the_terminal(server, world, home):
    ada, bob = world.people("ada", "bob")
    b = home(bob)
    b.sign_in()
    client = ada.device()
    client.call("user.set_profile", display_name="Ada \u202e\u009b31m")
    room = client.call("room.direct", user=bob.user)["room"]
    client.send(room, "tab\tand \u009b2Jclear")
    shown = b.run("history", ada.account, as_json=False).stdout
    assert "\x1b" not in shown and "\u009b" not in shown
    assert "clear" in shown
