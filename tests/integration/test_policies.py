"""Policies of tenants over the management API and with conclavectl: show, set, history, roll-back;
who may; wrong input."""

import json
import subprocess

import pytest

from conclave_test import PASSWORD, Device, program
from conclave_test.api import Admin
from conclave_test.ctl import Ctl
from conclave_test.fixtures import ALPHA, BETA

# Of `open`: the others want a second factor of admins, and these tests go on being admins.
TWO = 'base = "open"\n[devices]\ncap = 2\n'


@pytest.fixture
def tenant(server):
    """A tenant of this test's own: its domain."""
    tenant.count = getattr(tenant, "count", 0) + 1
    domain = f"rules{tenant.count}.test"
    server.admin_api.create_tenant(domain)
    yield domain
    server.admin_api.delete(f"/tenants/{domain}")


def somebody(server, domain, name, *roles):
    person = server.admin_api.create_user(domain, name, PASSWORD, roles=roles)
    return Admin(server, Device(person.account, PASSWORD, name="desk"))


@pytest.fixture
def officer(server, tenant, tmp_path):
    server.admin_api.create_user(tenant, "officer", PASSWORD, roles=("security_admin",))
    return Ctl(server, tmp_path / "officer", f"officer@{tenant}")


@pytest.mark.short
def test_a_policy_is_shown_set_listed_and_rolled_back(server, tenant, officer, tmp_path):
    assert "the shipped policy open, in force" in officer.run("policy", "show").stdout
    file = tmp_path / "rules.toml"
    file.write_text(TWO)
    dry = officer.run("policy", "set", str(file), "--dry-run").stdout
    assert "tightening: devices.cap: 20 -> 2" in dry
    assert "the shipped policy open" in officer.run("policy", "show").stdout
    made = officer.run("policy", "set", str(file), "--note", "two devices are enough").stdout
    assert "tightening: devices.cap: 20 -> 2" in made and "version" in made
    told = officer.run("policy", "show").stdout
    assert "version 1, set" in told and "in force" in told and f"officer@{tenant}" in told
    assert "# note: two devices are enough" in told and told.endswith(TWO)
    # What is shown can be set again as it stands.
    file.write_text(told.replace("cap = 2", "cap = 3"))
    officer.run("policy", "set", str(file))
    every = officer.run("policy", "show", "--every-key").stdout
    assert "cap = 3" in every and "recheck_minutes" in every
    assert "cap = 2" in officer.run("policy", "show", "--version", "1").stdout
    officer.run("policy", "roll-back", "1", "--note", "three was too many")
    history = json.loads(officer.run("--json", "policy", "history").stdout)["versions"]
    assert [v["version"] for v in history] == [3, 2, 1]
    assert history[0]["copy_of"] == 1 and history[0]["in_force"]
    assert history[1]["effect"] == "weakening" and history[0]["effect"] == "tightening"
    table = officer.run("policy", "history").stdout
    assert "three was too many" in table and "EFFECT" in table
    trail = [json.loads(e["content"]) for e in _trail(server)]
    entry = next(e for e in trail if e["action"] == "policy.rolled_back")
    assert entry["facts"]["copy_of"] == "1" and "devices.cap" in entry["facts"]["keys"]


def _trail(server):
    after, out = 0, []
    while True:
        page = server.admin_api.get(f"/audit?limit=200&after={after}")["entries"]
        if not page:
            return out
        out += page
        after = page[-1]["number"]
        if len(page) < 200:
            return out


def test_a_shipped_policy_is_set_by_its_name(server, tenant, officer):
    officer.run("policy", "set", "strict")
    shown = server.admin_api.get(f"/tenants/{tenant}/policy")
    assert shown["document"] == 'base = "strict"\n' and shown["version"] == 1
    # It holds at once, for the one who set it as well: strict wants a second factor of admins.
    assert officer.run("policy", "show", check=False).returncode == 1


