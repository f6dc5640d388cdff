"""Y-07 for policies: who writes to the database loosens nothing. What is found unsound is refused,
reported, and answered with the strict policy until an admin sets one."""

import subprocess

import pytest

from conclave_test import changes, program
from conclave_test.fixtures import ALPHA, BETA, World
from conclave_test.intruder import (POLICY, alarm, content_db, copy_of_the_store, locked_start,
                                    number, put_back, put_record)

TWO = 'base = "open"\n[devices]\ncap = 2\n'
NINE = 'base = "open"\n[devices]\ncap = 9\n'


def set_policy(installation, document, expected, domain=ALPHA):
    return changes.set_policy(installation.admin_api, domain, document, expected)


def shown(installation, domain=ALPHA):
    return installation.admin_api.get(f"/tenants/{domain}/policy")


def cap(installation, domain=ALPHA):
    lines = shown(installation, domain)["effective"].splitlines()
    return next(line for line in lines if line.startswith("cap = "))


def policies(db, tenant):
    """Rows of this tenant's policies by their number."""
    rows = db.execute("SELECT tenant, kind, id, sub, version, content, mac FROM record "
                      "WHERE kind=? AND tenant=?", (POLICY, tenant)).fetchall()
    return {row[3]: row for row in rows}


@pytest.fixture
def scene(fresh):
    """An installation whose tenant lowered its cap from nine to two; stopped."""
    installation = fresh()
    set_policy(installation, NINE, 0)
    set_policy(installation, TWO, 1)
    assert cap(installation) == "cap = 2"
    tenant = number(installation.admin_api.get(f"/tenants/{ALPHA}")["tenant"])
    installation.stop()
    return installation, tenant


def assert_strict(installation, why):
    policy = shown(installation)
    assert policy["standing"] == "refused" and why in policy["why"], policy
    assert policy["base"] == "strict" and policy["newest_version"] == 2
    assert alarm(installation) and "alarm.policy_strict" in installation.logs()
    ready = installation.get("/readyz")
    assert ready.status == 200 and "policy.refused" in ready.json()["checks"]["policies"]


def doctor(installation):
    done = subprocess.run([program("conclavectl"), "--home", str(installation.folder / "home"),
                           "doctor", "--state", str(installation.state)], capture_output=True,
                          text=True, timeout=60, input="", check=False)
    return done.returncode, done.stdout


@pytest.mark.short
def test_y07_a_raised_cap_makes_the_tenant_strict_until_an_admin_sets_a_policy(scene):
    installation, tenant = scene
    with content_db(installation) as db:
        row = list(policies(db, tenant)[2])
        content = bytearray(row[5])
        content[-1] ^= 1
        put_record(db, (*row[:5], bytes(content), row[6]))
    installation.start()
    assert_strict(installation, "mac")
    code, said = doctor(installation)
    assert code == 0 and "policy.refused" in said and "alarm.policy_strict" in said
    assert installation.admin_api.refused("PUT", f"/tenants/{ALPHA}/policy", {
        "document": TWO, "expected_version": 1}).reason == "policy.conflict"
    assert set_policy(installation, TWO, 2)["version"] == 3
    assert cap(installation) == "cap = 2"
    installation.stop()
    installation.start()
    assert shown(installation)["standing"] == "set" and cap(installation) == "cap = 2"
    assert installation.get("/readyz").json()["checks"]["policies"] == "ok"


def test_y07_an_older_policy_under_the_newest_number_is_refused(scene):
    installation, tenant = scene
    with content_db(installation) as db:
        rows = policies(db, tenant)
        put_record(db, (*rows[2][:5], *rows[1][5:]))
    installation.start()
    assert_strict(installation, "place")


def test_y07_a_newest_policy_that_was_deleted_is_missed(scene):
    installation, tenant = scene
    with content_db(installation) as db:
        db.execute("DELETE FROM record WHERE kind=? AND tenant=? AND sub=2", (POLICY, tenant))
    installation.start()
    assert_strict(installation, "missing")


