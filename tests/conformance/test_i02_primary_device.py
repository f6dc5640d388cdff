"""I-02: from the first primary device on, newcomers get in only with its approval."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conclave_test import b64
from conclave_test.admission import House, answer, approval_message, codes_of, data_of
from conclave_test.api import Admin

PRIMARY = 'base = "open"\n[primary]\nrequired = true\nattempts = 1\nper_day = 3\n'


@pytest.fixture
def house(server):
    made = House(server, PRIMARY)
    yield made
    made.close()


def begin(house, newcomer):
    """The newcomer stands at the door: its connection and its ticket."""
    client, refusal = house.refused(newcomer)
    assert refusal.reason == "sign_in.step_up"
    data = data_of(refusal)
    assert data["step_ups"] == [{"any_of": ["primary"], "approval": "number_match"}]
    return client, data["ticket"]


def ask(client, ticket):
    refusal = client.refused("session.step_up", ticket=ticket, factor="primary")
    assert refusal.reason == "approval.pending"
    return data_of(refusal)


def finish(client, ticket, device):
    result = client.call("session.step_up", ticket=ticket, factor="primary")
    device.signed_in(result)
    client.device = device
    return result


@pytest.mark.short
def test_i02_a_new_device_gets_in_when_the_primary_types_its_number(house):
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    assert primary.call("device.list")["devices"][0]["primary"]
    newcomer = house.device(ada, "laptop")
    client, ticket = begin(house, newcomer)
    shown = ask(client, ticket)
    asked = primary.wait_event("approval.requested")
    assert asked["device_name"] == "laptop"
    assert "number" not in asked
    assert ask(client, ticket)["approval"] == shown["approval"]
    answer(primary, number=shown["number"])
    result = finish(client, ticket, newcomer)
    assert result["device"] == newcomer.device
    assert primary.wait_event("approval.settled")["decision"] == "approve"
    # Approved once, it comes back by its key alone.
    client.close()
    house.sign_in(newcomer)


def test_i02_a_wrong_number_keeps_the_newcomer_out(house):
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    newcomer = house.device(ada, "laptop")
    client, ticket = begin(house, newcomer)
    shown = ask(client, ticket)
    wrong = f"{(int(shown['number']) + 1) % 10000:04}"
    (request,) = primary.call("approval.list")["requests"]
    message = approval_message(request, primary.device.tenant, "approve")
    refusal = primary.refused("approval.answer", approval=request["approval"],
                              decision="approve", number=wrong,
                              signature=b64(primary.device.key.sign(message)))
    assert refusal.reason == "approval.wrong"
    refusal = client.refused("session.step_up", ticket=ticket, factor="primary")
    assert refusal.reason == "sign_in.not_allowed"
    assert len(primary.call("device.list")["devices"]) == 1


def test_i02_a_code_read_from_the_newcomers_screen_approves(house):
    house.rule(PRIMARY + 'approval = "qr"\napproval_risky = "qr"\n')
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    newcomer = house.device(ada, "laptop")
    client, refusal = house.refused(newcomer)
    ticket = data_of(refusal)["ticket"]
    shown = ask(client, ticket)
    assert shown["number"] == ""
    answer(primary, secret=shown["qr"].rpartition(":")[2])
    finish(client, ticket, newcomer)


def test_i02_the_primary_denies(house):
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    client, ticket = begin(house, house.device(ada, "laptop"))
    ask(client, ticket)
    answer(primary, decision="deny")
    refusal = client.refused("session.step_up", ticket=ticket, factor="primary")
    assert refusal.reason == "sign_in.not_allowed"
    assert "primary.approval_denied" in codes_of(refusal)


def test_i02_another_device_cannot_answer_for_the_primary(house):
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    second = house.device(ada, "laptop")
    client, ticket = begin(house, second)
    answer_number = ask(client, ticket)["number"]
    answer(primary, number=answer_number)
    finish(client, ticket, second)
    third, ticket = begin(house, house.device(ada, "tablet"))
    number = ask(third, ticket)["number"]
    (request,) = client.call("approval.list")["requests"]
    message = approval_message(request, client.device.tenant, "approve")
    refusal = client.refused("approval.answer", approval=request["approval"], decision="approve",
                             number=number, signature=b64(client.device.key.sign(message)))
    assert refusal.reason == "device.not_primary"


def test_i02_a_signature_for_another_decision_is_refused(house):
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    client, ticket = begin(house, house.device(ada, "laptop"))
    number = ask(client, ticket)["number"]
    (request,) = primary.call("approval.list")["requests"]
    message = approval_message(request, primary.device.tenant, "deny")
    refusal = primary.refused("approval.answer", approval=request["approval"],
                              decision="approve", number=number,
                              signature=b64(primary.device.key.sign(message)))
    assert refusal.reason == "approval.wrong"


def test_i02_a_device_without_identifiers_cannot_become_the_primary(house):
    ada = house.person()
    _, refusal = house.refused(house.device(ada, "laptop"))
    assert refusal.reason == "sign_in.not_allowed"
    assert "primary.incapable" in codes_of(refusal)


def test_i02_the_primary_hands_over(house):
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    second = house.device(ada, "new phone", "ios", identified=True)
    client, ticket = begin(house, second)
    answer(primary, number=ask(client, ticket)["number"])
    finish(client, ticket, second)
    assert client.refused("device.make_primary", device=second.device).reason \
        == "device.strength_needed"
    primary.call("device.make_primary", device=second.device)
    listed = {d["name"]: d["primary"] for d in client.call("device.list")["devices"]}
    assert listed == {"phone": False, "new phone": True}


def test_i02_two_admins_let_a_person_in_whose_primary_is_lost(house):
    ada = house.person()
    house.sign_in(house.device(ada, "phone", "ios", identified=True)).close()
    admins = [house.person(name, roles=("user_admin",)) for name in ("uma", "ugo")]
    newcomer = house.device(ada, "laptop")
    client, _ = begin(house, newcomer)
    path = f"/tenants/{house.domain}/users/{ada.user}/recovery"
    apis = [Admin(house.installation, house.device(admin, "desk", identified=True))
            for admin in admins]
    assert apis[0].post(path)["admins"] == 1
    assert apis[0].post(path)["admins"] == 1  # the same one does not count twice
    house.refused(newcomer)
    assert apis[1].post(path)["admins"] == 2
    house.sign_in(newcomer)


def test_i02_a_wait_that_was_begun_is_told_to_all_devices_and_can_be_objected_to(house):
    ada = house.person()
    primary = house.sign_in(house.device(ada, "phone", "ios", identified=True))
    client, ticket = begin(house, house.device(ada, "laptop"))
    begun = client.call("session.recover", ticket=ticket)
    assert begun["ready_ms"] > primary.call("session.ping")["time_ms"] + 3 * 3_600_000
    primary.wait_event("device.changed", lambda params: params["change"] == "recovery_begun")
    primary.call("device.object")
    primary.wait_event("device.changed", lambda params: params["change"] == "recovery_objected")


class Maker:
    """A maker of devices: an authority that says of keys that they live in hardware."""

    def __init__(self, name="Maker"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._issue(self.name, self.key.public_key(), True)

    def _issue(self, subject, public_key, authority):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                .public_key(public_key).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=1))
                .add_extension(x509.BasicConstraints(authority, None), critical=True)
                .sign(self.key, hashes.SHA256()))

    def attest(self, device):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device.name)])
        leaf = self._issue(name, device.key.public_key, False)
        device.attestation = [leaf.public_bytes(serialization.Encoding.DER)]
        return device

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def test_i02_where_attestation_is_asked_for_only_a_key_in_hardware_becomes_primary(fresh, tmp_path):
    maker, stranger = Maker(), Maker("Somebody else")
    roots = tmp_path / "makers.pem"
    roots.write_bytes(maker.pem())
    installation = fresh({"sign_in.attestation_roots": str(roots)})
    house = House(installation, PRIMARY + "attestation = true\n")
    ada = house.person()
    for claim in (lambda device: device, stranger.attest):
        _, refusal = house.refused(claim(house.device(ada, "phone", "ios", identified=True)))
        assert "primary.incapable" in codes_of(refusal)
    # Another key's certificate proves nothing about this one.
    borrowed = house.device(ada, "phone", "ios", identified=True)
    borrowed.attestation = maker.attest(house.device(ada, "other")).attestation
    assert "primary.incapable" in codes_of(house.refused(borrowed)[1])
    primary = house.sign_in(maker.attest(house.device(ada, "phone", "ios", identified=True)))
    assert primary.call("device.list")["devices"][0]["primary"]
    house.close()
