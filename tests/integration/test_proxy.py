"""Behind a load balancer: the server sees clients' own addresses, and nobody can forge one."""

import socket
import struct

import pytest

from conclave_test import Client, Closed, Device, PASSWORD, Refused
from conclave_test.channel import TlsChannel

BALANCER = "127.0.0.2"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def header(address):
    """A PROXY protocol header, version 2, for a client at `address`."""
    body = socket.inet_aton(address) + socket.inet_aton("127.0.0.1")
    body += struct.pack("!HH", 50000, 443)
    return SIGNATURE + b"\x21\x11" + struct.pack("!H", len(body)) + body


class FromAddress(TlsChannel):
    """TLS from an address of our own, with bytes before the handshake."""

    def __init__(self, installation, source, first=b""):
        self._source, self._port, self._first = source, installation.ports["https"], first
        super().__init__("127.0.0.1", self._port, installation.authority)

    def _secure(self, host):
        self.socket.close()
        self.socket = socket.create_connection((host, self._port), timeout=10,
                                               source_address=(self._source, 0))
        self.socket.sendall(self._first)
        super()._secure(host)


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
