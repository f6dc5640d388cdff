"""Second factors against the real server: the native protocol, the management API, both shells, and
a database that somebody else wrote to."""

import json
import sqlite3
import subprocess

import pytest

from conclave_test import PASSWORD, b64, program
from conclave_test.fixtures import World
from conclave_test.totp import Application

BY_PASSWORD = {"password": PASSWORD}


def add_totp(client, label="Phone", proof=None):
    """Enrols an application over a connection: the application and the factor's id."""
    begun = client.call("factor.enrol", kind="totp", label=label, proof=proof or BY_PASSWORD)
    application = Application(begun["totp"]["secret"])
    assert begun["totp"]["secret"] in begun["totp"]["uri"]
    made = client.call("factor.confirm", factor=begun["factor"], code=application.code())
    assert (made["kind"], made["label"]) == ("totp", label)
    return application, begun["factor"]


@pytest.mark.short
def test_a_factor_is_enrolled_listed_used_and_removed(server, world):
    client = world.person("ada").device()
    assert client.call("factor.list") == {"factors": []}
    application, factor = add_totp(client)
    listed = client.call("factor.list")["factors"]
    assert [(f["factor"], f["kind"], f["label"]) for f in listed] == [(factor, "totp", "Phone")]
    assert "used_ms" not in listed[0]
    code = application.code()
    assert len(client.call("factor.codes", proof={"totp": code})["codes"]) == 10
    assert client.refused("factor.codes", proof={"totp": code}).reason == "factor.wrong"
    assert "used_ms" in client.call("factor.list")["factors"][0]
    client.call("factor.remove", factor=factor, proof=BY_PASSWORD)
    assert [f["kind"] for f in client.call("factor.list")["factors"]] == ["recovery_code"]
    again = client.refused("factor.remove", factor=factor, proof=BY_PASSWORD)
    assert again.reason == "factor.not_found"


def test_changes_need_exactly_one_right_proof(server, world):
    client = world.person("ada").device()
    application, factor = add_totp(client)
    wrong = {"factor.proof_invalid": [{}, {"password": PASSWORD, "totp": "123456"}],
             "password.wrong": [{"password": "not this one"}],
             "factor.wrong": [{"totp": application.wrong()}, {"recovery_code": "4f7k-9m2q-x1z0"}]}
    for reason, proofs in wrong.items():
        for proof in proofs:
            refused = client.refused("factor.remove", factor=factor, proof=proof)
            assert refused.reason == reason, proof
            assert client.refused("factor.enrol", kind="totp", label="x",
                                  proof=proof).reason == reason, proof
    assert [f["factor"] for f in client.call("factor.list")["factors"]] == [factor]


def test_an_enrolment_ends_after_five_wrong_codes_or_with_a_newer_one(server, world):
    client = world.person("ada").device()
    first = client.call("factor.enrol", kind="totp", label="one", proof=BY_PASSWORD)
    second = client.call("factor.enrol", kind="totp", label="two", proof=BY_PASSWORD)
    code = Application(first["totp"]["secret"]).code()
    over = client.refused("factor.confirm", factor=first["factor"], code=code)
    assert over.reason == "factor.enrolment_over"
    application = Application(second["totp"]["secret"])
    for _ in range(5):
        refused = client.refused("factor.confirm", factor=second["factor"],
                                 code=application.wrong())
        assert refused.reason == "factor.wrong"
    over = client.refused("factor.confirm", factor=second["factor"], code=application.code())
    assert over.reason == "factor.enrolment_over"
    assert client.call("factor.list") == {"factors": []}


