"""A-03: a client certificate from inside the tunnel proves the tenant's own VPN, wherever the
address is."""

import json
import subprocess

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from conclave_test import PASSWORD, Device, program
from conclave_test.api import Admin, ApiError
from conclave_test.certificates import Authority
from conclave_test.fixtures import ALPHA, BETA, World
from conclave_test.intruder import alarm, content_db, number, put_record
from conclave_test.located import LONDON, come_from, installation, reasons, set_policy, sign_in

CERTIFIED = 'base = "open"\n[network]\nmandatory_vpn = true\ncertificate_proof = true\n'


@pytest.fixture
def located(fresh, tmp_path):
    return installation(fresh, tmp_path / "location", "client_certificates = true\n")


@pytest.fixture
def tunnel(located, tmp_path):
    """The authority whose certificates the tenant gives to those inside its VPN."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    made = Authority(folder, "tunnel")
    made.id = located.admin_api.post(f"/tenants/{ALPHA}/authorities",
                                     {"certificate": made.pem})["authority"]
    set_policy(located, ALPHA, CERTIFIED)
    return made


@pytest.fixture
def laptop(located):
    return Device(World(located).person("ann").account, PASSWORD, name="laptop")


def missing(refused):
    """What the reason says of the certificate."""
    assert refused.reason == "sign_in.not_allowed"
    assert "network.vpn_missing" in reasons(refused)
    return [each["detail"] for each in refused.error["data"]["reasons"]
            if each["code"] == "network.vpn_missing"][0]


def let_in(located, device, certificate, address=LONDON):
    client, refused = sign_in(located, device, address, certificate)
    assert client is not None, refused
    assert client.call("room.list") is not None
    return client


def turned_away(located, device, certificate, address=LONDON):
    client, refused = sign_in(located, device, address, certificate)
    if client is not None:
        client.close()
    assert client is None
    return missing(refused)


def test_a03_a_certificate_from_inside_the_tunnel_gets_in_and_none_does_not(located, tunnel,
                                                                            laptop):
    assert turned_away(located, laptop, None) == ""
    let_in(located, laptop, tunnel.issue("ann")).close()
    let_in(located, laptop, tunnel.issue("ann again")).close()
    below = Authority(tunnel.folder, "gateway", tunnel)
    let_in(located, laptop, below.issue("ann")).close()
    assert turned_away(located, laptop, None) == ""


def test_a03_a_certificate_of_anybody_else_is_refused_and_told_why(located, tunnel, laptop):
    strangers = Authority(tunnel.folder, "strangers")
    located.admin_api.post(f"/tenants/{BETA}/authorities", {"certificate": strangers.pem})
    assert turned_away(located, laptop, strangers.issue("ann")).endswith("unknown_issuer")
    forged = Authority(tunnel.folder, "tunnel")
    assert turned_away(located, laptop, forged.issue("ann")) != ""
    assert turned_away(located, laptop, tunnel.issue("old", -9, -1)).endswith("expired")
    assert turned_away(located, laptop, tunnel.issue("early", 1, 9)).endswith("not_yet_valid")
    server = tunnel.issue("server", use=ExtendedKeyUsageOID.SERVER_AUTH)
    assert turned_away(located, laptop, server).endswith("not_for_clients")


def test_a03_a_certificate_proves_nothing_where_the_tenant_does_not_say_so(located, tunnel,
                                                                          laptop):
    set_policy(located, ALPHA, 'base = "open"\n[network]\nmandatory_vpn = true\n'
                               'egress = ["192.0.2.0/24"]\n')
    assert turned_away(located, laptop, tunnel.issue("ann")) == ""


def looked_again(located, name):
    """Every session was looked at under CERTIFIED: one that has no proof was ended by it."""
    set_policy(located, ALPHA, 'base = "open"\n')
    witness = Device(World(located).person(name).account, PASSWORD)
    client = let_in(located, witness, None)
    set_policy(located, ALPHA, CERTIFIED)
    assert client.wait_closed() == 4009
    client.drop()


def test_a03_a_session_stays_while_its_authority_does(located, tunnel, laptop):
    client = let_in(located, laptop, tunnel.issue("ann"))
    # The second look begins when the first is over.
    looked_again(located, "bob")
    looked_again(located, "carol")
    assert client.call("room.list") is not None
    other = Authority(tunnel.folder, "other")
    located.admin_api.post(f"/tenants/{ALPHA}/authorities", {"certificate": other.pem})
    located.admin_api.delete(f"/tenants/{ALPHA}/authorities/{tunnel.id}")
    assert client.wait_closed() == 4009
    client.drop()
    assert turned_away(located, laptop, tunnel.issue("ann")).endswith("unknown_issuer")
    let_in(located, laptop, other.issue("ann")).close()


def test_a03_who_is_revoked_is_out_at_once_and_others_stay(located, tunnel, laptop):
    lost, kept = tunnel.issue("lost"), tunnel.issue("kept")
    phone = Device(laptop.account, PASSWORD, name="phone")
    thief, owner = let_in(located, laptop, lost), let_in(located, phone, kept)
    target = f"/tenants/{ALPHA}/authorities/{tunnel.id}/revocations"
    located.admin_api.put(target, {"revocations": tunnel.revocations(lost)})
    assert thief.wait_closed() == 4009
    thief.drop()
    assert owner.call("room.list") is not None
    owner.close()
    assert turned_away(located, laptop, lost).endswith("revoked")
    # A list that is out of date says of nobody that they were not revoked since.
    stale = Authority(tunnel.folder, "stale")
    located.admin_api.post(
        f"/tenants/{ALPHA}/authorities",
        {"certificate": stale.pem, "revocations": stale.revocations(from_days=-9, until_days=-1)})
    assert turned_away(located, laptop, stale.issue("ann")).endswith("list_expired")


def test_a03_a_session_ends_when_its_certificate_runs_out(located, tunnel, laptop):
    client = let_in(located, laptop, tunnel.issue("brief", until_days=8 / 86_400))
    assert client.wait_closed() == 4009
    client.drop()
    let_in(located, laptop, tunnel.issue("ann")).close()


def test_a03_a_session_that_is_resumed_shows_its_certificate_again(located, tunnel, laptop):
    client = let_in(located, laptop, tunnel.issue("ann"))
    handle = client.session["resume_handle"]
    client.drop()
    back = come_from(located, LONDON)
    refused = back.refused("session.resume", handle=handle)
    back.close()
    assert "network.vpn_missing" in reasons(refused)
    let_in(located, laptop, tunnel.issue("ann")).close()


def test_a03_authorities_outlive_a_restart(located, tunnel, laptop):
    located.restart()
    let_in(located, laptop, tunnel.issue("ann")).close()
    assert turned_away(located, laptop, None) == ""


def test_a03_the_management_api_takes_the_certificate_too(located, tunnel):
    located.admin_api.create_user(ALPHA, "officer", PASSWORD, roles=("security_admin",))
    desk = Device(f"officer@{ALPHA}", PASSWORD, name="desk")
    with pytest.raises(ApiError) as refused:
        Admin(located, desk).sign_in()
    assert refused.value.reason == "sign_in.not_allowed"
    officer = Admin(located, desk, tunnel.issue("officer"))
    assert officer.get(f"/tenants/{ALPHA}/authorities")["authorities"][0]["subject"] == "CN=tunnel"


def test_a03_conclavectl_shows_a_certificate_where_the_policy_asks_for_one(located, tunnel,
                                                                           tmp_path):
    located.admin_api.create_user(ALPHA, "officer", PASSWORD, roles=("security_admin",))
    password = tmp_path / "password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)

    def ctl(*arguments):
        return subprocess.run([program("conclavectl"), "--home", str(tmp_path / "home"),
                               *arguments], capture_output=True, text=True, timeout=60, input="",
                              check=False)
    sign_in_as = ("sign-in", f"officer@{ALPHA}", "--server",
                  f"https://127.0.0.1:{located.ports['https']}", "--ca", str(located.authority),
                  "--password-file", str(password))
    assert "network.vpn_missing" in ctl(*sign_in_as).stderr
    shown = ("--client-certificate", tunnel.issue("officer").file)
    done = ctl(*shown, *sign_in_as)
    assert done.returncode == 0, done.stderr
    done = ctl(*shown, "authority", "list")
    assert done.returncode == 0 and "CN=tunnel" in done.stdout
    assert ctl("authority", "list").returncode == 1


def test_a03_the_decision_is_explained_and_the_trail_names_no_person(located, tunnel, laptop):
    let_in(located, laptop, tunnel.issue("ann")).close()
    let_in(located, laptop, tunnel.issue("ann again")).close()
    turned_away(located, laptop, tunnel.issue("old", -9, -1))
    ask = {"user": laptop.account.partition("@")[0], "device": laptop.device, "address": LONDON}
    target = f"/tenants/{ALPHA}/policy/explain"
    said = located.admin_api.post(target, dict(ask, certificate=tunnel.issue("ann").chain))
    assert said["outcome"] == "allow"
    assert said["certificate"] == {"verdict": "proven", "authority": tunnel.id}
    said = located.admin_api.post(target, dict(ask, certificate=tunnel.issue("x", -9, -1).chain))
    assert said["outcome"] == "refuse" and said["certificate"]["verdict"] == "expired"
    said = located.admin_api.post(target, ask)
    assert said["outcome"] == "refuse" and "certificate" not in said
    entries = [json.loads(each["content"])
               for each in located.admin_api.get("/audit?limit=200")["entries"]]
    told = {each["action"]: each["facts"]["certificate"] for each in entries
            if "certificate" in each.get("facts", {})}
    assert told["device.enrolled"].startswith("proven ")
    assert told["sign_in.by_certificate"].startswith("proven ")
    assert told["sign_in.not_allowed"].startswith("expired ")
    assert all(len(value.partition(" ")[2]) == 32 for value in told.values())
    assert {"authority.added"} <= {each["action"] for each in entries}


def test_a03_an_authority_that_was_written_into_the_database_lets_nobody_in(located, tunnel,
                                                                            laptop):
    planted = Authority(tunnel.folder, "planted")
    made = located.admin_api.post(f"/tenants/{BETA}/authorities", {"certificate": planted.pem})
    target = located.admin_api.post(f"/tenants/{ALPHA}/authorities",
                                    {"certificate": Authority(tunnel.folder, "gone").pem})
    tenant = located.admin_api.get(f"/tenants/{ALPHA}")["tenant"]
    located.stop()
    with content_db(located) as db:
        row = list(db.execute("SELECT tenant, kind, id, sub, version, content, mac FROM record "
                              "WHERE id=?", (number(made["authority"]),)).fetchone())
        # Another tenant's row at a new place, and in place of one that stands there.
        for place in (row[2], number(target["authority"])):
            put_record(db, [number(tenant), row[1], place, *row[3:]])
    located.start()
    assert turned_away(located, laptop, planted.issue("ann")).endswith("unknown_issuer")
    assert alarm(located)
    let_in(located, laptop, tunnel.issue("ann")).close()


def test_a03_wrong_input_is_told_and_changes_nothing(located, tunnel):
    api, target = located.admin_api, f"/tenants/{ALPHA}/authorities"
    leaf = tunnel.issue("leaf")
    for body, reason in (({}, "params.invalid"), ({"certificate": 7}, "params.invalid"),
                         ({"certificate": tunnel.pem, "more": 1}, "params.invalid"),
                         ({"certificate": ""}, "authority.invalid"),
                         ({"certificate": "A" * 9_000}, "authority.invalid"),
                         ({"certificate": leaf.chain}, "authority.invalid"),
                         ({"certificate": tunnel.pem * 2}, "authority.invalid"),
                         ({"certificate": open(leaf.file).read()}, "authority.invalid"),
                         ({"certificate": tunnel.pem}, "authority.exists"),
                         ({"certificate": Authority(tunnel.folder, "other").pem,
                           "revocations": tunnel.revocations()}, "authority.invalid")):
        refused = api.refused("POST", target, body)
        assert refused.reason == reason and refused.advice, body
    for method, rest, body, reason in (
            ("DELETE", "/c_0000000000001", None, "authority.not_found"),
            ("DELETE", "/nothing", None, "authority.not_found"),
            ("PUT", f"/{tunnel.id}/revocations", {"revocations": "x"}, "authority.invalid"),
            ("PUT", f"/{tunnel.id}/revocations", {}, "params.invalid")):
        assert api.refused(method, target + rest, body).reason == reason
    # Of another tenant it cannot even be named.
    assert api.refused("DELETE", f"/tenants/{BETA}/authorities/{tunnel.id}").reason == \
        "authority.not_found"
    assert [each["authority"] for each in api.get(target)["authorities"]] == [tunnel.id]
    ask = {"user": "nobody", "device": "new", "address": LONDON, "certificate": "no PEM"}
    located.admin_api.create_user(ALPHA, "nobody", PASSWORD)
    assert api.refused("POST", f"/tenants/{ALPHA}/policy/explain", ask).reason == \
        "authority.invalid"


def test_a03_the_terminal_client_shows_its_certificate(located, tunnel, tmp_path):
    person = World(located).person("ann")
    certificate = tunnel.issue("ann")

    def conclave(*arguments):
        return subprocess.run([program("conclave"), "--home", str(tmp_path / "home"), *arguments],
                              capture_output=True, text=True, timeout=60, input=PASSWORD + "\n",
                              check=False)
    server = ("sign-in", person.account, "--server",
              f"wss://127.0.0.1:{located.ports['https']}", "--ca", str(located.authority))
    assert "network.vpn_missing" in conclave(*server).stderr
    shown = ("--client-certificate", certificate.file)
    done = conclave(*shown, *server)
    assert done.returncode == 0, done.stderr
    assert conclave(*shown, "rooms").returncode == 0
    assert conclave("rooms").returncode != 0
    broken = tmp_path / "broken.pem"
    broken.write_text(tunnel.pem)
    assert "client.certificate" in conclave("--client-certificate", str(broken), "--json",
                                            "rooms").stderr


def test_a03_conclavectl_adds_lists_and_removes_authorities(located, tunnel, tmp_path):
    password, home = tmp_path / "password", tmp_path / "home"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    located.admin_api.create_user(BETA, "officer", PASSWORD, roles=("security_admin",))

    def ctl(*arguments, status=0):
        done = subprocess.run([program("conclavectl"), "--home", str(home), "--json", *arguments],
                              capture_output=True, text=True, timeout=60, input="", check=False)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        said = done.stdout + done.stderr
        return json.loads(said) if status == 0 and said.startswith("{") else said

    ctl("sign-in", f"officer@{BETA}", "--state", str(located.state), "--password-file",
        str(password))
    file, crl = tmp_path / "root.pem", tmp_path / "list.pem"
    file.write_text(tunnel.pem)
    crl.write_text(tunnel.revocations())
    made = ctl("authority", "add", str(file), "--revocations", str(crl))
    assert made["subject"] == "CN=tunnel" and made["revoked"] == 0
    crl.write_text(tunnel.revocations(tunnel.issue("lost")))
    assert ctl("authority", "revocations", made["authority"], str(crl))["revoked"] == 1
    assert len(ctl("authority", "list")["authorities"]) == 1
    assert "authority.exists" in ctl("authority", "add", str(file), status=1)
    file.write_text(tunnel.issue("leaf").chain)
    assert "CA:TRUE" in ctl("authority", "add", str(file), status=1)
    file.write_text("nothing of the kind")
    assert "found 0" in ctl("authority", "add", str(file), status=1)
    assert "--yes" in ctl("authority", "remove", made["authority"], status=2)
    ctl("authority", "remove", made["authority"], "--yes")
    assert ctl("authority", "list")["authorities"] == []
    assert "authority.not_found" in ctl("authority", "remove", made["authority"], "--yes",
                                        status=1)