def test_y07_all_policies_deleted_give_strict_and_not_the_default(scene):
    installation, tenant = scene
    with content_db(installation) as db:
        db.execute("DELETE FROM record WHERE kind=? AND tenant=?", (POLICY, tenant))
    installation.start()
    assert_strict(installation, "missing")


def test_y07_a_policy_of_another_tenant_counts_for_nobody(scene):
    installation, tenant = scene
    installation.start()
    set_policy(installation, NINE, 0, BETA)
    beta = number(installation.admin_api.get(f"/tenants/{BETA}")["tenant"])
    installation.stop()
    with content_db(installation) as db:
        row = policies(db, beta)[1]
        put_record(db, (tenant, POLICY, row[2], 3, *row[4:]))
    installation.start()
    assert alarm(installation)
    assert cap(installation) == "cap = 2" and shown(installation)["newest_version"] == 2
    assert cap(installation, BETA) == "cap = 9"


def test_y07_invented_policies_change_nothing_and_do_not_keep_the_server_from_starting(scene):
    installation, tenant = scene
    with content_db(installation) as db:
        row = policies(db, tenant)[1]
        for place in range(3, 40):
            put_record(db, (tenant, POLICY, row[2], place, 1, bytes(200_000), row[6]))
        put_record(db, (tenant, POLICY, row[2], (1 << 63) - 1, *row[4:]))
        put_record(db, (tenant, POLICY, 9, 9, 9, b"", bytes(5_000)))
    installation.start()
    assert alarm(installation)
    assert shown(installation)["standing"] == "set" and cap(installation) == "cap = 2"
    assert set_policy(installation, NINE, 2)["version"] == 3


def test_y07_an_older_copy_of_the_whole_store_brings_no_laxer_policy_back(fresh):
    installation = fresh()
    set_policy(installation, NINE, 0)
    installation.stop()
    older = copy_of_the_store(installation, "older")
    installation.start()
    set_policy(installation, TWO, 1)
    installation.stop()
    newest = copy_of_the_store(installation, "newest")
    put_back(installation, older)
    locked_start(installation)
    installation.stop()
    put_back(installation, newest)
    installation.start()
    assert cap(installation) == "cap = 2"


def test_y07_a_policy_put_back_behind_a_broken_audit_entry_locks_the_server(fresh):
    installation = fresh()
    set_policy(installation, NINE, 0)
    before = installation.admin_api.get("/audit/head")["number"]
    set_policy(installation, TWO, 1)
    World(installation).person("ada")
    tenant = number(installation.admin_api.get(f"/tenants/{ALPHA}")["tenant"])
    installation.stop()
    with content_db(installation) as db:
        db.execute("DELETE FROM record WHERE kind=? AND tenant=? AND sub=2", (POLICY, tenant))
        db.execute("UPDATE audit SET content_sealed=zeroblob(64) WHERE number=?", (before + 1,))
    locked_start(installation)


def test_y07_many_large_policies_are_checked_at_a_start(fresh):
    installation = fresh()
    filling = "#" + "x" * 45_000 + "\n"
    for version in range(105):
        set_policy(installation, filling + TWO, version)
    versions = installation.admin_api.get(f"/tenants/{ALPHA}/policy/versions")["versions"]
    assert [v["version"] for v in versions] == list(range(105, 5, -1))
    installation.stop()
    with content_db(installation) as db:
        rows = db.execute("SELECT content FROM record WHERE kind=?", (POLICY,)).fetchall()
        assert len(rows) == 100
        # What admins write is sealed, as every text is.
        assert not any(b"devices" in content or b"xxxx" in content for (content,) in rows)
    installation.start()
    assert shown(installation)["standing"] == "set" and cap(installation) == "cap = 2"
    assert not alarm(installation)
