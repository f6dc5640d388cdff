"""Peers that mean harm, against a real server: dripping bytes at every stage, never reading, huge,
deep and doubled JSON. Each is let go or answered, and whoever is signed in notices nothing."""

import json
import socket
import ssl
import struct
import threading
import time

import pytest

from conclave_test import Closed, schemas, slow_factor, wait_until
from conclave_test.fixtures import World

UPGRADE = (b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           b"Sec-WebSocket-Protocol: conclave.v1\r\n\r\n")
SCHEMAS = schemas()


@pytest.fixture(scope="module")
def impatient():
    """A server whose deadlines are short: (installation, a signed-in client, its room)."""
    from conclave_test.fixtures import prepare
    installation = prepare({
        "limits.handshake_ms": 1500, "limits.sign_in_ms": 2500, "limits.idle_ms": 3000,
        "limits.ping_after_ms": 1000, "limits.write_ms": 2000, "limits.send_queue_bytes": 65536,
        "limits.new_connections_per_address_per_s": 1000})
    world = World(installation)
    client = world.person("ada").device()
    yield installation, client, world.room(client)
    world.close()
    code = installation.stop()
    installation.check_ends()
    installation.remove()
    assert code == 0


def frame(payload, opcode=1, fin=True):
    head = bytes([(0x80 if fin else 0) | opcode])
    size = len(payload)
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0xFE]) + struct.pack(">H", size)
    else:
        head += bytes([0xFF]) + struct.pack(">Q", size)
    return head + b"\0\0\0\0" + payload  # masked with nothing


def drip(connection, head, byte, limit):
    """Sends `head`, then one byte every tenth of a second; seconds until the server lets go."""
    began = time.monotonic()
    connection.settimeout(0.1)
    try:
        connection.sendall(head)
        while time.monotonic() - began < limit:
            try:
                if connection.recv(65536) == b"":
                    return time.monotonic() - began
            except (TimeoutError, ssl.SSLWantReadError):
                connection.sendall(byte)
    except OSError:
        return time.monotonic() - began  # reset
    return None


STAGES = {
    "TLS handshake": ("https", b"\x16\x03\x01\x02\x00\x01", b"\x00"),
    "HTTP request line": ("ws", b"GET /", b"a"),
    "HTTP header": ("ws", b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"a"),
    "HTTP body": ("ws", b"POST /api/v1/setup HTTP/1.1\r\nHost: localhost\r\n"
                        b"Content-Length: 5000\r\n\r\n", b"a"),
    "chunked body": ("ws", b"POST /api/v1/setup HTTP/1.1\r\nHost: localhost\r\n"
                           b"Transfer-Encoding: chunked\r\n\r\n1000\r\n", b"a"),
    "WebSocket frame head": ("ws", UPGRADE + b"\x81", b""),
    "WebSocket frame": ("ws", UPGRADE + b"\x81\xfe\x20\x00\0\0\0\0", b" "),
    "half a message": ("ws", UPGRADE + frame(b"{", fin=False), frame(b" ", 0, False)),
    "pings instead of a sign-in": ("ws", UPGRADE, frame(b"", 9)),
}


@pytest.mark.parametrize("stage", STAGES)
def test_who_drips_bytes_is_let_go_and_the_others_do_not_notice(impatient, stage):
    installation, client, room = impatient
    port, head, byte = STAGES[stage]
    limit = 12 * slow_factor()
    outcomes = []

    def one():
        with socket.create_connection(("127.0.0.1", installation.ports[port])) as connection:
            outcomes.append(drip(connection, head, byte, limit))
    slow = [threading.Thread(target=one, daemon=True) for _ in range(10)]
    for thread in slow:
        thread.start()
    assert client.send(room, f"undisturbed by {stage}")["seq"]
    for thread in slow:
        thread.join(2 * limit)
    assert len(outcomes) == 10 and None not in outcomes, f"still open after {limit} s: {outcomes}"
    assert client.call("session.ping")["time_ms"]


def test_who_never_reads_is_cut_and_costs_the_others_nothing(impatient):
    """Asks for much, reads nothing, not even what TCP would carry: a small receive window."""
    installation, client, room = impatient
    for i in range(40):
        client.send(room, f"{i} " + "x" * 8000)
    from conclave_test.channel import Channel
    from conclave_test.client import Client
    channel = Channel("127.0.0.1", installation.ports["ws"])
    channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf = Client(channel)
    deaf.enrol(_second_device(client))
    deaf.pause_reading()
    open_before = installation.metric("conclave_wire_websockets")
    sent = 0
    try:
        while sent < 400:
            deaf.start("message.history", {"room": room, "limit": 200})
            sent += 1
    except (Closed, OSError):
        pass  # the server stopped reading, or closed: both protect it
    began = time.monotonic()
    assert client.send(room, "undisturbed")["seq"]
    assert time.monotonic() - began < 3 * slow_factor()
    # By the server's count: a byte sent to find out would be a sign of life.
    wait_until(lambda: installation.metric("conclave_wire_websockets") == open_before - 1,
               "its end", 20)
    deaf.drop()