def test_wrong_documents_are_refused_with_lines_and_advice(server, tenant, officer, tmp_path):
    file = tmp_path / "rules.toml"
    for text, says in (("[devices]\ncap = 0\n", "line 2: devices.cap"),
                       ("[devices]\ncaps = 3\n", "devices.cap"),
                       ("[devices\n", "line 1"),
                       ("[network]\nmandatory_vpn = true\n", "line 2"),
                       ('base = "lax"\n', "line 1: base")):
        file.write_text(text)
        refused = officer.run("policy", "set", str(file), check=False)
        assert refused.returncode == 1, text
        assert "policy.invalid" in refused.stderr and says in refused.stderr, refused.stderr
        assert "docs/policy.md" in refused.stderr
    missing = officer.run("policy", "set", str(tmp_path / "none.toml"), check=False)
    assert missing.returncode == 1 and "none.toml" in missing.stderr
    assert server.admin_api.get(f"/tenants/{tenant}/policy")["standing"] == "shipped"


def test_two_admins_do_not_overwrite_each_other(server, tenant, officer, tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text(TWO)
    officer.run("policy", "set", str(file))
    late = officer.run("policy", "set", str(file), "--expect", "0", check=False)
    assert late.returncode == 1 and "policy.conflict (1)" in late.stderr
    back = officer.run("policy", "roll-back", "1", "--expect", "7", check=False)
    assert back.returncode == 1 and "policy.conflict" in back.stderr
    none = officer.run("policy", "roll-back", "9", check=False)
    assert none.returncode == 1 and "policy.version_not_found" in none.stderr
    assert server.admin_api.get(f"/tenants/{tenant}/policy")["newest_version"] == 1


def test_only_security_admins_set_a_policy_and_auditors_read_it(server, tenant):
    target = f"/tenants/{tenant}/policy"
    body = {"document": TWO, "expected_version": 0}
    auditor = somebody(server, tenant, "eye", "auditor")
    assert auditor.get(target)["standing"] == "shipped"
    assert auditor.get(target + "/versions") == {"versions": []}
    assert auditor.refused("PUT", target, body).reason == "role.missing"
    for name, role in (("mia", "member"), ("uma", "user_admin")):
        one = somebody(server, tenant, name, role)
        for method, path, content in (("GET", target, None), ("GET", target + "/versions", None),
                                      ("PUT", target, body),
                                      ("POST", target + "/roll-back",
                                       {"version": 1, "expected_version": 0})):
            assert one.refused(method, path, content).reason == "role.missing"
    officer = somebody(server, tenant, "olga", "security_admin")
    assert officer.put("/tenants/self/policy", body)["version"] == 1
    for other in (ALPHA, BETA):
        assert officer.refused("GET", f"/tenants/{other}/policy").reason == "tenant.not_found"
        assert officer.refused("PUT", f"/tenants/{other}/policy", body).reason == \
            "tenant.not_found"


def test_wrong_requests_name_the_field(server, tenant):
    target = f"/tenants/{tenant}/policy"
    for body, field in (({"document": TWO}, "expected_version"),
                        ({"expected_version": 0}, "document"),
                        ({"document": 7, "expected_version": 0}, "document"),
                        ({"document": TWO, "expected_version": -1}, "expected_version"),
                        ({"document": TWO, "expected_version": 0.5}, "expected_version"),
                        ({"document": TWO, "expected_version": "0"}, "expected_version"),
                        ({"document": TWO, "expected_version": 0, "more": 1}, "more")):
        refused = server.admin_api.refused("PUT", target, body)
        assert refused.reason == "params.invalid" and refused.detail.startswith(field), refused
    for version in ("0", "-1", "x", "1.5"):
        refused = server.admin_api.refused("GET", f"{target}?version={version}")
        assert refused.reason == "params.invalid" and "version" in refused.detail
    assert server.admin_api.refused("GET", f"{target}?version=4").reason == \
        "policy.version_not_found"


def test_the_default_of_the_configuration_holds_for_tenants_without_a_policy(fresh):
    installation = fresh()
    # The provider's own admin is to go on working under the rules of a trial.
    installation.admin_api.put("/tenants/self/policy",
                               {"document": 'base = "open"\n', "expected_version": 0})
    installation.stop()
    installation.write_config(policy__default="minor")
    installation.start()
    shown = installation.admin_api.get(f"/tenants/{ALPHA}/policy")
    assert shown["standing"] == "shipped" and shown["base"] == "minor" and shown["version"] == 0
    assert "children" in shown["document"] or "minor" in shown["document"]


def test_doctor_notes_a_default_for_trying_out(server, tmp_path):
    done = subprocess.run([program("conclavectl"), "--home", str(tmp_path / "home"), "doctor",
                           "--state", str(server.state)], capture_output=True, text=True,
                          timeout=60, input="", check=False)
    assert done.returncode == 0
    assert "default policy (warning)" in done.stdout and 'default = "standard"' in done.stdout


def explained(ctl, *arguments):
    return json.loads(ctl.run("--json", "policy", "explain", *arguments).stdout)


def test_what_would_be_decided_is_explained_with_every_reason(server, tenant, officer, tmp_path):
    person = server.admin_api.create_user(tenant, "mia", PASSWORD)
    device = Device(person.account, PASSWORD, name="laptop")
    server.signed_in(device).close()
    file = tmp_path / "rules.toml"
    file.write_text('base = "open"\n[network]\ndenied = ["203.0.113.0/24"]\n'
                    '[devices]\ncap = 1\noverflow = "refuse"\n')
    officer.run("policy", "set", str(file))
    known = explained(officer, "--user", "mia", "--device", device.device, "--ip", "192.0.2.7")
    assert known["outcome"] == "allow"
    assert known["policy"] == {"version": 1, "standing": "set", "base": "open"}
    away = explained(officer, "--user", "mia", "--device", device.device, "--ip", "203.0.113.9")
    assert away["outcome"] == "refuse"
    reason = next(r for r in away["reasons"] if r["code"] == "network.denied")
    assert reason["effect"] == "refuse" and reason["advice"]
    told = officer.run("policy", "explain", "--user", f"mia@{tenant}", "--ip", "203.0.113.9").stdout
    assert "outcome: refuse" in told and "policy: version 1" in told
    assert "refuse  network.denied" in told and reason["advice"] in told
    chinese = explained(officer, "--user", "mia", "--ip", "203.0.113.9", "--language", "zh")
    assert any(ord(c) > 0x4e00 for c in chinese["reasons"][0]["advice"])
    # It is asked about and nothing is done: nobody was signed out, and it is on record.
    assert any(json.loads(e["content"])["action"] == "policy.explained" for e in _trail(server))


def test_explain_names_what_it_cannot_use(server, tenant, officer):
    server.admin_api.create_user(tenant, "mia", PASSWORD)
    for arguments, says in ((("--user", "mia", "--ip", "nowhere"), "address"),
                            (("--user", "nobody", "--ip", "192.0.2.7"), "user.not_found"),
                            (("--user", "mia", "--device", "d_0000000000009", "--ip",
                              "192.0.2.7"), "device.not_found")):
        refused = officer.run("policy", "explain", *arguments, check=False)
        assert refused.returncode == 1 and says in refused.stderr, refused.stderr
    for arguments in ((), ("--user", "mia"), ("--policy", "open"), ("--ip", "192.0.2.7")):
        assert officer.run("policy", "explain", *arguments, check=False).returncode == 2
    member = somebody(server, tenant, "ann", "user_admin")
    refused = member.refused("POST", "/tenants/self/policy/explain",
                             {"user": "mia", "device": "new", "address": "192.0.2.7"})
    assert refused.reason == "role.missing"