def test_an_authenticator_gets_what_a_browser_needs(server, world):
    ada = world.person("ada")
    client = ada.device()
    begun = client.call("factor.enrol", kind="webauthn", label="Key", proof=BY_PASSWORD)
    asked = begun["webauthn"]
    assert (asked["rp_id"], asked["account"]) == ("localhost", ada.account)
    assert asked["algorithms"] == [-8, -7, -257]
    bad = {"client_data": b64(b"{}"), "attestation": b64(b"\xa0")}
    refused = client.refused("factor.confirm", factor=begun["factor"], registration=bad)
    assert refused.reason == "webauthn.malformed"
    both = client.refused("factor.confirm", factor=begun["factor"], registration=bad, code="123456")
    assert both.reason == "factor.proof_invalid"
    assert client.refused("factor.challenge").reason == "factor.not_found"


def test_the_management_api_lists_adds_and_removes(server):
    api = server.admin_api
    begun = api.post("/me/factors", {"label": "Phone", "proof": BY_PASSWORD})
    application = Application(begun["secret"])
    target = f"/me/factors/{begun['factor']}"
    assert api.refused("POST", target + "/confirm",
                       {"code": application.wrong()}).reason == "factor.wrong"
    api.post(target + "/confirm", {"code": application.code()})
    assert begun["factor"] in [f["factor"] for f in api.get("/me/factors")["factors"]]
    codes = api.post("/me/factors/codes", {"proof": {"totp": application.code()}})["codes"]
    assert len(set(codes)) == 10
    assert api.refused("POST", target + "/remove",
                       {"proof": {}}).reason == "factor.proof_invalid"
    api.post(target + "/remove", {"proof": {"recovery_code": codes[3]}})
    left = api.get("/me/factors")["factors"]
    assert [(f["kind"], f["codes_left"]) for f in left] == [("recovery_code", 9)]


def test_both_shells_manage_factors(server, world, tmp_path):
    ada = world.person("ada")
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    https = server.ports["https"]

    def ctl(*arguments):
        done = subprocess.run([program("conclavectl"), "--home", str(tmp_path / "ctl"), "--json",
                               *arguments], capture_output=True, text=True, timeout=60, input="",
                              check=False)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def terminal(*arguments, text=PASSWORD + "\n"):
        done = subprocess.run([program("conclave"), "--home", str(tmp_path / "home"), "--json",
                               *arguments], capture_output=True, text=True, timeout=60, input=text,
                              check=False)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    by_file = ("--password-file", str(password))
    ctl("sign-in", ada.account, "--server", f"https://127.0.0.1:{https}", "--ca",
        str(server.authority), *by_file)
    begun = ctl("factor", "add", "Phone", *by_file)
    assert begun["uri"].startswith("otpauth://totp/")
    application = Application(begun["secret"])
    ctl("factor", "confirm", begun["factor"], application.code())
    terminal("sign-in", ada.account, "--server", f"wss://127.0.0.1:{https}", "--ca",
             str(server.authority))
    assert [f["label"] for f in terminal("factor", "list")] == ["Phone"]
    codes = terminal("factor", "codes", "--code", application.code())[0]["codes"]
    assert len(codes) == 10
    terminal("factor", "remove", begun["factor"], "--recovery-code", codes[0])
    assert [f["kind"] for f in ctl("factor", "list")["factors"]] == ["recovery_code"]


