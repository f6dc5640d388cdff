"""A-03, A-04: the tenant's own VPN is demanded; other relays instead of it are refused."""

import pytest

from conclave_test import PASSWORD, Device
from conclave_test.fixtures import ALPHA, World
from conclave_test.located import (EXIT, LONDON, installation, reasons, set_policy, sign_in,
                                   subjects)


@pytest.fixture
def located(fresh, tmp_path):
    return installation(fresh, tmp_path / "location")


@pytest.fixture
def laptop(located):
    return Device(World(located).person("ann").account, PASSWORD, name="laptop")


def test_a03_only_the_tenants_egress_is_let_in(located, laptop):
    set_policy(located, ALPHA, 'base = "open"\n[network]\nmandatory_vpn = true\n'
                               f'egress = ["{LONDON}/32"]\n')
    client, refused = sign_in(located, laptop, LONDON)
    assert client is not None, refused
    client.close()
    nobody, refused = sign_in(located, laptop, "81.2.69.143")
    assert nobody is None and refused.reason == "sign_in.not_allowed"
    assert "network.vpn_missing" in reasons(refused)
    assert all(each["advice"] for each in refused.error["data"]["reasons"])


def test_a04_another_vpn_instead_of_the_mandated_one_is_refused_and_named(located, laptop):
    set_policy(located, ALPHA, 'base = "open"\n[network]\nmandatory_vpn = true\nvpn = "refuse"\n'
                               f'egress = ["{LONDON}/32"]\n')
    nobody, refused = sign_in(located, laptop, EXIT)
    assert nobody is None and "network.vpn_missing" in reasons(refused)
    assert subjects(refused, "network.listed") == {"vpn"}


def test_a04_the_tenants_own_list_comes_before_the_published_ones(located, laptop):
    set_policy(located, ALPHA, 'base = "open"\n[network]\nvpn = "refuse"\n')
    nobody, refused = sign_in(located, laptop, EXIT)
    assert nobody is None and subjects(refused, "network.listed") == {"vpn"}
    set_policy(located, ALPHA, f'base = "open"\n[network]\nvpn = "refuse"\n'
                               f'exempt = ["{EXIT}/32"]\n')
    client, refused = sign_in(located, laptop, EXIT)
    assert client is not None, refused
    client.close()
