"""T-09: logs carry no secret and no message content; access to the logs and to the audit trail is
itself recorded."""

import os
import re

import pytest

from conclave_test import Admin, Device, PASSWORD, Refused
from conclave_test.fixtures import ALPHA, wait_until


@pytest.mark.short
def test_t09_no_secret_and_no_content_reaches_a_log(server, world):
    marker = "logmarker" + os.urandom(10).hex()
    ada = world.person("ada")
    device = Device(ada.account, PASSWORD)
    client = server.signed_in(device, "origin")
    room = world.room(client, name=f"R{marker}")
    client.send(room, f"T{marker}")
    client.call("user.search", query=f"Q{marker}"[:100])
    client.call("state.set", key="settings.x", value=f"S{marker}")
    client.refused("user.set_password", {"old": f"O{marker}", "new": f"N{marker}"})
    wrong = server.connect()
    with pytest.raises(Refused):
        wrong.enrol(Device(ada.account, f"P{marker}"))
    wrong.send_text('{"jsonrpc":"2.0","id":1,"method":"x","params":{"text":"J%s"' % marker)
    admin = server.admin_api
    admin.refused("POST", f"/tenants/{ALPHA}/users", {"name": "x y", "password": f"W{marker}"})
    raw = admin.raw("GET", f"/api/v1/tenants?token=U{marker}",
                    headers={"Authorization": f"Bearer B{marker}", "Cookie": f"C{marker}"})
    assert raw.status in (400, 401)
    tokens = [client.session["access_token"], client.session["resume_handle"], PASSWORD,
              admin.token, (server.state / "token" / "pin").read_text().strip()]
    client.close()
    wrong.drop()
    logs = server.logs()
    assert len(logs) > 1000, "the logs were looked for in the wrong place"
    assert marker not in logs
    for secret in tokens:
        assert secret not in logs


def test_t09_log_lines_have_time_level_place_and_a_stable_event(server, world):
    world.person("ada").device()
    lines = [line for line in server.logs().splitlines()
             if line.strip() and not line.startswith("---")]
    good = [line for line in lines if re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", line)
            and re.search(r"\b(debug|info|warn|warning|error)\b", line)
            and re.search(r"\.cpp[:\"]", line) and re.search(r"\b[a-z_]+\.[a-z_]+\b", line)]
    assert len(good) >= 0.95 * len(lines), [x for x in lines if x not in good][:5]


def test_t09_a_control_character_cannot_forge_a_log_line(server, world):
    client = server.connect()
    with pytest.raises(Refused):
        client.enrol(Device("evil@alpha.test\n2026-01-01T00:00:00Z info forged.event", "x"))
    client.close()
    forged = "2026-01-01T00:00:00Z"
    assert not [line for line in server.logs().splitlines() if line.lstrip().startswith(forged)]


def test_t09_reading_the_audit_trail_is_recorded_in_it(server, world):
    world.person("ada")
    first = server.admin_api.get("/audit?limit=200")["entries"]
    after = first[-1]["number"] if first else 0
    again = []
    while True:
        page = server.admin_api.get(f"/audit?limit=200&after={after}")["entries"]
        again += page
        if not page or any("audit.read" in str(e["content"]) for e in page):
            break
        after = page[-1]["number"]
    assert any("audit.read" in str(e["content"]) for e in first + again)


def test_t09_the_audit_trail_names_who_made_what_and_no_secret(server, world):
    ada = world.person("ada")
    entries, after = [], 0
    while True:
        page = server.admin_api.get(f"/audit?limit=200&after={after}")["entries"]
        if not page:
            break
        entries += page
        after = page[-1]["number"]
        if len(page) < 50:
            break
    text = str(entries)
    assert ada.user in text
    assert PASSWORD not in text
    numbers = [e["number"] for e in entries]
    assert numbers == sorted(set(numbers))
    assert all(e["chained"] for e in entries)
    head = server.admin_api.get("/audit/head")
    assert head["number"] >= numbers[-1] and head["signature"]


def trail_after(server, number):
    entries = []
    while True:
        page = server.admin_api.get(f"/audit?limit=200&after={number}")["entries"]
        entries += page
        if len(page) < 200:
            return entries
        number = page[-1]["number"]


def test_t09_reading_the_log_through_the_api_is_recorded_before_anything_is_shown(server, world):
    before = server.admin_api.get("/audit/head")["number"]
    shown = server.admin_api.get("/log?limit=5&event=server.")
    assert 1 <= len(shown["lines"]) <= 5
    assert all(line["event"].startswith("server.") for line in shown["lines"])
    recorded = [e for e in trail_after(server, before) if '"log.read"' in e["content"]]
    assert len(recorded) == 1 and "server." in recorded[0]["content"]


def test_t09_only_the_providers_people_read_the_log(server, world):
    auditor = world.person("audra", roles=("member", "auditor"))
    assert Admin(server, Device(auditor.account, PASSWORD)).refused("GET", "/log").status == 403


def test_t09_opening_the_log_file_beside_the_api_is_recorded(server, world):
    before = server.admin_api.get("/audit/head")["number"]
    server.logs()
    wait_until(lambda: [e for e in trail_after(server, before) if '"log.opened"' in e["content"]],
               "the opened log file stands in no audit entry")
