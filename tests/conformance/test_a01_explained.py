"""A-01, A-04: what would be decided about somebody is explained before it happens, with every
reason and advice, by the command that an admin has at hand."""

import pytest

from conclave_test import PASSWORD, Device
from conclave_test.ctl import Ctl
from conclave_test.fixtures import ALPHA, World
from conclave_test.located import BHUTAN, EXIT, LONDON, installation, set_policy, sign_in


@pytest.fixture
def located(fresh, tmp_path):
    return installation(fresh, tmp_path / "location")


@pytest.fixture
def phone(located):
    """Ann's phone, which she used in London twice."""
    device = Device(World(located).person("ann").account, PASSWORD, name="phone")
    for _ in range(2):
        client, refused = sign_in(located, device, LONDON)
        assert client is not None, refused
        client.close()
    return device


@pytest.fixture
def explain(located, tmp_path):
    """`policy explain` of the provider's admin, whom the tenant's rules do not touch: the text, and
    the same as JSON."""
    admin = Ctl(located, tmp_path / "admin", "admin@provider.local", "--tenant", ALPHA)

    def ask(*arguments):
        return admin.run("policy", "explain", *arguments).stdout, admin.json(
            "policy", "explain", *arguments)
    return ask


def codes(said):
    return {reason["code"] for reason in said["reasons"] if reason["effect"] != "allow"}


def findings(said):
    return {r["subject"] for r in said["reasons"] if r["code"] == "location.finding"}


def test_a01_a_stolen_credential_from_another_continent_is_explained(located, phone, explain):
    set_policy(located, ALPHA, 'base = "standard"\n[factors]\nroles_always = []\n')
    text, said = explain("--user", phone.account, "--ip", BHUTAN)
    assert {"impossible_travel", "unfamiliar_device", "new_country"} <= findings(said), said
    assert said["score"] >= 60, said
    # Suspicious enough for a second factor, of which Ann has none: next to nothing is left to do.
    assert said["outcome"] == "restrict" and "factor.unusable" in codes(said), said
    assert all(reason["advice"] for reason in said["reasons"])
    assert "outcome: restrict" in text and "impossible_travel" in text and "km" in text
    _, same = explain("--user", phone.account, "--device", phone.device, "--ip", LONDON)
    assert same["outcome"] == "allow", same
    client, refused = sign_in(located, phone, LONDON)
    assert client is not None, f"asking changed something: {refused}"
    client.close()


def test_a04_a_relay_in_front_of_the_mandated_vpn_is_explained(located, phone, explain):
    """Ann comes out of her tenant's VPN, but what reaches the VPN is not her own machine: TCP ends
    near, her program answers from far, and packets are as small as a tunnel makes them."""
    set_policy(located, ALPHA, 'base = "standard"\n[factors]\nroles_always = []\n[network]\n'
                               f'mandatory_vpn = true\negress = ["{LONDON}/32"]\n'
                               'relay = "refuse"\n')
    place = ("--user", phone.account, "--device", phone.device, "--ip", LONDON)
    _, plain = explain(*place, "--tcp-round-trip-ms", "9", "--round-trip-ms", "12")
    assert plain["outcome"] == "allow", plain
    text, said = explain(*place, "--tcp-round-trip-ms", "9", "--round-trip-ms", "190")
    assert said["outcome"] == "refuse", said
    assert "network.relay" in codes(said), said
    assert "network.relay(split_round_trip)" in text
    _, instead = explain("--user", phone.account, "--device", phone.device, "--ip", EXIT)
    assert instead["outcome"] == "refuse" and "network.vpn_missing" in codes(instead), instead
