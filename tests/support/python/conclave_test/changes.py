"""Changes of policies: the exact bytes of a proposal, signing them, and setting policies. Written
from docs/protocol.md; nothing of the server is used."""

import hashlib
import json
import struct
from dataclasses import dataclass, replace

from .device import b64, transcript, unb64
from .orders import id_text, id_value

PARTIES = ("provider", "tenant", "users")
EFFECTS = ("tightening", "weakening", "moving trust")


@dataclass
class Proposal:
    kind: str
    change: str
    tenant: str
    old_version: int
    old_digest: bytes
    new_digest: bytes
    effect: int
    parties: int
    persons: int
    users: int
    by_tenant: str
    by: str
    nonce: bytes
    proposed_ms: int
    expires_ms: int

    def encode(self):
        return (b"CVC1" + struct.pack(">I", len(self.kind)) + self.kind.encode()
                + struct.pack(">QQQ", id_value(self.change), id_value(self.tenant),
                              self.old_version)
                + self.old_digest + self.new_digest
                + struct.pack(">BBBHQQ", self.effect, self.parties, self.persons, self.users,
                              id_value(self.by_tenant), id_value(self.by))
                + self.nonce + struct.pack(">qq", self.proposed_ms, self.expires_ms))

    @classmethod
    def parse(cls, data):
        assert data[:4] == b"CVC1", data[:4]
        (length,) = struct.unpack_from(">I", data, 4)
        kind, rest = data[8:8 + length].decode(), data[8 + length:]
        change, tenant, old = struct.unpack_from(">QQQ", rest)
        effect, parties, persons, users, by_tenant, by = struct.unpack_from(">BBBHQQ", rest, 88)
        proposed, expires = struct.unpack_from(">qq", rest, 141)
        out = cls(kind, id_text("c", change), id_text("t", tenant), old, rest[24:56], rest[56:88],
                  effect, parties, persons, users, id_text("t", by_tenant), id_text("u", by),
                  rest[109:141], proposed, expires)
        assert out.encode() == data
        return out

    def with_(self, **changes):
        return replace(self, **changes)

    @property
    def effects(self):
        return {name for bit, name in enumerate(EFFECTS) if self.effect >> bit & 1}

    @property
    def asked(self):
        return {name for bit, name in enumerate(PARTIES) if self.parties >> bit & 1}


def signature(device, document):
    """What the API takes: a Device's signature over a proposal's bytes."""
    return b64(device.key.sign(transcript("conclave/change/1", document)))


def proposal_of(change):
    """The proposal of a change that the API told of, held against the policies that it shows."""
    out = Proposal.parse(unb64(change["document"]))
    assert out.change == change["change"]
    assert out.new_digest == hashlib.sha256(change["policy"].encode()).digest()
    if "policy_in_force" in change:
        assert out.old_digest == hashlib.sha256(change["policy_in_force"].encode()).digest()
    return out


def sign(api, domain, change):
    """The API's answer to this admin's signature: the version in force, or what still waits."""
    shown = api.get(f"/tenants/{domain}/changes/{change}")
    proposal_of(shown)
    return api.post(f"/tenants/{domain}/changes/{change}/signature",
                    {"signature": signature(api.device, unb64(shown["document"]))})


def newest(api, domain):
    return api.get(f"/tenants/{domain}/policy")["newest_version"]


def propose(api, domain, document, expected=None, **more):
    """The API's answer: a version in force, or a change that nobody has signed yet."""
    expected = newest(api, domain) if expected is None else expected
    return api.put(f"/tenants/{domain}/policy",
                   dict({"document": document, "expected_version": expected}, **more))


def set_policy(api, domain, document, expected=None, **more):
    """Sets a policy, and signs it where it has to be: in force where one signature is enough."""
    made = propose(api, domain, document, expected, **more)
    return sign(api, domain, made["change"]) if "state" in made else made


def trail(api):
    """All entries of the audit trail that this admin may read, their content read."""
    after, out = 0, []
    while True:
        page = api.get(f"/audit?limit=200&after={after}")["entries"]
        out += [json.loads(entry["content"]) for entry in page]
        if len(page) < 200:
            return out
        after = page[-1]["number"]


__all__ = ["Proposal", "newest", "proposal_of", "propose", "set_policy", "sign", "signature",
           "trail"]
