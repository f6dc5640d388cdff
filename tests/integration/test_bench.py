"""The bench of tests/load works: every figure is produced. How large they are is not for a test."""

import json
import subprocess
import tempfile
from pathlib import Path

from conclave_test.installation import program
from conclave_test.processes import slow_factor

FIGURES = (
    "chat_msgs_per_s", "chat_p99_ms", "chat_cpu_us", "keyd_share",
    "floor_msgs_per_s", "floor_deliveries_per_s", "floor_durable_msgs_per_s",
    "room200_deliveries_per_s", "room1000_deliveries_per_s", "room1000_join_s",
    "logins_per_s", "resumes_per_s",
    "history_pages_per_s", "history50_pages_per_s", "history50_cold_pages_per_s",
    "idle_kib_per_session_plain", "idle_kib_per_session_tls",
    "chat_tls_msgs_per_s", "chat_tls_p99_ms", "room200_tls_deliveries_per_s",
    "logins_tls_per_s", "resumes_tls_per_s",
    "handshakes_full_per_s", "handshakes_resumed_per_s",
)


def test_every_figure_of_the_bench_is_produced():
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = Path(folder) / "figures.json"
        done = subprocess.run(
            [program("bench"), "--quick", "--runs", "1", "--seconds", "0.3", "--people", "20",
             "--sessions", "40", "--json", str(figures), "--folder", str(Path(folder) / "state")],
            capture_output=True, text=True, timeout=300 * slow_factor(), check=False)
        assert done.returncode == 0, done.stderr
        measured = json.loads(figures.read_text())
    for name in FIGURES:
        assert measured[name] > 0, f"{name}: {measured[name]}"
        assert measured["runs"][name], name
    notes = " ".join(measured["notes"])
    for limit in ("limits.messages_per_user_per_s", "password.argon2_passes"):
        assert limit in notes, "a raised limit is not named"
    for name in ("chat_msgs_per_s", "room1000_join_s", "idle_kib_per_session_tls"):
        assert name in done.stdout


def test_the_bench_fails_when_there_is_nothing_to_measure():
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        done = subprocess.run(
            [program("bench"), "--only", "chat", "--programs", folder, "--folder",
             str(Path(folder) / "state")],
            capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "is not built" in done.stderr
