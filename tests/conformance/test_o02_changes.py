"""O-02: a weakening change waits for signatures of provider, tenant and, where a key asks them,
users; all of it is in the audit trail, survives kill -9 between any two steps, and is undone."""

import hashlib
import http.client
import subprocess
import threading
import time

import pytest

from conclave_test import PASSWORD, Admin, ApiError, Device, program, unb64, wait_until
from conclave_test.admission import House
from conclave_test.changes import (Proposal, newest, proposal_of, propose, sign, signature, trail)
from conclave_test.ctl import Ctl
from conclave_test.intruder import CHANGE, POLICY, content_db, number, put_record

TWO = 'base = "open"\n[devices]\ncap = 2\n'
FIVE = 'base = "open"\n[devices]\ncap = 5\n'
KEPT = 'base = "open"\n[devices]\ncap = 2\n[location]\nfix_days = 30\n'


class Scene(House):
    """A tenant with a policy, whose own security admin and whose provider have to sign."""

    def __init__(self, installation):
        super().__init__(installation)
        self.officer = self.admin("officer", "security_admin")
        assert propose(self.officer, self.domain, TWO)["version"] == 1

    def admin(self, name, *roles, domain=None):
        domain = domain or self.domain
        made = self.api.create_user(domain, name, PASSWORD, roles=roles)
        admin = Admin(self.installation, Device(made.account, PASSWORD, name="desk"))
        admin.sign_in()
        return admin

    def propose(self, document=FIVE, by=None, **more):
        return propose(by or self.officer, self.domain, document, **more)

    def sign(self, change, by):
        return sign(by, self.domain, change)

    def change(self, change):
        return self.api.get(f"/tenants/{self.domain}/changes/{change}")

    def state(self, change):
        return self.change(change)["state"]

    def refused(self, change, text, by):
        return by.refused("POST", f"/tenants/{self.domain}/changes/{change}/signature",
                          {"signature": text})

    def cap(self):
        lines = self.api.get(f"/tenants/{self.domain}/policy")["effective"].splitlines()
        return int(next(line for line in lines if line.startswith("cap = "))[6:])

    def kill_and_start(self):
        """kill -9 of the whole server, as between any two steps."""
        self.installation.kill()
        self.installation.start()


@pytest.fixture
def scene(fresh):
    made = Scene(fresh({"policy.signatures": 2}))
    yield made
    made.close()


@pytest.mark.short
def test_o02_a_weakening_waits_for_two_signatures_takes_effect_and_is_undone(scene):
    waits = scene.propose(note="the branch office needs it")
    assert waits["state"] == "pending" and waits["effect"] == "weakening"
    assert waits["needs"] == "provider, tenant; 2 people" and waits["missing"] == waits["needs"]
    assert "Not in force yet" in waits["advice"] and "policy approve" in waits["advice"]
    assert scene.cap() == 2
    change = waits["change"]
    proposal = proposal_of(scene.change(change))
    assert proposal.effects == {"weakening"} and proposal.asked == {"provider", "tenant"}
    assert proposal.kind == "policy" and proposal.persons == 2 and proposal.old_version == 1
    assert proposal.new_digest == hashlib.sha256(FIVE.encode()).digest()
    first = scene.sign(change, scene.officer)
    assert first["state"] == "pending" and first["missing"] == "provider; 1 person"
    assert scene.cap() == 2
    made = scene.sign(change, scene.api)
    assert made["version"] == 2 and made["change"] == change
    assert [each["parties"] for each in made["signers"]] == [["tenant"], ["provider"]]
    assert scene.cap() == 5 and scene.state(change) == "effective"
    back = scene.officer.post(f"/tenants/{scene.domain}/policy/roll-back",
                              {"version": 1, "expected_version": 2, "note": "no longer"})
    assert back["version"] == 3 and back["copy_of"] == 1 and scene.cap() == 2
    history = scene.api.get(f"/tenants/{scene.domain}/policy/versions")["versions"]
    assert [each["version"] for each in history] == [3, 2, 1]
    assert history[1]["by"] == f"officer@{scene.domain}"
    assert [each["user"] for each in history[1]["signers"]] == \
        [f"officer@{scene.domain}", "admin@provider.local"]
    assert history[1]["note"] == "the branch office needs it" and history[1]["set_ms"] > 0
    told = [entry for entry in trail(scene.api)
            if entry["action"].startswith(("change.", "policy."))]
    assert [entry["action"] for entry in told] == \
        ["policy.set", "change.proposed", "change.signed", "policy.set", "policy.rolled_back"]
    assert told[3]["facts"]["change"] == change and told[3]["facts"]["effect"] == "weakening"


