"""RFC 6455 with `ws` of npm, case by case: a second client that shares nothing with the server."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import websocket_cases  # noqa: E402
from conclave_test import ROOT, slow_factor  # noqa: E402
from conclave_test.fixtures import World  # noqa: E402

FOLDER = ROOT / "tests" / "integration" / "ws"
CASES = websocket_cases.ws_cases()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """`ws` as package-lock.json pins it, in a folder of its own."""
    for tool in ("node", "npm"):
        assert shutil.which(tool), f"{tool} is missing: packaging/install-dependencies"
    folder = tmp_path_factory.mktemp("ws")
    for name in ("package.json", "package-lock.json", ".npmrc", "cases.js"):
        shutil.copy(FOLDER / name, folder / name)
    done = subprocess.run(["npm", "ci", "--prefer-offline"], cwd=folder, capture_output=True,
                          text=True, timeout=300, check=False)
    assert done.returncode == 0, f"npm ci: {done.stdout}{done.stderr}"
    return folder


def resume_handles(server, count):
    """Sessions that the player may go on with."""
    world = World(server)
    handles = [world.person("wanda").device().session["resume_handle"] for _ in range(count)]
    world.close()
    return handles


@pytest.fixture(scope="module")
def outcomes(server, library):
    """What each case came to, by number."""
    ports = server.ports
    done = subprocess.run(
        ["node", "cases.js", f"ws://127.0.0.1:{ports['ws']}/ws",
         f"wss://localhost:{ports['https']}/ws", str(server.authority)],
        cwd=library, capture_output=True, text=True, timeout=300 * slow_factor(), check=False,
        env=dict(os.environ, CONCLAVE_WS_CASES=str(FOLDER / "cases.json"),
                 CONCLAVE_SLOW_FACTOR=str(slow_factor()),
                 CONCLAVE_WS_HANDLES=" ".join(resume_handles(server, 9))))
    assert done.returncode == 0, done.stdout + done.stderr
    return {row["number"]: row["outcome"] for row in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("case", CASES, ids=[case["number"] for case in CASES])
def test_case(outcomes, case):
    observed = outcomes.get(case["number"], "was not played")
    assert observed == case["expected"], f"{case['number']}, {case['what']}"


def test_what_is_installed_is_pinned_by_digest_and_nothing_says_from_where():
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name
