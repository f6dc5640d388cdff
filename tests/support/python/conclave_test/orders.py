"""Orders to devices: the canonical bytes, what is signed about them, and their checks. Written from
docs/protocol.md; nothing of the server is used."""

import hashlib
import struct
import time
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from .device import b64, transcript, unb64

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"


def id_value(text):
    """The number of an id ("d_…"): thirteen digits of Crockford's base 32."""
    value = 0
    for digit in text[2:]:
        value = value * 32 + _DIGITS.index(digit)
    return value


def id_text(prefix, value):
    digits = ""
    for _ in range(13):
        value, digit = divmod(value, 32)
        digits = _DIGITS[digit] + digits
    return f"{prefix}_{digits}"


def _run(data):
    return struct.pack(">I", len(data)) + data


@dataclass
class Document:
    kind: str
    order: str
    tenant: str
    user: str
    device: str
    device_key_digest: bytes
    nonce: bytes
    issued_ms: int
    expires_ms: int
    details: bytes = b""

    def encode(self):
        ids = (id_value(each) for each in (self.order, self.tenant, self.user, self.device))
        return (b"CVO1" + _run(self.kind.encode()) + struct.pack(">QQQQ", *ids)
                + self.device_key_digest + self.nonce
                + struct.pack(">qq", self.issued_ms, self.expires_ms) + _run(self.details))

    @classmethod
    def parse(cls, data):
        assert data[:4] == b"CVO1", data[:4]
        (length,) = struct.unpack_from(">I", data, 4)
        kind, rest = data[8:8 + length].decode(), data[8 + length:]
        order, tenant, user, device = struct.unpack_from(">QQQQ", rest)
        issued, expires, details = struct.unpack_from(">qqI", rest, 96)
        out = cls(kind, id_text("o", order), id_text("t", tenant), id_text("u", user),
                  id_text("d", device), rest[32:64], rest[64:96], issued, expires,
                  rest[116:116 + details])
        assert out.encode() == data
        return out


def statement(document):
    """What the owner's device or an admin's device signs."""
    return transcript("conclave/order/1", document)


def command_statement(document, authority):
    """What the token's `command` key signs."""
    return transcript("conclave/command/1", document, authority)


def sign_order(device, document_text):
    """The signature of a Device under the document that the server prepared."""
    return b64(device.key.sign(statement(unb64(document_text))))


def check_command(key_text, order):
    """True when a DeviceOrder is signed by the key of order.key."""
    key = serialization.load_der_public_key(unb64(key_text))
    raw = unb64(order["signature"])
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"),
                                     int.from_bytes(raw[32:], "big"))
    try:
        key.verify(der, command_statement(unb64(order["document"]), order["authority"]),
                   ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def receipt(device, order, stage, outcome, report="", time_ms=None, document=None):
    """Parameters of order.receipt, signed by the device's key. `order` is a DeviceOrder."""
    time_ms = int(time.time() * 1000) if time_ms is None else time_ms
    data = unb64(order["document"]) if document is None else document
    message = transcript("conclave/receipt/1", order["order"], hashlib.sha256(data).digest(),
                         stage, outcome, report, str(time_ms))
    return {"order": order["order"], "stage": stage, "outcome": outcome, "report": report,
            "time_ms": time_ms, "signature": b64(device.key.sign(message))}


def fetch_params(device, nonce_s, binding_type, binding_value):
    """Parameters of order.fetch."""
    params = device.claim("orders", nonce_s, binding_type, binding_value)
    params["device"] = device.device
    return params


def wipe(client, target):
    """An owner's device orders another one: the Order."""
    prepared = client.call("device.wipe", device=target)
    return client.call("order.submit", document=prepared["document"],
                       signature=sign_order(client.device, prepared["document"]))


def fetch(client, device):
    """The open orders of a device, on a connection that is not signed in."""
    kind, value = client.channel.binding
    return client.call("order.fetch", fetch_params(device, client.nonce, kind, value))["orders"]


def carry_out(client, device, order):
    """Both receipts; the state after the second."""
    client.call("order.receipt", receipt(device, order, "arrived", "accepted"))
    return client.call("order.receipt", receipt(device, order, "executed", "done", "all gone"))


__all__ = ["Document", "carry_out", "check_command", "command_statement", "fetch", "fetch_params",
           "id_text", "id_value", "receipt", "sign_order", "statement", "wipe"]