def _second_device(client):
    from conclave_test import Device, PASSWORD
    return Device(client.device.account, PASSWORD, "deaf")


DEEP = [("arrays", "[" * 20000 + "]" * 20000), ("objects", '{"a":' * 10000 + "1" + "}" * 10000),
        ("open arrays", "[" * 60000), ("params", '{"jsonrpc":"2.0","id":1,"method":"session.ping",'
                                       '"params":' + '{"a":' * 40 + "{}" + "}" * 41),
        ("strings", '"' + "\\u0000" * 10000 + '"'), ("number", "9" * 60000),
        ("exponent", '{"jsonrpc":"2.0","id":1e400,"method":"session.ping","params":{}}'),
        ("many members", "{" + ",".join(f'"k{i}":0' for i in range(6000)) + "}"),
        ("same member", "{" + ",".join('"k":0' for _ in range(8000)) + "}"),
        ("lone surrogate", '{"jsonrpc":"2.0","id":"\\ud800","method":"session.ping","params":{}}'),
        ("escapes", '{"jsonrpc":"2.0","id":"' + "\\u0041" * 100 + '","method":"x","params":{}}')]


@pytest.mark.short
@pytest.mark.parametrize("text", [text for _, text in DEEP], ids=[name for name, _ in DEEP])
def test_deep_huge_and_doubled_json_is_refused_and_the_connection_serves_on(server, text):
    client = server.connect()
    client.send_text(text)
    wait_until(lambda: client._answers or client.closed, "an answer")
    answer = next(iter(client._answers.values()))
    SCHEMAS.check_error(answer["error"])
    assert answer["error"]["code"] in (-32700, -32600), answer
    assert client.call("session.ping")["time_ms"]
    client.close()


@pytest.mark.short
@pytest.mark.parametrize("method", sorted(SCHEMAS.methods))
def test_a_repeated_key_is_refused_in_every_method(server, world, method):
    """Two readers that take different ones of two values are how checks are walked around."""
    example = SCHEMAS.methods[method]["example"]["params"]
    before = SCHEMAS.methods[method]["sign_in"] == "before"
    client = server.connect() if before else shared_client(server)
    members = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in example.items()]
    for doubled in members or ['"surplus":1']:
        params = "{" + ",".join(members + [doubled] * (1 if members else 2)) + "}"
        request = f'{{"jsonrpc":"2.0","id":77,"method":"{method}","params":{params}}}'
        client.send_text(request)
        wait_until(lambda: client._answers or client.closed, "an answer")
        assert not client.closed, client.close_code
        _, answer = client._answers.popitem()
        assert answer.get("error", {}).get("code") == -32700, (method, doubled, answer)
    if before:
        client.close()


_kept = {}


def shared_client(server):
    """One signed-in device for all methods; a person for each would only cost time."""
    client = _kept.get(server.folder)
    if client is None or client.closed:
        client = _kept[server.folder] = World(server).person("eve").device()
    return client


def test_a_wrong_handshake_opens_nothing(server):
    """Compression, an unknown sub-protocol, an old version, a foreign path, a body, two keys."""
    lines = UPGRADE.decode().split("\r\n")[:-2]
    cases = {
        "unknown sub-protocol": [line.replace("conclave.v1", "chat") for line in lines],
        "no sub-protocol": [line for line in lines if "Protocol" not in line],
        "old version": [line.replace("13", "8") for line in lines],
        "no key": [line for line in lines if "Key" not in line],
        "short key": [line.replace("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=") for line in lines],
        "POST": [lines[0].replace("GET", "POST")] + lines[1:],
        "other path": [lines[0].replace("/ws", "/wsx")] + lines[1:],
        "no upgrade": [line for line in lines if not line.startswith("Upgrade")],
        "two hosts": lines + ["Host: other"],
        "HTTP/1.0": [lines[0].replace("1.1", "1.0")] + lines[1:],
    }
    for name, wrong in cases.items():
        with socket.create_connection(("127.0.0.1", server.ports["ws"]), timeout=10) as connection:
            connection.sendall("\r\n".join(wrong).encode() + b"\r\n\r\n")
            answer = connection.recv(4096)
            assert answer.startswith(b"HTTP/1."), (name, answer)
            assert 400 <= int(answer.split()[1]) < 500, (name, answer[:200])


def test_compression_is_offered_in_vain(server):
    offer = (b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, "
             b"x-webkit-deflate-frame\r\n\r\n")
    with socket.create_connection(("127.0.0.1", server.ports["ws"]), timeout=10) as connection:
        connection.sendall(UPGRADE[:-2] + offer)
        head = connection.recv(4096).split(b"\r\n\r\n")[0].lower()
        assert head.startswith(b"http/1.1 101") and b"extensions" not in head, head
