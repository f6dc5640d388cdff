"""I-05: a password that somebody uses in two tenants is noticed, and told to them alone; not where
it is used as well."""

import sqlite3

import pytest

from conclave_test import PASSWORD
from conclave_test.fixtures import ALPHA, BETA

FIRST = "a password of its own"
SECOND = "another one altogether"


@pytest.fixture
def pair(world):
    """One person's accounts in two tenants, linked by the person."""
    here, there = world.person("ada", ALPHA).device(), world.person("ada", BETA).device()
    code = here.call("account.link_code", password=PASSWORD)["code"]
    assert there.call("account.link", code=code, password=PASSWORD) == {"reused": True}
    return here, there


@pytest.mark.short
def test_i05_reuse_across_linked_accounts_is_told_to_the_owner_without_saying_where(pair):
    here, there = pair
    assert here.call("user.set_password", old=PASSWORD, new=FIRST) == {}
    told = there.call("user.set_password", old=PASSWORD, new=FIRST)
    assert told == {"warnings": ["password.reused"]}
    assert there.call("user.set_password", old=FIRST, new=SECOND) == {}


def test_i05_strangers_with_the_same_password_are_told_nothing(world):
    here, there = world.person("ada", ALPHA).device(), world.person("bob", BETA).device()
    assert here.call("user.set_password", old=PASSWORD, new=FIRST) == {}
    assert there.call("user.set_password", old=PASSWORD, new=FIRST) == {}


def test_i05_accounts_are_linked_by_their_person_alone(world):
    here, there = world.person("ada", ALPHA).device(), world.person("ada", BETA).device()
    beside = world.person("eve", ALPHA).device()
    assert here.refused("account.link_code", password="not this one").reason == "password.wrong"
    code = here.call("account.link_code", password=PASSWORD)["code"]
    assert beside.refused("account.link", code=code,
                          password=PASSWORD).reason == "account.link_same"
    assert there.refused("account.link", code=code,
                         password="not this one").reason == "password.wrong"
    assert there.refused("account.link", code="0000-0000-0000",
                         password=PASSWORD).reason == "account.link_refused"
    there.call("account.link", code=code, password=PASSWORD)
    assert there.refused("account.link", code=code,
                         password=PASSWORD).reason == "account.link_refused", "one use"
    there.call("account.unlink")
    assert here.call("user.set_password", old=PASSWORD, new=FIRST) == {}
    assert there.call("user.set_password", old=PASSWORD, new=FIRST) == {}


def test_i05_an_admin_who_sets_a_password_learns_nothing(server, pair):
    here, there = pair
    here.call("user.set_password", old=PASSWORD, new=FIRST)
    answer = server.admin_api.patch(f"/tenants/{BETA}/users/{there.device.user}",
                                    {"password": FIRST})
    assert "warnings" not in answer and "reuse" not in str(answer)


def test_i05_the_digest_is_made_in_the_token_and_outlives_a_restart(fresh):
    from conclave_test.fixtures import World
    installation = fresh()
    world = World(installation)
    here, there = world.person("ada", ALPHA).device(), world.person("ada", BETA).device()
    code = here.call("account.link_code", password=PASSWORD)["code"]
    there.call("account.link", code=code, password=PASSWORD)
    here.call("user.set_password", old=PASSWORD, new=FIRST)
    devices = here.device, there.device
    calls = installation.admin_api.get("/keys")["counters"]
    assert calls["reuse.mac"] == 3, "two for the link, one for the new password"
    world.close()
    installation.stop()
    with sqlite3.connect(installation.state / "content" / "content.db") as db:
        people = db.execute("SELECT content FROM record WHERE kind=15").fetchall()
    assert len(people) == 2
    assert people[0][0][-44:] != people[1][0][-44:], "the passwords differ, and so do the digests"
    installation.start()
    again = installation.signed_in(devices[1])
    told = again.call("user.set_password", old=PASSWORD, new=FIRST)
    assert told == {"warnings": ["password.reused"]}
    again.close()
