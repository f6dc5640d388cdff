"""Clients that come through a load balancer which speaks the PROXY protocol, version 2."""

import socket
import struct

from .channel import TlsChannel

BALANCER = "127.0.0.2"
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"


def header(address):
    """A PROXY protocol header, version 2, for a client at `address`."""
    body = socket.inet_aton(address) + socket.inet_aton("127.0.0.1")
    body += struct.pack("!HH", 50000, 443)
    return SIGNATURE + b"\x21\x11" + struct.pack("!H", len(body)) + body


class FromAddress(TlsChannel):
    """TLS from an address of our own, with bytes before the handshake."""

    def __init__(self, installation, source, first=b"", certificate=None):
        self._source, self._port, self._first = source, installation.ports["https"], first
        super().__init__("127.0.0.1", self._port, installation.authority,
                         certificate=certificate)

    def _secure(self, host):
        self.socket.close()
        self.socket = socket.create_connection((host, self._port), timeout=10,
                                               source_address=(self._source, 0))
        self.socket.sendall(self._first)
        super()._secure(host)
