"""The custodians' channel of the key process: frames on a Unix socket, signed orders."""

import hashlib
import json
import os
import socket
import struct
import time

from .device import DeviceKey, b64, transcript


class Custodians:
    """`needed` of `names`, with a key each."""

    def __init__(self, needed=2, names=("carla", "carl", "cora")):
        self.needed = needed
        self.keys = {name: DeviceKey() for name in names}

    def file_text(self):
        return json.dumps({"needed": self.needed, "approvers": [
            {"name": name, "algorithm": key.algorithm, "key": b64(key.point)}
            for name, key in self.keys.items()]})

    def order(self, operation, argument, installation, by, expiry_ms=None, nonce=None):
        """An order signed by the custodians named in `by`."""
        expiry_ms = int(time.time() * 1000) + 600_000 if expiry_ms is None else expiry_ms
        nonce = os.urandom(16) if nonce is None else nonce
        digest = transcript("conclave/ceremony/1", operation,
                            hashlib.sha256(argument.encode()).digest(), installation,
                            str(expiry_ms), nonce)
        return {"operation": operation, "argument": argument, "installation": installation,
                "expiry_ms": expiry_ms, "nonce": b64(nonce),
                "approvals": [{"approver": name, "signature": b64(self.keys[name].sign(digest))}
                              for name in by]}


def ask(path, request, timeout=10, tag=1):
    """(reply tag, payload) of one request; tag 0 is done, 1 is failed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(timeout)
        channel.connect(str(path))
        payload = request if isinstance(request, bytes) else json.dumps(request).encode()
        channel.sendall(struct.pack(">IBBQ", len(payload) + 10, 1, tag, 7) + payload)
        data = b""
        while True:
            part = channel.recv(65536)
            if not part:
                raise ConnectionError("the key process closed the channel")
            data += part
            while len(data) >= 4 and len(data) >= 4 + struct.unpack(">I", data[:4])[0]:
                size = 4 + struct.unpack(">I", data[:4])[0]
                frame, data = data[:size], data[size:]
                _, _, kind, number = struct.unpack(">IBBQ", frame[:14])
                if number == 7:
                    return kind, frame[14:]


def error_reason(payload):
    """The machine-readable reason in a failed reply."""
    size = struct.unpack(">I", payload[:4])[0]
    return payload[4:4 + size].decode()
