"""Sign-in of keys contract K4 against real processes: bindings, one-use nonces, resume, tokens."""

import os

import pytest

from conclave_test import Closed, Device, PASSWORD, Refused, Rejected, b64


@pytest.mark.short
@pytest.mark.parametrize("binding", ["loopback", "origin", "tls-exporter"])
@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519"])
def test_a_device_enrols_once_and_proves_its_key_afterwards(server, world, binding, algorithm):
    ada = world.person("ada")
    device = Device(ada.account, PASSWORD, algorithm=algorithm)
    first = server.connect(binding)
    result = first.enrol(device)
    assert (result["user"], result["account"], result["resumed"]) == (ada.user, ada.account, False)
    first.close()
    again = server.connect(binding)
    assert again.prove(device)["device"] == device.device
    assert again.call("user.me")["account"] == ada.account
    again.close()


def test_the_first_frame_is_a_hello_with_a_fresh_nonce(server):
    nonces = set()
    for _ in range(5):
        client = server.connect()
        assert client.subprotocol == "conclave.v1"
        assert client.hello["versions"] == ["1"]
        nonces.add(client.hello["nonce"])
        client.close()
    assert len(nonces) == 5


def refusal(client, method, params):
    return client.refused(method, params).reason


@pytest.mark.short
def test_every_part_of_the_signature_counts(server, world):
    ada, bob = world.people("ada", "bob")
    device = Device(ada.account, PASSWORD)
    server.signed_in(device).close()
    other = Device(bob.account, PASSWORD)
    server.signed_in(other).close()
    client = server.connect()
    kind, value = client.channel.binding
    good = device.prove_params(client.nonce, kind, value)
    changes = [
        {"signature": b64(bytes(64))},
        {"signature": b64(os.urandom(64))},
        {"nonce": b64(os.urandom(32))},
        {"device": other.device},
        {"account": other.account},
    ]
    client.close()
    for change in changes:
        client = server.connect()
        fresh = device.prove_params(client.nonce, kind, value)
        assert refusal(client, "session.prove", dict(fresh, **change)) == "sign_in.refused", change
        client.close()
    client = server.connect()
    assert refusal(client, "session.prove",
                   good) == "sign_in.refused", "a nonce of another connection"
    client.close()
    client = server.connect()
    enrol = device.enrol_params(client.nonce, kind, value)
    prove = dict(device.prove_params(client.nonce, kind, value), signature=enrol["signature"],
                 nonce=enrol["nonce"])
    assert refusal(client, "session.prove", prove) == "sign_in.refused", "another purpose"
    client.close()


def test_a_signature_for_one_tls_connection_is_worth_nothing_on_another(server, world):
    ada = world.person("ada")
    device = Device(ada.account, PASSWORD)
    server.signed_in(device, "tls-exporter").close()
    one, two = server.connect("tls-exporter"), server.connect("tls-exporter")
    params = device.prove_params(two.nonce, "tls-exporter", one.channel.binding[1])
    assert refusal(two, "session.prove", params) == "sign_in.refused"
    one.close()
    two.close()


def test_a_binding_that_the_connection_does_not_have_is_refused(server, world):
    ada = world.person("ada")
    device = Device(ada.account, PASSWORD)
    server.signed_in(device).close()
    for binding, claimed in (("origin", "loopback"), ("loopback", "tls-exporter"),
                             ("loopback", "origin"), ("tls-exporter", "origin")):
        client = server.connect(binding)
        params = device.prove_params(client.nonce, claimed, b"")
        assert client.refused("session.prove", params).code in (-32001, -32003, -32602), (binding,
                                                                                          claimed)
        client.close()


def test_another_sites_origin_may_not_sign_in(server, world):
    from conclave_test.channel import TlsChannel
    from conclave_test.client import Client
    ada = world.person("ada")
    evil = "https://evil.example"
    channel = TlsChannel("127.0.0.1", server.ports["https"], server.authority, origin=evil)
    try:
        client = Client(channel)
    except Rejected:
        return  # not even upgraded
    device = Device(ada.account, PASSWORD)
    params = device.enrol_params(client.nonce, "origin", evil.encode())
    assert client.refused("session.enrol", params).code in (-32001, -32003)
    client.close()


def test_nothing_but_signing_in_is_possible_before_it(server):
    from conclave_test import schemas
    methods = {name: about for name, about in schemas().methods.items()
               if about["sign_in"] == "required"}
    assert len(methods) > 40
    for method, about in methods.items():
        client = server.connect()
        refused = client.refused(method, about["example"]["params"])
        assert (refused.reason, refused.code) == ("sign_in.required", -32001), method
        client.close()


def test_signing_in_twice_on_a_connection_is_a_conflict(server, world):
    client = world.person("ada").device()
    kind, value = client.channel.binding
    refused = client.refused("session.prove", client.device.prove_params(client.nonce, kind, value))
    assert refused.reason == "sign_in.done"


def test_a_signed_out_device_comes_back_with_its_key_but_not_its_handle(server, world):
    ada = world.person("ada")
    client, other = ada.device("one"), ada.device("two")
    handle = client.session["resume_handle"]
    other.call("device.sign_out", device=client.device.device)
    assert client.wait_closed() in (4002, 4003)
    again = server.connect()
    assert again.refused("session.resume", handle=handle).reason == "session.resume_refused"
    again.prove(client.device)
    again.close()


def test_session_end_ends_token_handle_and_connection(server, world):
    ada = world.person("ada")
    client = ada.device()
    handle = client.session["resume_handle"]
    client.call("session.end")
    assert client.wait_closed() == 4002
    again = server.connect()
    assert again.refused("session.resume", handle=handle).reason == "session.resume_refused"
    again.close()


def test_a_password_change_needs_the_old_one_and_keeps_devices(server, world):
    ada = world.person("ada")
    one, two = ada.device("one"), ada.device("two")
    assert one.refused("user.set_password", old="not this one",
                       new="a new long password").reason in (
        "password.wrong", "sign_in.throttled")
    one.call("user.set_password", old=PASSWORD, new="a new long password")
    assert two.call("session.ping")["time_ms"]
    client = server.connect()
    with pytest.raises(Refused):
        client.enrol(Device(ada.account, PASSWORD))
    client.close()
    client = server.connect()
    client.enrol(Device(ada.account, "a new long password"))
    client.close()


def test_the_server_presents_a_certificate_of_its_own_authority_only(server):
    import ssl
    import socket
    with socket.create_connection(("127.0.0.1", server.ports["https"])) as raw:
        with pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(raw, server_hostname="127.0.0.1")
    context = ssl.create_default_context(cafile=str(server.authority))
    with socket.create_connection(("127.0.0.1", server.ports["https"])) as raw:
        with context.wrap_socket(raw, server_hostname="localhost") as tls:
            assert tls.version() == "TLSv1.3"
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(str(server.authority))
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", server.ports["https"])) as raw:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            old.wrap_socket(raw, server_hostname="localhost")


def test_an_unknown_subprotocol_is_not_served(server):
    from conclave_test.channel import Channel
    from conclave_test.client import Client
    for wanted in ("xmpp-of-the-future", None):
        with pytest.raises((Rejected, Closed)):
            Client(Channel("127.0.0.1", server.ports["ws"]), subprotocol=wanted)
