"""T-01: a second factor at the door, and what a person without one may still do."""

import pytest

from conclave_test import PASSWORD
from conclave_test.admission import House, codes_of, data_of
from conclave_test.totp import Application

ALWAYS = 'base = "open"\n[factors]\ndemand = "always"\nremember_hours = 1\n'
BY_PASSWORD = {"password": PASSWORD}


@pytest.fixture
def house(server):
    made = House(server, 'base = "open"\n')
    yield made
    made.close()


def add_totp(client):
    begun = client.call("factor.enrol", kind="totp", label="Phone", proof=BY_PASSWORD)
    application = Application(begun["totp"]["secret"])
    client.call("factor.confirm", factor=begun["factor"], code=application.code())
    return application


@pytest.mark.short
def test_t01_a_new_device_needs_the_second_factor_and_is_remembered(house):
    ada = house.person()
    first = house.sign_in(house.device(ada, "first"))
    application = add_totp(first)
    house.rule(ALWAYS)
    newcomer = house.device(ada, "second")
    client, refusal = house.refused(newcomer)
    assert refusal.reason == "sign_in.step_up"
    data = data_of(refusal)
    assert data["step_ups"][0]["any_of"] == ["totp"]
    assert codes_of(refusal) == ["factor.needed"]
    wrong = client.refused("session.step_up", ticket=data["ticket"], factor="totp",
                           code=application.wrong())
    assert wrong.reason == "factor.wrong"
    result = client.call("session.step_up", ticket=data["ticket"], factor="totp",
                         code=application.code())
    newcomer.signed_in(result)
    assert client.call("user.me")["account"] == ada.account
    client.close()
    house.sign_in(newcomer)  # remembered on this device for an hour


def test_t01_a_ticket_is_good_once_and_for_nobody_elses_sign_in(house):
    ada = house.person()
    application = add_totp(house.sign_in(house.device(ada, "first")))
    house.rule(ALWAYS)
    client, refusal = house.refused(house.device(ada, "second"))
    ticket = data_of(refusal)["ticket"]
    client.call("session.step_up", ticket=ticket, factor="totp", code=application.code())
    other = house.installation.connect()
    house.clients.append(other)
    again = other.refused("session.step_up", ticket=ticket, factor="totp",
                          code=application.code())
    assert again.reason == "sign_in.ticket_unknown"


def test_t01_without_a_factor_only_the_account_can_be_set_right(house):
    house.rule(ALWAYS)
    ada = house.person()
    device = house.device(ada, "first")
    client = house.sign_in(device)
    assert "factor.enrol" in client.session["methods"]
    assert "factor.unusable" in [r["code"] for r in client.session["reasons"]]
    refusal = client.refused("room.list")
    assert refusal.reason == "session.restricted"
    assert codes_of(refusal) == ["factor.unusable"]
    application = add_totp(client)
    client.call("session.verify", factor="totp", code=application.code())
    assert client.wait_closed() == 4009
    back = house.sign_in(device)
    assert "methods" not in back.session
    back.call("room.list")


def test_t01_a_recovery_code_stands_in_for_the_primary_device_that_is_lost(house):
    ada = house.person()
    phone = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    codes = phone.call("factor.codes", proof=BY_PASSWORD)["codes"]
    phone.call("session.verify", factor="recovery_code", code=codes[1])
    phone.call("device.make_primary", device=phone.device.device)
    phone.close()
    house.rule('base = "open"\n[primary]\nrequired = true\n')
    newcomer = house.device(ada, "laptop")
    client, refusal = house.refused(newcomer)
    ticket = data_of(refusal)["ticket"]
    newcomer.signed_in(client.call("session.step_up", ticket=ticket, factor="recovery_code",
                                   code=codes[0]))
    client.close()
    house.sign_in(newcomer)