def test_o02_a_roll_back_that_weakens_waits_like_any_change(scene):
    assert propose(scene.officer, scene.domain, 'base = "open"\n[devices]\ncap = 1\n')["version"] \
        == 2
    waits = scene.officer.post(f"/tenants/{scene.domain}/policy/roll-back",
                               {"version": 1, "expected_version": 2})
    assert waits["state"] == "pending" and waits["copy_of"] == 1 and scene.cap() == 1
    scene.sign(waits["change"], scene.api)
    made = scene.sign(waits["change"], scene.officer)
    assert made["version"] == 3 and made["copy_of"] == 1 and scene.cap() == 2


def test_o02_two_people_of_one_side_are_not_enough_and_one_person_counts_once(scene):
    second = scene.admin("second", "security_admin")
    change = scene.propose()["change"]
    scene.sign(change, scene.officer)
    text = signature(scene.officer.device, unb64(scene.change(change)["document"]))
    assert scene.refused(change, text, scene.officer).reason == "change.signed"
    assert scene.sign(change, second)["missing"] == "provider"
    assert scene.cap() == 2
    assert scene.sign(change, scene.api)["version"] == 2


def test_o02_users_sign_where_a_key_asks_them(scene):
    people = [scene.admin(name, "member") for name in ("ada", "bob", "eve", "kim")]
    change = scene.propose(KEPT)["change"]
    scene.sign(change, scene.officer)
    told = scene.sign(change, scene.api)
    assert told["missing"] == "users; 3 users"
    for person in people[:2]:
        assert person.get("/tenants/self/changes")["changes"][0]["change"] == change
        scene.sign(change, person)
    assert scene.change(change)["missing"] == "1 user"
    assert scene.sign(change, people[2])["version"] == 2
    # A change that does not ask them is none of theirs.
    other = scene.propose(KEPT.replace("cap = 2", "cap = 5"))["change"]
    assert people[3].refused("GET", f"/tenants/self/changes/{other}").reason == "change.not_found"
    document = unb64(scene.change(other)["document"])
    text = signature(people[3].device, document)
    assert scene.refused(other, text, people[3]).reason == "change.not_found"


def test_o02_no_signature_counts_for_another_change_after_its_time_or_from_a_revoked_device(scene):
    change, twin = scene.propose()["change"], scene.propose()["change"]
    document = unb64(scene.change(change)["document"])
    of_twin = signature(scene.api.device, unb64(scene.change(twin)["document"]))
    assert scene.refused(change, of_twin, scene.api).reason == "change.invalid"
    for altered in (Proposal.parse(document).with_(tenant="t_0000000000009"),
                    Proposal.parse(document).with_(expires_ms=1 << 50),
                    Proposal.parse(document).with_(persons=1),
                    Proposal.parse(document).with_(new_digest=bytes(32))):
        text = signature(scene.api.device, altered.encode())
        assert scene.refused(change, text, scene.api).reason == "change.invalid"
    foreign = signature(scene.officer.device, document)
    assert scene.refused(change, foreign, scene.api).reason == "change.invalid"
    # A revoked device's counts no more, not even after a restart.
    scene.sign(change, scene.officer)
    scene.api.delete(f"/tenants/{scene.domain}/devices/{scene.officer.device.device}")
    assert scene.change(change)["missing"] == "provider, tenant; 2 people"
    scene.kill_and_start()
    assert scene.sign(change, scene.api)["missing"] == "tenant; 1 person"
    assert not scene.change(change)["signers"][0]["counts"] or \
        len(scene.change(change)["signers"]) == 1
    assert scene.cap() == 2
    # An expired one takes no signature any more.
    scene.officer = Admin(scene.installation,
                          Device(f"officer@{scene.domain}", PASSWORD, name="new desk"))
    short = scene.propose(lifetime_s=1)["change"]
    text = signature(scene.officer.device, unb64(scene.change(short)["document"]))
    wait_until(lambda: scene.state(short) == "expired", "the change to expire")
    assert scene.refused(short, text, scene.officer).reason == "change.state"
    assert scene.sign(change, scene.officer)["version"] == 2 and scene.cap() == 5


def test_o02_a_lost_role_stands_for_nobody_and_a_new_account_signs_for_nobody(scene):
    second = scene.admin("second", "security_admin")
    change = scene.propose()["change"]
    scene.sign(change, scene.officer)
    scene.api.patch(f"/tenants/{scene.domain}/users/officer", {"roles": ["member"]})
    assert scene.change(change)["missing"] == "provider, tenant; 2 people"
    late = scene.admin("late", "security_admin")
    text = signature(late.device, unb64(scene.change(change)["document"]))
    assert scene.refused(change, text, late).reason == "change.role"
    scene.sign(change, scene.api)
    assert scene.cap() == 2
    assert scene.sign(change, second)["version"] == 2


