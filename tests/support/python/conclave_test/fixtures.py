"""Fixtures of the integration and conformance tests.

`server` is one installation for the whole run with two tenants; tests make people of their own in
it, so they do not see each other. Tests that break something make an installation of their own with
`fresh`.
"""

import itertools
import shutil

import pytest

from .api import ApiError
from .device import Device
from .installation import PASSWORD, Installation, Person, prepared
from .processes import wait_until

ALPHA = "alpha.test"
BETA = "beta.test"
_numbers = itertools.count(1)
_shared = []  # the `server` of the run


class Party:
    """A person with clients, one for each device that a test asked for."""

    def __init__(self, installation, person):
        self.installation = installation
        self.person = person
        self.user = person.user
        self.account = person.account
        self.clients = []

    def device(self, name="laptop", algorithm="ES256", binding="loopback"):
        """A new device of this person, signed in."""
        device = Device(self.account, self.person.password, name, algorithm)
        client = self.installation.signed_in(device, binding)
        self.clients.append(client)
        return client

    def close(self):
        for client in self.clients:
            client.close()


class World:
    """What one test made in an installation; everything is closed at its end."""

    def __init__(self, installation):
        self.installation = installation
        self.parties = []

    def person(self, name="ada", domain=ALPHA, roles=("member",), **more):
        made = self.installation.admin_api.create_user(
            domain, f"{name}{next(_numbers)}", PASSWORD, roles=roles,
            display_name=name.capitalize(),
            **more)
        party = Party(self.installation, made)
        self.parties.append(party)
        return party

    def people(self, *names, domain=ALPHA):
        return [self.person(name, domain) for name in names]

    def room(self, owner, *others, **params):
        """A room with everybody in it: its id. `owner` and `others` are clients."""
        invited = sorted({other.device.user for other in others})
        made = owner.call("room.create", dict({"name": "Plans", "invite": invited}, **params))
        joined = set()
        for other in others:
            if other.device.user not in joined:
                other.call("room.accept", room=made["room"])
                joined.add(other.device.user)
        return made["room"]

    def close(self):
        for party in self.parties:
            party.close()


def prepare(config=None, **options):
    """An installation with both tenants and an admin that stays signed in."""
    made = prepared(config, **options)
    try:
        return furnish(made)
    except BaseException:
        made.remove()
        raise


def furnish(made):
    """Both tenants, in an installation that has its first admin."""
    made.admin_api = made.admin
    for domain in (ALPHA, BETA):
        wait_until(lambda wanted=domain: _has_tenant(made.admin_api, wanted), f"tenant {domain}")
    return made


def _has_tenant(api, domain):
    """Makes it; False when the token is too busy, as it may be on a loaded machine."""
    try:
        return api.create_tenant(domain)
    except ApiError as error:
        if error.status != 503:
            raise
        return False


@pytest.fixture(scope="session")
def server(request):
    made = prepare()
    before = request.session.testsfailed
    _shared.append(made)
    yield made
    _shared.remove(made)
    code = made.stop()
    ends = [str(end) for end in made.ends.unexpected()]
    if request.session.testsfailed > before:
        print(made.said())
    shutil.rmtree(made.folder, ignore_errors=True)
    assert code == 0, f"the launcher ended with {code} at SIGTERM"
    assert not ends, ends


@pytest.fixture(autouse=True)
def no_silent_crash():
    """A process of the shared server that crashed and was started again fails the test that ran
    then."""
    yield
    for installation in _shared:
        ends = [str(end) for end in installation.ends.unexpected()]
        installation.ends.forgive()
        assert not ends, ends


@pytest.fixture
def world(server):
    made = World(server)
    yield made
    made.close()


@pytest.fixture
def fresh(request):
    """Makes installations that only this test uses: fresh(config, **options)."""
    made = []

    def make(config=None, **options):
        installation = prepare(config, **options)
        made.append(installation)
        return installation

    yield make
    failed = getattr(request.node, "failed_call", False)
    for installation in made:
        installation.kill()
        if failed:
            print(installation.said())
    _finish(made)


@pytest.fixture
def bare():
    """An installation that is neither initialised nor started; removed at the end."""
    made = []

    def make(config=None, **options):
        installation = Installation(config, **options)
        made.append(installation)
        return installation

    yield make
    for installation in made:
        installation.kill()
    _finish(made)


def _finish(made):
    """Removes all, then fails when a process of one of them ended as no test expected."""
    problems = []
    for installation in made:
        try:
            installation.check_ends()
        except AssertionError as problem:
            problems.append(str(problem))
        installation.remove()
    assert not problems, "\n".join(problems)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.failed_call = outcome.get_result().failed


def pytest_configure(config):
    config.addinivalue_line("markers", "short: belongs to the sanitizer lanes")


__all__ = ["ALPHA", "BETA", "Party", "Person", "World", "bare", "fresh", "furnish",
           "no_silent_crash", "prepare",
           "pytest_configure", "pytest_runtest_makereport", "server", "wait_until", "world"]
