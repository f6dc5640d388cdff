"""A-04, T-03: relays by lists that change while serving, and answers by degree."""

import pytest

from conclave_test import PASSWORD, Device
from conclave_test.fixtures import World
from conclave_test.located import (DATA_CENTRE, LONDON, PROXY, TOR, installation, reasons, sign_in,
                                   subjects, under)
from conclave_test.processes import wait_until


@pytest.fixture
def located(fresh, tmp_path):
    return installation(fresh, tmp_path / "location")


@pytest.fixture
def laptop(located):
    device = Device(World(located).person("ann").account, PASSWORD, name="laptop")
    under(located, "standard")
    return device


def test_a04_a_tor_exit_is_refused_and_named(located, laptop):
    nobody, refused = sign_in(located, laptop, TOR)
    assert nobody is None and refused.reason == "sign_in.not_allowed"
    assert subjects(refused, "network.listed") == {"tor"}
    named = [each for each in refused.error["data"]["reasons"] if each["code"] == "network.listed"]
    assert named[0]["detail"] == "tor" and named[0]["advice"]
    client, refused = sign_in(located, laptop, LONDON)
    assert client is not None, refused
    client.close()


@pytest.mark.parametrize("address,kind", [(PROXY, "proxy"), (DATA_CENTRE, "hosting")])
def test_a04_a_proxy_or_a_data_centre_gets_no_further_without_a_factor(located, laptop, address,
                                                                        kind):
    client, refused = sign_in(located, laptop, address)
    no = refused if client is None else client.refused("room.list")
    assert no.reason in ("session.restricted", "sign_in.step_up")
    assert subjects(no, "network.listed") == {kind}
    if client is not None:
        client.close()


def test_a04_a_new_list_counts_while_serving(located, laptop):
    client, refused = sign_in(located, laptop, LONDON)
    assert client is not None, refused
    client.close()
    new = located.location / "tor.new"
    new.write_text(f"{LONDON}\n")
    new.rename(located.location / "tor.txt")

    def turned_away():
        let_in, no = sign_in(located, laptop, LONDON)
        if let_in is not None:
            let_in.close()
        return no is not None and "network.listed" in reasons(no)
    wait_until(turned_away, "the new list")


def test_t03_trusted_suspicious_and_malicious_are_told_apart(located, laptop):
    trusted, _ = sign_in(located, laptop, LONDON)
    assert trusted.call("room.list") is not None
    trusted.close()
    suspicious, refused = sign_in(located, laptop, PROXY)
    if suspicious is None:
        assert refused.reason == "sign_in.step_up"
    else:
        assert suspicious.refused("room.list").reason == "session.restricted"
        suspicious.close()
    nobody, refused = sign_in(located, laptop, TOR)
    assert nobody is None and refused.reason == "sign_in.not_allowed"