def test_o02_a_change_is_withdrawn_and_another_one_supersedes_it(scene):
    eye = scene.admin("eye", "auditor")
    change = scene.propose()["change"]
    target = f"/tenants/{scene.domain}/changes/{change}"
    assert eye.refused("DELETE", target).reason == "role.missing"
    assert scene.officer.delete(target)["state"] == "withdrawn"
    assert scene.officer.refused("DELETE", target).reason == "change.state"
    text = signature(scene.api.device, unb64(scene.change(change)["document"]))
    assert scene.refused(change, text, scene.api).reason == "change.state"
    other = scene.propose()["change"]
    scene.sign(other, scene.officer)
    assert scene.propose('base = "open"\n[devices]\ncap = 1\n')["version"] == 2
    assert scene.state(other) == "superseded"
    text = signature(scene.api.device, unb64(scene.change(other)["document"]))
    assert scene.refused(other, text, scene.api).reason == "change.state"
    assert scene.cap() == 1
    listed = eye.get(f"/tenants/{scene.domain}/changes")["changes"]
    assert {each["change"]: each["state"] for each in listed} == \
        {change: "withdrawn", other: "superseded"}
    assert next(each for each in listed if each["change"] == change)["closed_by"] == \
        f"officer@{scene.domain}"


def test_o02_everything_survives_kill_9_between_any_two_steps(scene):
    scene.kill_and_start()
    assert scene.cap() == 2
    change = scene.propose(note="wanted")["change"]
    before = scene.change(change)["document"]
    scene.kill_and_start()
    assert scene.state(change) == "pending" and scene.change(change)["document"] == before
    scene.sign(change, scene.officer)
    scene.kill_and_start()
    assert scene.cap() == 2 and scene.change(change)["missing"] == "provider; 1 person"
    assert scene.change(change)["note"] == "wanted"
    scene.sign(change, scene.api)
    scene.kill_and_start()
    assert scene.cap() == 5 and scene.state(change) == "effective"
    shown = scene.api.get(f"/tenants/{scene.domain}/policy")
    assert shown["standing"] == "set" and shown["change"] == change
    again = scene.propose('base = "open"\n[devices]\ncap = 7\n')["change"]
    scene.officer.delete(f"/tenants/{scene.domain}/changes/{again}")
    scene.kill_and_start()
    assert scene.state(again) == "withdrawn"
    scene.officer.post(f"/tenants/{scene.domain}/policy/roll-back",
                       {"version": 1, "expected_version": 2})
    scene.kill_and_start()
    assert scene.cap() == 2 and newest(scene.api, scene.domain) == 3
    assert "alarm." not in scene.installation.logs()


def test_o02_kill_9_while_the_last_signature_arrives_leaves_all_or_nothing(scene):
    target = "/api/v1/tenants/{}/changes/{}/signature"
    seen = set()
    for delay in (0.0, 0.002, 0.005, 0.01, 0.02, 0.04):
        document = f'base = "open"\n[devices]\ncap = {scene.cap() + 1}\n'
        change = scene.propose(document)["change"]
        scene.sign(change, scene.officer)
        old = scene.cap()
        text = signature(scene.api.device, unb64(scene.change(change)["document"]))

        def last(change=change, text=text):
            try:
                scene.api.call("POST", target.format(scene.domain, change), {"signature": text},
                               retry=False)
            except (OSError, ApiError, http.client.HTTPException):
                pass  # it was killed meanwhile

        sender = threading.Thread(target=last)
        sender.start()
        time.sleep(delay)
        scene.kill_and_start()
        sender.join()
        state = scene.state(change)
        seen.add(state)
        # Either all of it or nothing: never a policy without its change, nor the other way round.
        assert (state, scene.cap()) in {("pending", old), ("effective", old + 1)}
        assert scene.api.get(f"/tenants/{scene.domain}/policy")["standing"] == "set"
        if state == "pending":
            assert scene.change(change)["missing"] == "provider; 1 person"
            scene.sign(change, scene.api)
        assert scene.cap() == old + 1
    assert "alarm." not in scene.installation.logs() and seen


def rows_of(scene, kind):
    tenant = number(scene.api.get(f"/tenants/{scene.domain}")["tenant"])
    scene.installation.stop()
    with content_db(scene.installation) as db:
        return db.execute("SELECT tenant, kind, id, sub, version, content, mac FROM record "
                          "WHERE kind=? AND tenant=? ORDER BY sub", (kind, tenant)).fetchall()


def put(scene, *rows):
    with content_db(scene.installation) as db:
        for row in rows:
            put_record(db, row)
    scene.installation.start()


