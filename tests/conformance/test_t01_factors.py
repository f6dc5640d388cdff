"""T-01: second factors, strong passwords, guessing that leads nowhere, uses on record."""

import json

import pytest

from conclave_test import PASSWORD, Device
from conclave_test.admission import House
from conclave_test.fixtures import ALPHA
from conclave_test.totp import Application

BY_PASSWORD = {"password": PASSWORD}


def add_totp(client):
    begun = client.call("factor.enrol", kind="totp", label="Phone", proof=BY_PASSWORD)
    application = Application(begun["totp"]["secret"])
    client.call("factor.confirm", factor=begun["factor"], code=application.code())
    return application, begun["factor"]


def trail(server, action, subject=None):
    """Entries of the audit trail with this action, opened by an admin."""
    found, after = [], 0
    while True:
        page = server.admin_api.get(f"/audit?after={after}&limit=200")["entries"]
        for entry in page:
            text = json.dumps(entry)
            if f'"{action}"' in text.replace("\\", "") and (subject is None or subject in text):
                found.append(entry)
        if len(page) < 200:  # reading is on record itself: there is always one more
            return found
        after = page[-1]["number"]


@pytest.mark.short
def test_t01_a_code_of_an_application_passes_once(world):
    client = world.person("ada").device()
    application, factor = add_totp(client)
    code = application.code()
    client.call("factor.codes", proof={"totp": code})
    assert client.refused("factor.remove", factor=factor,
                          proof={"totp": code}).reason == "factor.wrong"
    client.call("factor.remove", factor=factor, proof={"totp": application.code()})
    assert all(f["kind"] != "totp" for f in client.call("factor.list")["factors"])


def test_t01_guesses_at_a_second_factor_are_slowed_down_and_another_device_is_not(world):
    ada = world.person("ada")
    guesser, owner = ada.device("guesser"), ada.device("owner")
    application, factor = add_totp(owner)
    proof = {"totp": application.wrong()}
    reasons = [guesser.refused("factor.remove", factor=factor, proof=proof) for _ in range(40)]
    assert [r.reason for r in reasons[:5]] == ["factor.wrong"] * 5
    assert {r.reason for r in reasons[5:]} == {"factor.throttled"}
    assert reasons[-1].retry_after_ms > 0
    right = {"totp": application.code()}
    assert guesser.refused("factor.remove", factor=factor,
                           proof=right).reason == "factor.throttled", "right ones wait as well"
    owner.call("factor.remove", factor=factor, proof=right)


def test_t01_recovery_codes_work_once_each_and_a_new_set_replaces_the_old(world):
    client = world.person("ada").device()
    codes = client.call("factor.codes", proof=BY_PASSWORD)["codes"]
    assert len(set(codes)) == 10
    assert all(len(code.replace("-", "")) == 12 for code in codes), "60 bits"
    fresh = client.call("factor.codes", proof={"recovery_code": codes[0].upper()})["codes"]
    for old in codes[:3]:
        assert client.refused("factor.codes",
                              proof={"recovery_code": old}).reason == "factor.wrong"
    assert not set(codes) & set(fresh)
    left = client.call("factor.list")["factors"][0]
    assert (left["kind"], left["codes_left"]) == ("recovery_code", 10)


def test_t01_new_passwords_are_long_and_not_known_from_breaches(server):
    house = House(server, 'base = "standard"\n')
    ada = house.person()
    client = house.sign_in(house.device(ada, "laptop"))
    for password, reason in (("short", "password.weak"), ("qwertyuiop", "password.breached"),
                             ("Qwertyuiop", "password.breached"),
                             ("1234567890", "password.breached"),
                             (ada.account, "password.weak")):
        refused = client.refused("user.set_password", old=PASSWORD, new=password)
        assert refused.reason == reason, password
        assert refused.advice
    admin = server.admin_api.refused("PATCH", f"/tenants/{house.domain}/users/{ada.user}",
                                     {"password": "qwertyuiop"})
    assert admin.reason == "password.breached"
    made = server.admin_api.refused("POST", f"/tenants/{house.domain}/users",
                                    {"name": "newcomer", "password": "1234567890"})
    assert made.reason == "password.breached"
    assert client.call("user.set_password", old=PASSWORD, new="nobody else has this one") == {}
    house.close()


def test_t01_a_breached_password_of_old_holds_up_every_device_until_it_is_changed(server):
    house = House(server, 'base = "open"\n[password]\nbreached = "ignore"\n')
    ada = server.admin_api.create_user(house.domain, "ada", "qwertyuiop")
    laptop = Device(ada.account, "qwertyuiop", name="laptop")
    client = house.sign_in(laptop)
    assert client.call("room.list") is not None
    house.rule('base = "open"\n[password]\nbreached = "refuse"\n')
    assert client.wait_closed(20) == 4009, "the session is looked at again"
    client = house.sign_in(laptop)
    held = client.refused("room.list")
    assert held.reason == "session.restricted"
    assert held.error["data"]["reasons"][0]["code"] == "password.breached"
    client.call("user.set_password", old="qwertyuiop", new="nobody else has this one")
    assert client.wait_closed(20) == 4009
    assert house.sign_in(laptop).call("room.list") is not None
    house.close()


def test_t01_each_use_and_each_wrong_answer_is_on_record(server, world):
    ada = world.person("ada")
    client = ada.device()
    application, factor = add_totp(client)
    client.refused("factor.codes", proof={"totp": application.wrong()})
    client.call("factor.codes", proof={"totp": application.code()})
    client.call("factor.remove", factor=factor, proof=BY_PASSWORD)
    for action, subject in (("factor.enrolled", factor), ("factor.wrong", ada.user),
                            ("factor.passed", factor), ("factor.removed", factor)):
        assert trail(server, action, subject), action
