"""Behind a load balancer: the server sees clients' own addresses, and nobody can forge one."""

import pytest

from conclave_test import Client, Closed, Device, PASSWORD, Refused
from conclave_test.proxied import BALANCER, FromAddress, header


@pytest.fixture
def behind(fresh):
    return fresh({"sign_in.failures_per_address_per_minute": 3,
                  "sign_in.failures_per_account_per_minute": 1000},
                 tls_listener=f'proxy_protocol_from = ["{BALANCER}"]\nproxy_strangers = true\n')


def through(installation, address):
    """A connection of the client `address` through the load balancer."""
    return Client(FromAddress(installation, BALANCER, header(address)))


def guess(client, number):
    """How long the server makes a wrong password wait, in milliseconds."""
    try:
        client.enrol(Device(f"nobody{number}@alpha.test", PASSWORD + "x"))
    except Refused as refused:
        return refused.retry_after_ms
    raise AssertionError("a wrong password was taken")


def test_the_throttle_counts_the_clients_behind_a_load_balancer(behind):
    waits = []
    for number in range(12):
        client = through(behind, "203.0.113.5")
        waits.append(guess(client, number))
        client.close()
    assert waits[0] == 0 and waits[-1] > 0, waits
    other = through(behind, "203.0.113.6")
    assert guess(other, 99) == 0, "another client of the same load balancer waits as well"
    other.close()


def test_a_header_from_anybody_else_is_no_header(behind):
    with pytest.raises((Closed, OSError)):
        Client(FromAddress(behind, "127.0.0.1", header("203.0.113.5")))


def test_a_load_balancer_that_sends_no_header_is_not_served(behind):
    with pytest.raises((Closed, OSError)):
        Client(FromAddress(behind, BALANCER))
    assert behind.get("/livez").status == 200