def test_o02_a_writer_to_the_database_completes_no_change(scene):
    change = scene.propose()["change"]
    scene.sign(change, scene.officer)
    (row,) = rows_of(scene, CHANGE)
    content = bytearray(row[5])
    # Two people become one: the byte before the users' number, where the proposal has it.
    at = content.index(b"CVC1") + 4 + 4 + len("policy") + 24 + 64 + 2
    assert content[at] == 2
    content[at] = 1
    put(scene, (*row[:5], bytes(content), row[6]))
    assert scene.cap() == 2
    assert scene.api.refused("GET", f"/tenants/{scene.domain}/changes/{change}").reason == \
        "change.not_found"
    assert "alarm.change_lost" in scene.installation.logs()
    # A tenant goes on: what is in force stays so, and the change is proposed anew.
    again = scene.propose()["change"]
    scene.sign(again, scene.officer)
    assert scene.sign(again, scene.api)["version"] == 2


def test_o02_an_older_row_brings_no_withdrawn_change_back(scene):
    change = scene.propose()["change"]
    scene.sign(change, scene.officer)
    (row,) = rows_of(scene, CHANGE)
    scene.installation.start()
    scene.officer.delete(f"/tenants/{scene.domain}/changes/{change}")
    scene.installation.stop()
    put(scene, row)
    text = signature(scene.api.device, b"")
    assert scene.refused(change, text, scene.api).reason == "change.not_found"
    assert scene.cap() == 2 and "alarm.change_lost" in scene.installation.logs()


def test_o02_signatures_that_were_taken_out_of_a_version_make_the_tenant_strict(scene):
    change = scene.propose()["change"]
    scene.sign(change, scene.officer)
    scene.sign(change, scene.api)
    first, second = rows_of(scene, POLICY)
    content = second[5].replace(b"conclave", b"")
    at = content.index(b"CVC1")
    bent = content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]
    put(scene, first, (*second[:5], bent, second[6]))
    shown = scene.api.get(f"/tenants/{scene.domain}/policy")
    assert shown["standing"] == "refused" and shown["base"] == "strict"
    assert "alarm.policy_strict" in scene.installation.logs()


@pytest.mark.short
def test_o02_admins_do_all_of_it_from_the_shell(scene, tmp_path):
    always = ("--tenant", scene.domain)
    officer = Ctl(scene.installation, tmp_path / "officer", f"officer@{scene.domain}", *always)
    admin = Ctl(scene.installation, tmp_path / "admin", "admin@provider.local", *always)
    file = tmp_path / "rules.toml"
    file.write_text(FIVE)
    planned = officer.run("policy", "plan", str(file)).stdout
    assert "weakening: devices.cap: 2 -> 5  (smaller is stricter) signed by provider, tenant" \
        in planned
    assert "waits for signatures: provider, tenant; 2 people" in planned
    assert "would be refused: 0 devices of 0 users" in planned
    told = officer.run("policy", "set", str(file), "--note", "needed").stdout
    assert "not in force yet" in told and "missing: provider; 1 person" in told
    assert f"officer@{scene.domain} (tenant)" in told
    change = next(word for word in told.split() if word.startswith("c_"))
    assert f"policy approve {change}" in told and scene.cap() == 2
    listed = admin.run("policy", "changes").stdout
    assert change in listed and "pending" in listed and "provider; 1 person" in listed
    shown = admin.run("policy", "changes", change).stdout
    assert "devices.cap: 2 -> 5" in shown
    assert officer.run("policy", "approve", change, check=False).returncode == 1
    made = admin.run("policy", "approve", change).stdout
    assert "devices.cap: 2 -> 5" in made and "signed by" in made and scene.cap() == 5
    history = officer.run("policy", "history").stdout
    assert "admin@provider.local (provider)" in history and "needed" in history
    back = officer.run("policy", "roll-back", "1").stdout
    assert "copy of" in back and scene.cap() == 2
    again = officer.json("policy", "roll-back", "2")
    assert again["state"] == "pending"
    assert "withdrawn" in officer.run("policy", "withdraw", again["change"]).stdout
    assert scene.cap() == 2
    assert "0 devices" in officer.run("policy", "plan", "--version", "2").stdout


def test_o02_an_installation_of_one_person_says_so_and_doctor_reminds_of_it(server, tmp_path):
    house = House(server, TWO)
    waits = propose(house.api, house.domain, FIVE)
    assert waits["needs"] == "tenant; 1 person"
    assert sign(house.api, house.domain, waits["change"])["version"] == 2
    done = subprocess.run([program("conclavectl"), "--home", str(tmp_path / "home"), "doctor",
                           "--state", str(server.state)], capture_output=True, text=True,
                          timeout=60, input="", check=False)
    assert "signatures (warning)" in done.stdout and "[policy] signatures = 2" in done.stdout
    house.close()
