"""Device keys and what they sign (keys contract K4)."""

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def transcript(*fields):
    """SHA-256 over the fields, each with its u32 big-endian length."""
    digest = hashlib.sha256()
    for field in fields:
        data = field.encode() if isinstance(field, str) else field
        digest.update(struct.pack(">I", len(data)) + data)
    return digest.digest()


class DeviceKey:
    """ES256 or Ed25519."""

    def __init__(self, algorithm="ES256"):
        self.algorithm = algorithm
        if algorithm == "ES256":
            self._key = ec.generate_private_key(ec.SECP256R1())
            self.point = self._key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        else:
            self._key = ed25519.Ed25519PrivateKey.generate()
            self.point = self._key.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    @classmethod
    def from_pem(cls, pem):
        """An ES256 key as the C++ client keeps it (PKCS#8)."""
        made = cls()
        made._key = serialization.load_pem_private_key(pem.encode(), None)
        made.point = made._key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        return made

    @property
    def public_key(self):
        return self._key.public_key()

    def sign(self, message):
        if self.algorithm == "Ed25519":
            return self._key.sign(message)
        r, s = utils.decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Device:
    """A person's terminal: account, key and, after enrolment, the device's id. It outlives its
    connections."""

    def __init__(self, account, password=None, name="test device", algorithm="ES256",
                 platform="linux"):
        self.account = account
        self.password = password
        self.name = name
        self.platform = platform
        self.key = DeviceKey(algorithm)
        self.device = ""
        self.user = ""
        self.tenant = ""
        self.roles = []
        self.client_id = 0
        self.hardware_id = None  # digests of 32 bytes, of a device that can become primary
        self.service_id = None
        self.attestation = None  # certificates, DER

    @property
    def domain(self):
        return self.account.rpartition("@")[2]

    def next_client_id(self):
        self.client_id += 1
        return self.client_id

    def _claim(self, purpose, nonce_s, binding_type, binding_value, device):
        nonce_c = os.urandom(32)
        message = transcript("conclave/auth/1", purpose, self.domain, "", self.account, device,
                             self.key.algorithm, self.key.point, nonce_s, nonce_c, binding_type,
                             binding_value)
        return {"account": self.account, "nonce": b64(nonce_c), "binding": {"type": binding_type},
                "signature": b64(self.key.sign(message))}

    def claim(self, purpose, nonce_s, binding_type, binding_value):
        """What this enrolled device proves its key with, for another purpose than sign-in."""
        return self._claim(purpose, nonce_s, binding_type, binding_value, self.device)

    def enrol_params(self, nonce_s, binding_type, binding_value, password=None):
        params = self._claim("enrol", nonce_s, binding_type, binding_value, "")
        params["password"] = self.password if password is None else password
        params["device"] = {"name": self.name, "platform": self.platform,
                            "algorithm": self.key.algorithm, "key": b64(self.key.point)}
        for name in ("hardware_id", "service_id"):
            if getattr(self, name) is not None:
                params["device"][name] = b64(getattr(self, name))
        if self.attestation is not None:
            params["device"]["attestation"] = [b64(one) for one in self.attestation]
        return params

    def prove_params(self, nonce_s, binding_type, binding_value):
        params = self._claim("prove", nonce_s, binding_type, binding_value, self.device)
        params["device"] = self.device
        return params

    def signed_in(self, result):
        for name in ("device", "user", "tenant", "roles"):
            setattr(self, name, result.get(name, getattr(self, name)))

    def http_proof(self, method, target, body, token, time_ms=None, nonce=None):
        """Value of the Conclave-Proof header."""
        import time
        time_ms = int(time.time() * 1000) if time_ms is None else time_ms
        nonce = os.urandom(16) if nonce is None else nonce
        message = transcript("conclave/http/1", method, target, hashlib.sha256(body).digest(),
                             hashlib.sha256(token.encode()).digest(), str(time_ms), nonce)
        return f"v1 {time_ms} {b64(nonce)} {b64(self.key.sign(message))}"
