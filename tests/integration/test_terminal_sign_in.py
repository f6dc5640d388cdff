"""The program `conclave` at a door that has rules: caps, the primary device's approval."""

import json
import re
import subprocess
import threading

import pytest

from conclave_test import PASSWORD, program
from conclave_test.admission import House
from conclave_test.totp import Application

CAPPED = 'base = "open"\n[devices]\ncap = 2\noverflow = "refuse"\n'
ALWAYS = 'base = "open"\n[factors]\ndemand = "always"\nremember_hours = 1\n'
PRIMARY = 'base = "open"\n[primary]\nrequired = true\n'


class Terminal:
    """One device of one person, as a home folder of the terminal client."""

    def __init__(self, server, home, account, device):
        self.server, self.home, self.account, self.device = server, home, account, device

    def command(self, *arguments):
        return [program("conclave"), "--home", str(self.home), "--device", self.device, *arguments]

    def run(self, *arguments, text=None):
        return subprocess.run(self.command(*arguments), input=text, capture_output=True, text=True,
                              timeout=90, check=False)

    def sign_in_arguments(self, *more):
        server = f"wss://127.0.0.1:{self.server.ports['https']}"
        return ["sign-in", self.account, "--server", server, "--ca", str(self.server.authority),
                "--name", self.device, *more]

    def sign_in(self, *more):
        return self.run(*self.sign_in_arguments(*more), text=PASSWORD + "\n")


class Online:
    """The terminal's device, connected for as long as a test needs it."""

    def __init__(self, terminal, room):
        self.process = subprocess.Popen(terminal.command("--json", "chat", room),
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.read()
        self.process.wait(20)


@pytest.fixture
def house(server):
    made = House(server)
    yield made
    made.close()


@pytest.fixture
def terminals(server, tmp_path):
    def make(person, device):
        return Terminal(server, tmp_path / person.name, person.account, device)
    return make


def test_the_third_device_of_a_user_capped_at_two_is_told_why_and_what_to_do(house, terminals):
    ada = house.person()
    laptop, phone, tablet = (terminals(ada, name) for name in ("laptop", "phone", "tablet"))
    assert laptop.sign_in().returncode == 0
    room = laptop.run("create", "Notes", "--open").stdout.split()[0]
    assert phone.sign_in().returncode == 0
    phone.run("accept", room)
    house.rule(CAPPED)
    online = [Online(laptop, room), Online(phone, room)]
    try:
        refused = tablet.sign_in()
        assert refused.returncode == 1
        assert "devices.cap_reached" in refused.stderr
        assert "sign_in.not_allowed" in refused.stderr
    finally:
        for one in online:
            one.close()


def test_a_new_device_is_approved_by_the_number_that_is_typed_on_the_primary(house, terminals):
    house.rule(PRIMARY)
    ada = house.person()
    primary, laptop = terminals(ada, "phone"), terminals(ada, "laptop")
    first = primary.sign_in("--hardware-id", "serial 1", "--service-id", "installation 1")
    assert first.returncode == 0, first.stderr
    newcomer = subprocess.Popen(laptop.command(*laptop.sign_in_arguments()), text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
    newcomer.stdin.write(PASSWORD + "\n")
    newcomer.stdin.flush()
    said = []
    number = None
    stop = threading.Timer(60, newcomer.kill)
    stop.start()
    for line in newcomer.stderr:
        said.append(line)
        if found := re.fullmatch(r"\s+(\d{4})\s*", line):
            number = found.group(1)
            break
    assert number is not None, said
    waiting = primary.run("approve")
    assert "laptop" in waiting.stderr
    approved = primary.run("approve", number)
    assert approved.returncode == 0, approved.stderr
    out, rest = newcomer.communicate(timeout=60)
    stop.cancel()
    assert newcomer.returncode == 0, (said, rest)
    assert "is signed in on this device" in out
    # From now on it comes back by its key.
    assert laptop.run("rooms").returncode == 0


def test_a_second_factor_is_set_up_and_asked_for_on_the_terminal(house, terminals):
    ada = house.person()
    laptop, phone = terminals(ada, "laptop"), terminals(ada, "phone")
    assert laptop.sign_in().returncode == 0
    adding = subprocess.Popen(laptop.command("--json", "factor", "add", "totp"), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    stop = threading.Timer(60, adding.kill)
    stop.start()
    adding.stdin.write(PASSWORD + "\n")
    adding.stdin.flush()
    begun = adding.stdout.readline()
    assert begun, adding.stderr.read()
    application = Application(json.loads(begun)["totp"]["secret"])
    out, rest = adding.communicate(application.code() + "\n", timeout=60)
    stop.cancel()
    assert adding.returncode == 0, rest
    assert json.loads(out)["kind"] == "totp"
    house.rule(ALWAYS)
    wrong = phone.run(*phone.sign_in_arguments(), text=f"{PASSWORD}\n{application.wrong()}\n")
    assert wrong.returncode == 1 and "factor.wrong" in wrong.stderr
    let_in = phone.run(*phone.sign_in_arguments(), text=f"{PASSWORD}\n{application.code()}\n")
    assert let_in.returncode == 0, let_in.stderr
    assert "is signed in on this device" in let_in.stdout
    assert phone.run("rooms").returncode == 0, "it is remembered on this device"
