"""T-07: metrics, health, alert rules and dashboard."""

import json
import os
import re
import signal

import pytest
import yaml

from conclave_test import http, wait_until
from conclave_test.schema import ROOT

SAMPLE = re.compile(r'^[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}]*\})? (NaN|[+-]?Inf|[0-9.eE+-]+)$')


@pytest.mark.short
def test_t07_probes_say_live_started_and_ready(server):
    for probe in ("/livez", "/startupz", "/readyz"):
        assert server.get(probe).status == 200, probe
    ready = server.get("/readyz").json()
    assert ready["ready"] is True
    assert ready["checks"] and set(ready["checks"].values()) == {"ok"}


@pytest.mark.short
def test_t07_metrics_are_in_prometheus_form(server):
    answer = server.get("/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    names, typed = set(), set()
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        elif line and not line.startswith("#"):
            assert SAMPLE.match(line), line
            names.add(line.split("{")[0].split(" ")[0])
    assert all(name.startswith(("conclave_", "process_")) for name in names), names
    stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}
    assert stems <= typed | names and len(typed) >= 10


def values(server):
    found = {}
    for line in server.get("/metrics").text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_t07_messages_and_sessions_move_their_metrics(server, world):
    before = values(server)
    ada = world.person("ada").device()
    room = world.room(ada)
    for i in range(7):
        ada.send(room, f"m{i}")

    def grown():
        now = values(server)
        return {name.split("{")[0] for name in now
                if now[name] >= before.get(name, 0.0) + 7 and name.split("{")[0].endswith(
                    ("_total", "_count"))}
    wait_until(lambda: any("message" in n or "entries" in n or "commit" in n for n in grown()),
               f"a counter of messages to move; moved: {grown()}")
    sessions = [n for n in values(server) if "session" in n or "connection" in n]
    assert sessions


def test_t07_a_refused_sign_in_is_counted(server, world):
    from conclave_test import Device, Refused
    ada = world.person("ada")
    before = {n: v for n, v in values(server).items() if "refused" in n}
    client = server.connect()
    with pytest.raises(Refused):
        client.enrol(Device(ada.account, "wrong password"))
    client.close()
    wait_until(lambda: any(v > before.get(n, 0) for n,
                           v in values(server).items() if "refused" in n),
               "a counter of refused sign-ins to move")


def test_t07_metrics_hold_no_names_of_people_or_rooms(server, world):
    ada = world.person("ada")
    a = ada.device()
    room = world.room(a, name="Very special room")
    a.send(room, "content")
    text = server.get("/metrics").text
    for secret in (ada.account, ada.user, room, "Very special room"):
        assert secret not in text


def test_t07_health_and_metrics_are_there_over_tls_too(server):
    port = server.ports["https"]
    assert http.request(port, "GET", "/readyz", authority=server.authority).status == 200
    assert http.request(port, "GET", "/metrics", authority=server.authority).status == 200


def test_t07_readiness_falls_when_the_server_drains(fresh):
    installation = fresh({"limits.drain_ms": 4000})
    from conclave_test.fixtures import World
    world = World(installation)
    a = world.person("ada").device()
    installation.launcher.send_signal(signal.SIGTERM)
    told = a.wait_event("server.draining")
    assert told["reconnect_in_ms"] >= 0
    assert a.wait_closed() in (4007, 1001)
    assert installation.launcher.wait(30) == 0
    world.close()


MONITORING = ROOT / "packaging" / "monitoring"


def shown_names(server):
    """Every name that a query may use: samples, and parts of histograms."""
    return {line.split("{")[0].split(" ")[0] for line in server.get("/metrics").text.splitlines()
            if line and not line.startswith("#")}


def asked_names(expression):
    return set(re.findall(r"\bconclave_[a-z0-9_]+", expression))


def test_t07_alert_rules_ask_only_for_metrics_that_the_server_shows(server, world):
    world.room(world.person("ada").device())
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    names = [rule["alert"] for rule in rules]
    assert len(set(names)) == len(names) >= 8
    shown = shown_names(server)
    for rule in rules:
        asked = asked_names(rule["expr"])
        assert asked or "up{" in rule["expr"], rule["alert"]
        assert asked <= shown, (rule["alert"], asked - shown)
        assert rule["annotations"]["summary"] and rule["annotations"]["action"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_t07_the_dashboard_asks_only_for_metrics_that_the_server_shows(server, world):
    world.room(world.person("ada").device())
    panels = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    shown = shown_names(server)
    for panel in panels:
        asked = set().union(*(asked_names(target["expr"]) for target in panel["targets"]))
        assert asked and asked <= shown, (panel["title"], asked - shown)


def test_t07_a_token_that_is_gone_moves_its_metric(fresh):
    installation = fresh()
    wait_until(lambda: values(installation).get("conclave_token_answers") == 1.0,
               "the token to be seen")
    keyd = installation.pid_of("conclave-keyd")
    os.kill(keyd, signal.SIGSTOP)
    try:
        wait_until(lambda: values(installation)["conclave_token_answers"] == 0.0,
                   "the metric to say that the token is away")
    finally:
        os.kill(keyd, signal.SIGKILL)
    installation.expect_end("conclave-keyd", signal=int(signal.SIGKILL))
    wait_until(lambda: values(installation)["conclave_token_answers"] == 1.0,
               "the metric to say that the token is back")