def test_the_terminal_client_adds_an_application_in_one_go(server, world, tmp_path):
    ada = world.person("ada")
    base = [program("conclave"), "--home", str(tmp_path / "home"), "--json"]
    subprocess.run([*base, "sign-in", ada.account, "--server",
                    f"wss://127.0.0.1:{server.ports['https']}", "--ca", str(server.authority)],
                   input=PASSWORD + "\n", text=True, capture_output=True, timeout=60, check=True)
    adding = subprocess.Popen([*base, "factor", "add", "totp", "--label", "Phone"], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    adding.stdin.write(PASSWORD + "\n")
    adding.stdin.flush()
    begun = json.loads(adding.stdout.readline())
    assert begun["totp"]["uri"].startswith("otpauth://totp/")
    out, errors = adding.communicate(Application(begun["totp"]["secret"]).code() + "\n", timeout=60)
    assert adding.returncode == 0, errors
    assert json.loads(out)["label"] == "Phone"


# ---- restarts, and somebody who writes to the database


@pytest.fixture
def scene(fresh):
    """Somebody with an application and recovery codes, on a server that only this test uses."""
    installation = fresh()
    world = World(installation)
    client = world.person("ada").device()
    application, factor = add_totp(client)
    codes = client.call("factor.codes", proof=BY_PASSWORD)["codes"]
    return installation, client, application, factor, codes


def rows(installation, change):
    """Lets `change` write to the rows of factors; the server does not run."""
    with sqlite3.connect(installation.state / "content" / "content.db") as db:
        kind = 9
        assert db.execute("SELECT count(*) FROM record WHERE kind=?", (kind,)).fetchone()[0] == 2
        change(db, kind)


def test_what_was_used_stays_used_after_a_restart(scene):
    installation, client, application, _, codes = scene
    code = application.code()
    client.call("factor.codes", proof={"totp": code})
    fresh = client.call("factor.codes", proof=BY_PASSWORD)["codes"]
    client.call("factor.codes", proof={"recovery_code": fresh[0]})
    last = client.call("factor.codes", proof=BY_PASSWORD)["codes"]
    installation.restart()
    again = installation.signed_in(client.device)
    for proof in ({"totp": code}, {"recovery_code": codes[1]}, {"recovery_code": fresh[1]}):
        assert again.refused("factor.codes", proof=proof).reason == "factor.wrong", proof
    assert len(again.call("factor.codes", proof={"recovery_code": last[9]})["codes"]) == 10
    again.close()


def changed(db, kind):
    for tenant, id_, sub, content in db.execute(
            "SELECT tenant, id, sub, content FROM record WHERE kind=?", (kind,)).fetchall():
        content = bytearray(content)
        content[-1] ^= 1
        db.execute("UPDATE record SET content=? WHERE kind=? AND tenant=? AND id=? AND sub=?",
                   (bytes(content), kind, tenant, id_, sub))


def deleted(db, kind):
    assert db.execute("DELETE FROM record WHERE kind=?", (kind,)).rowcount == 2


@pytest.mark.parametrize("attack", [changed, deleted])
def test_a_factor_that_was_tampered_with_is_found_and_passes_nobody(scene, attack):
    installation, client, application, factor, codes = scene
    installation.stop()
    rows(installation, attack)
    installation.start()
    assert "alarm.row_refused" in installation.logs()
    again = installation.signed_in(client.device)
    for method, params in (("factor.list", {}),
                           ("factor.enrol", {"kind": "totp", "label": "Mine",
                                             "proof": BY_PASSWORD}),
                           ("factor.codes", {"proof": BY_PASSWORD}),
                           ("factor.codes", {"proof": {"totp": application.code()}}),
                           ("factor.remove", {"factor": factor,
                                              "proof": {"recovery_code": codes[0]}})):
        assert again.refused(method, params).reason == "row.refused", method
    again.close()


def test_an_older_row_brings_no_used_code_back(scene):
    installation, client, application, _, codes = scene
    installation.stop()
    kept = []
    rows(installation, lambda db, kind: kept.extend(db.execute(
        "SELECT version, content, mac, tenant, kind, id, sub FROM record WHERE kind=?",
        (kind,)).fetchall()))
    installation.start()
    again = installation.signed_in(client.device)
    code = application.code()
    again.call("factor.codes", proof={"totp": code})
    again.close()
    installation.stop()
    rows(installation, lambda db, kind: db.executemany(
        "UPDATE record SET version=?, content=?, mac=? WHERE tenant=? AND kind=? AND id=? AND "
        "sub=?", kept))
    installation.start()
    again = installation.signed_in(client.device)
    for proof in ({"totp": code}, {"recovery_code": codes[0]}):
        assert again.refused("factor.codes", proof=proof).reason == "row.refused"
    assert "alarm.row_refused" in installation.logs()
    again.close()
