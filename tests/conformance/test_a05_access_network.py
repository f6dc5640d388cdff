"""A-05: through what kind of network a device comes is tracked; on GSM an SMS is no factor."""

import pytest

from conclave_test.admission import House, data_of
from conclave_test.totp import Application
from conclave_test import PASSWORD

KINDS = 'base = "open"\n[factors]\nkinds = ["totp", "sms"]\ndemand = "always"\nremember_hours = 0\n'


@pytest.fixture
def house(server):
    made = House(server, 'base = "open"\n')
    yield made
    made.close()


def prepared(house, access):
    """A device with a second factor that told through what it is connected."""
    ada = house.person()
    device = house.device(ada, "phone")
    client = house.sign_in(device)
    begun = client.call("factor.enrol", kind="totp", label="Phone", proof={"password": PASSWORD})
    application = Application(begun["totp"]["secret"])
    client.call("factor.confirm", factor=begun["factor"], code=application.code())
    client.call("location.report", access=access)
    (listed,) = client.call("device.list")["devices"]
    assert listed["access"] == access, "the network type is tracked and shown"
    return device, application


def by_sms(house, device):
    """The error that a code by SMS is answered with, and the connection with its ticket."""
    client, refusal = house.refused(device)
    assert refusal.reason == "sign_in.step_up"
    ticket = data_of(refusal)["ticket"]
    return client, ticket, client.refused("session.step_up", ticket=ticket, factor="sms",
                                          code="123456")


def test_a05_an_sms_is_no_factor_on_gsm_and_another_one_is(house):
    device, application = prepared(house, "gsm")
    house.rule(KINDS)
    client, ticket, refusal = by_sms(house, device)
    assert refusal.reason == "factor.sms_on_gsm"
    assert "another network" in refusal.advice
    client.call("session.step_up", ticket=ticket, factor="totp", code=application.code())
    assert client.call("user.me")["account"] == device.account


def test_a05_elsewhere_the_network_is_no_reason(house):
    device, _ = prepared(house, "wifi")
    house.rule(KINDS)
    _, _, refusal = by_sms(house, device)
    assert refusal.reason == "factor.unavailable", "no gateway sends SMS here"


def test_a05_a_tenant_switches_sms_off_altogether(house):
    device, _ = prepared(house, "wifi")
    house.rule(KINDS.replace(', "sms"', ""))
    _, refusal = house.refused(device)
    assert data_of(refusal)["step_ups"][0]["any_of"] == ["totp"]
