"""Sign-ins that a tenant's policy has a word in: setting the policy, step-up, approval."""

import hashlib
import itertools

from .changes import set_policy
from .client import Refused
from .device import Device, b64, transcript, unb64
from .installation import PASSWORD

_numbers = itertools.count(1)


class House:
    """A tenant of one test's own, with its policy and people."""

    def __init__(self, installation, policy=None):
        self.installation = installation
        self.api = installation.admin_api
        self.domain = f"house{next(_numbers)}.test"
        self.api.create_tenant(self.domain)
        self.clients = []
        if policy is not None:
            self.rule(policy)

    def rule(self, policy):
        set_policy(self.api, self.domain, policy)

    def person(self, name="ada", roles=("member",)):
        return self.api.create_user(self.domain, name, PASSWORD, roles=roles)

    def device(self, person, name="laptop", platform="linux", identified=False):
        """A device that has not signed in yet. `identified`: it can become a primary device."""
        device = Device(person.account, PASSWORD, name, platform=platform)
        if identified:
            own = f"{person.account} {name}"
            device.hardware_id = hashlib.sha256(own.encode()).digest()
            device.service_id = hashlib.sha256(b"service of " + name.encode()).digest()
        return device

    def sign_in(self, device):
        client = self.installation.signed_in(device)
        self.clients.append(client)
        return client

    def refused(self, device):
        """The error that this device's sign-in is answered with; its connection stays open."""
        client = self.installation.connect()
        self.clients.append(client)
        try:
            client.prove(device) if device.device else client.enrol(device)
        except Refused as refusal:
            return client, refusal
        raise AssertionError(f"{device.name} was let in")

    def close(self):
        for client in self.clients:
            client.close()


def data_of(refusal):
    """What an error says beside reason and advice."""
    return refusal.error["data"]


def reasons_of(refusal):
    """Those that stand in the way; what was noticed without a consequence is left out."""
    return [reason for reason in data_of(refusal)["reasons"] if reason["effect"] != "allow"]


def codes_of(refusal):
    return [reason["code"] for reason in reasons_of(refusal)]


def approval_message(request, tenant, decision):
    return transcript("conclave/approve/1", request["approval"], tenant, request["account"],
                      unb64(request["key"]), unb64(request["nonce"]), decision,
                      str(request["expires_ms"]))


def answer(client, decision="approve", number=None, secret=None):
    """The primary's person answers the request that waits."""
    (request,) = client.call("approval.list")["requests"]
    message = approval_message(request, client.device.tenant, decision)
    params = {"approval": request["approval"], "decision": decision,
              "signature": b64(client.device.key.sign(message))}
    if number is not None:
        params["number"] = number
    if secret is not None:
        params["secret"] = secret
    return client.call("approval.answer", params)


__all__ = ["House", "answer", "approval_message", "codes_of", "data_of", "reasons_of",
           "set_policy"]
