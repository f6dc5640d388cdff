"""T-02: the management API is bound to the device key, with time stamp and nonce against replay."""

import http.client
import ssl
import time

import pytest

from conclave_test import DeviceKey
from conclave_test.fixtures import ALPHA

TARGET = f"/api/v1/tenants/{ALPHA}"


@pytest.fixture
def api(server):
    admin = server.admin
    admin.sign_in()
    return admin


def status(api, headers, target=TARGET, method="GET", body=None):
    response = api.raw(method, target, body, headers)
    return response.status, (response.json() if response.body else {}).get("reason", "")


@pytest.mark.short
def test_t02_a_proven_request_passes_once(api):
    headers = api.authorised_headers("GET", TARGET, b"")
    assert status(api, headers)[0] == 200
    assert status(api, headers) == (401, "proof.replayed")


@pytest.mark.short
def test_t02_the_token_alone_is_worth_nothing(api):
    bearer = {"Authorization": f"Bearer {api.token}"}
    assert status(api, bearer)[0] == 401
    assert status(api, {})[0] == 401
    stolen = dict(bearer)
    own = api.device.key
    api.device.key = DeviceKey()
    stolen["Conclave-Proof"] = api.device.http_proof("GET", TARGET, b"", api.token)
    api.device.key = own
    assert status(api, stolen) == (401, "proof.invalid")


def test_t02_a_proof_is_for_one_method_target_and_body(api):
    for method, target, data in (("POST", TARGET, b""), ("GET", TARGET + "x", b""),
                                 ("GET", TARGET, b"{}")):
        headers = api.authorised_headers(method, target, data)
        assert status(api, headers) == (401, "proof.invalid")


def test_t02_a_proof_out_of_time_is_refused(api):
    now = int(time.time() * 1000)
    for off in (-61_000, 61_000, -10**9):
        headers = api.authorised_headers("GET", TARGET, b"", time_ms=now + off)
        assert status(api, headers) == (401, "proof.stale")


def test_t02_damaged_proofs_are_refused(api):
    good = api.authorised_headers("GET", TARGET, b"")
    for proof in ("", "v1", "v2 1 a b", "v1 x y z", good["Conclave-Proof"][:-2],
                  good["Conclave-Proof"] + " more", "v1 " + "9" * 40 + " AAAA AAAA"):
        headers = dict(good)
        headers["Conclave-Proof"] = proof
        assert status(api, headers)[0] == 401, proof


def test_t02_a_revoked_session_is_out_at_once(api):
    headers = api.authorised_headers("DELETE", "/api/v1/session", b"")
    assert status(api, headers, "/api/v1/session", "DELETE")[0] in (200, 204)
    assert status(api, api.authorised_headers("GET", TARGET, b""))[0] == 401


def test_t02_a_key_has_a_rate(server, api):
    context = ssl.create_default_context(cafile=str(server.authority))
    connection = http.client.HTTPSConnection("127.0.0.1", server.ports["https"], context=context)
    try:
        for _ in range(2000):
            connection.request("GET", TARGET, headers=api.authorised_headers("GET", TARGET, b""))
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                break
    finally:
        connection.close()
    assert answer.status == 429, f"{answer.status} {content}"
    assert int(answer.headers["Retry-After"]) >= 1
