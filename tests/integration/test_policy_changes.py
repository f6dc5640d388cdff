"""Changes of policies over the management API: wrong input, other tenants, limits; the course of a
change is in tests/conformance/test_o02_changes.py."""

import pytest

from conclave_test import PASSWORD, Admin, Device
from conclave_test.admission import House
from conclave_test.changes import Proposal, propose, sign, signature
from conclave_test.device import unb64
from conclave_test.fixtures import BETA

TWO = 'base = "open"\n[devices]\ncap = 2\n'
FIVE = 'base = "open"\n[devices]\ncap = 5\n'
UNKNOWN = "c_0000000000009"


@pytest.fixture
def house(server):
    made = House(server, TWO)
    yield made
    made.close()


def somebody(server, domain, name, *roles):
    person = server.admin_api.create_user(domain, name, PASSWORD, roles=roles)
    return Admin(server, Device(person.account, PASSWORD, name="desk"))


@pytest.mark.short
def test_wrong_requests_name_the_field(house):
    change = propose(house.api, house.domain, FIVE)["change"]
    target = f"/tenants/{house.domain}/changes/{change}/signature"
    for body, field in (({}, "signature"), ({"signature": 7}, "signature"),
                        ({"signature": "!"}, "signature"),
                        ({"signature": "AA", "more": 1}, "more")):
        refused = house.api.refused("POST", target, body)
        assert refused.reason == "params.invalid" and refused.detail.startswith(field), refused
    policy = f"/tenants/{house.domain}/policy"
    for life in (0, -1, 2_592_001, 1.5, "60"):
        body = {"document": FIVE, "expected_version": 1, "lifetime_s": life}
        refused = house.api.refused("PUT", policy, body)
        assert refused.reason == "params.invalid" and refused.detail.startswith("lifetime_s")
    for body, field in (({"document": 7}, "document"), ({"version": "1"}, "version"),
                        ({"document": FIVE, "more": 1}, "more")):
        refused = house.api.refused("POST", policy + "/plan", body)
        assert refused.reason == "params.invalid" and refused.detail.startswith(field), refused


def test_what_is_no_change_is_not_found(house):
    for text in (UNKNOWN, "c_", "o_0000000000009", "nonsense"):
        target = f"/tenants/{house.domain}/changes/{text}"
        for method, path, body in (("GET", target, None), ("DELETE", target, None),
                                   ("POST", target + "/signature", {"signature": "AA"})):
            assert house.api.refused(method, path, body).reason == "change.not_found"


def test_nobody_reaches_the_changes_of_another_tenant(server, house):
    change = propose(house.api, house.domain, FIVE)["change"]
    document = unb64(house.api.get(f"/tenants/{house.domain}/changes/{change}")["document"])
    stranger = somebody(server, BETA, "stranger", "security_admin")
    body = {"signature": signature(stranger.device, document)}
    target = f"/tenants/{house.domain}/changes"
    for method, path, content in (("GET", target, None), ("GET", f"{target}/{change}", None),
                                  ("DELETE", f"{target}/{change}", None),
                                  ("POST", f"{target}/{change}/signature", body)):
        assert stranger.refused(method, path, content).reason == "tenant.not_found"
    # Nor by naming it in one's own tenant.
    for method, path, content in (
            ("GET", f"/tenants/self/changes/{change}", None),
            ("DELETE", f"/tenants/self/changes/{change}", None),
            ("POST", f"/tenants/self/changes/{change}/signature", body)):
        assert stranger.refused(method, path, content).reason == "change.not_found"
    assert house.api.get(f"{target}/{change}")["state"] == "pending"


def test_a_change_is_named_after_its_own_version_and_nothing_else(house):
    first = propose(house.api, house.domain, FIVE)
    proposal = Proposal.parse(unb64(first["document"]))
    assert proposal.old_version == 1 and proposal.change == first["change"]
    assert proposal.expires_ms - proposal.proposed_ms == 7 * 86_400_000
    assert house.api.refused("PUT", f"/tenants/{house.domain}/policy", {
        "document": FIVE, "expected_version": 0}).reason == "policy.conflict"
    assert sign(house.api, house.domain, first["change"])["version"] == 2
    assert house.api.refused("POST", f"/tenants/{house.domain}/changes/{first['change']}/signature",
                             {"signature": "AA"}).reason == "change.state"


def test_sixteen_changes_wait_at_most(house):
    made = [propose(house.api, house.domain, FIVE)["change"] for _ in range(16)]
    assert len(set(made)) == 16
    refused = house.api.refused("PUT", f"/tenants/{house.domain}/policy",
                                {"document": FIVE, "expected_version": 1})
    assert refused.reason == "change.too_many" and "withdraw" in refused.advice
    house.api.delete(f"/tenants/{house.domain}/changes/{made[0]}")
    assert propose(house.api, house.domain, FIVE)["state"] == "pending"


def test_a_deleted_tenant_leaves_no_change_behind(server):
    house = House(server, TWO)
    propose(house.api, house.domain, FIVE)
    house.api.delete(f"/tenants/{house.domain}")
    assert house.api.refused("GET", f"/tenants/{house.domain}/changes").reason == \
        "tenant.not_found"
