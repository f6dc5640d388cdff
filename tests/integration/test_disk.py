"""Bad days of the disk, against real processes: full, limited, read-only, torn backups. Where the
kernel lets an ordinary user make a file system of its own, the disk is one of a few megabytes; the
file size limit of a process works everywhere."""

import os
import resource
import subprocess
import threading

import pytest

from conclave_test import Refused, Rejected, Closed, processes, program, wait_until
from conclave_test.fixtures import World, furnish

TEXT = "x" * 12_000
ROOM_ENOUGH = 4 << 20  # bytes for the disk or the file before it is full
NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def can_mount():
    """Whether this user may make a small disk; as root, as an ordinary user, in most containers."""
    tried = subprocess.run(NAMESPACE + ["sh", "-c", "mount -t tmpfs none /mnt"],
                           capture_output=True, check=False)
    return tried.returncode == 0


class SmallDisk:
    """content/ is a file system of its own, in the launcher's mount namespace."""

    def prepare(self, installation):
        content = installation.state / "content"
        content.mkdir(mode=0o700, exist_ok=True)
        installation.before = NAMESPACE + [
            "sh", "-c", f'mount -t tmpfs -o size={ROOM_ENOUGH},mode=700 none "$0" && exec "$@"',
            str(content)]

    def limit(self, installation):
        """It is small from the start."""

    def relieve(self, installation):
        in_namespace(installation, f"remount,size={16 * ROOM_ENOUGH}",
                     installation.state / "content")


class FileSizeLimit:
    """No file of the server may grow beyond a limit (RLIMIT_FSIZE), as a quota has it."""

    def prepare(self, installation):
        """Nothing before the start."""

    def limit(self, installation):
        self.set(installation, ROOM_ENOUGH)

    def relieve(self, installation):
        self.set(installation, resource.RLIM_INFINITY)

    @staticmethod
    def set(installation, size):
        _, hard = resource.prlimit(installation.server_pid, resource.RLIMIT_FSIZE)
        resource.prlimit(installation.server_pid, resource.RLIMIT_FSIZE, (size, hard))


class ReadOnly:
    """content/ cannot be written to: a mount where the kernel lets us, else its mode (root, whom
    modes do not hold back, may always mount)."""

    def __init__(self, content):
        self.content = content
        self.mount = can_mount()

    def prepare(self, installation):
        if self.mount:
            installation.before = NAMESPACE + [
                "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"',
                str(self.content)]
        else:
            self.content.chmod(0o500)
            for path in self.content.iterdir():
                path.chmod(0o400)

    def relieve(self, installation):
        if self.mount:
            in_namespace(installation, "remount,bind,rw", self.content)
        else:
            self.content.chmod(0o700)
            for path in self.content.iterdir():
                path.chmod(0o600)


def in_namespace(installation, options, folder):
    """Mounts anew where the launcher sees it."""
    subprocess.run(["nsenter", "--user", "--mount", "--preserve-credentials", "--target",
                    str(installation.launcher.pid), "mount", "-o", options, "none", str(folder)],
                   check=True, timeout=30)


DISKS = [FileSizeLimit] + ([SmallDisk] if can_mount() else [])


def fill(client, room):
    """Sends until the disk is full: ({seq: client_id}, what was refused)."""
    taken = {}
    for _ in range(2000):
        params = {"room": room, "client_id": client.device.next_client_id(), "text": TEXT}
        try:
            taken[client.call("message.send", params)["seq"]] = params["client_id"]
        except Refused as refused:
            assert (refused.code, refused.reason) == (-32050, "store.read_only"), refused
            assert "disk is full" in refused.advice
            return taken, params
    raise AssertionError("the disk never became full")


def whole_log(client, room):
    entries, after = [], 0
    while True:
        page = client.history(room, after=after, limit=200, all_kinds=True)
        entries += page["entries"]
        if not page["more"]:
            return entries
        after = entries[-1]["seq"]


def taken_again(client, params):
    try:
        return client.call("message.send", params)
    except Refused as refused:
        assert refused.reason == "store.read_only", refused
        return None


@pytest.mark.parametrize("kind", DISKS, ids=[kind.__name__ for kind in DISKS])
def test_a_full_disk_refuses_with_a_reason_keeps_what_was_acknowledged_and_heals(bare, kind):
    disk, installation = kind(), bare()
    installation.init()
    disk.prepare(installation)
    installation.start()
    furnish(installation.set_up())
    world = World(installation)
    a = world.person("ada").device()
    room = world.room(a)
    disk.limit(installation)
    server = installation.server_pid
    taken, refused = fill(a, room)
    assert len(taken) > 50
    ready = installation.get("/readyz")
    assert ready.status == 503
    checks = ready.json()["checks"]
    assert [name for name, state in checks.items() if state != "ok"] == ["store"], checks
    assert installation.get("/livez").status == 200
    stored = [e["seq"] for e in whole_log(a, room) if e["kind"] == "message"]
    assert stored == sorted(taken), "reading goes on, and shows what was acknowledged"

    disk.relieve(installation)
    again = wait_until(lambda: taken_again(a, refused), "service again", 20)
    assert again["seq"] == max(taken) + 1, "a refused message leaves no gap"
    wait_until(lambda: installation.get("/readyz").status == 200, "readiness again")
    log = whole_log(a, room)
    assert [e["seq"] for e in log] == list(range(1, again["seq"] + 1))
    assert installation.server_pid == server, "it healed without a restart"
    world.close()


def test_a_disk_that_takes_nothing_at_all_is_survived(fresh):
    """A limit of zero is what a file system that was remounted read-only looks like to a write."""
    installation = fresh()
    world = World(installation)
    a = world.person("ada").device()
    room = world.room(a)
    before = a.send(room, "before")["seq"]
    server = installation.server_pid
    FileSizeLimit.set(installation, 0)
    params = {"room": room, "client_id": a.device.next_client_id(), "text": "during"}
    for _ in range(3):
        refused = a.refused("message.send", params)
        assert (refused.code, refused.reason) == (-32050, "store.read_only"), refused
    assert a.call("message.get", room=room, seq=before)["entry"]["body"]["text"] == "before"
    FileSizeLimit.set(installation, resource.RLIM_INFINITY)
    again = wait_until(lambda: taken_again(a, params), "service again", 20)
    assert again["seq"] == before + 1
    assert installation.server_pid == server
    world.close()


def test_a_server_on_a_read_only_disk_says_so_and_starts_once_it_is_writable(fresh):
    installation = fresh()
    content = installation.state / "content"
    world = World(installation)
    a = world.person("ada").device()
    room = world.room(a)
    seq = a.send(room, "before")["seq"]
    world.close()
    installation.stop()
    disk = ReadOnly(content)
    disk.prepare(installation)
    installation.expect_end("conclaved", status=1, most=100)
    installation.start(wait=False)
    wait_until(lambda: "server.failed" in installation.said(), "the refusal", 20)
    refusal = next(line for line in installation.said().splitlines() if "server.failed" in line)
    assert "store.read_only" in refusal and str(content) in refusal, refusal
    assert "The disk is full or read-only" in refusal, "the advice for the operator"
    disk.relieve(installation)
    installation.wait_ready(45)  # by itself: the launcher tries again with growing pauses
    a = installation.signed_in(a.device)
    assert a.call("message.get", room=room, seq=seq)["entry"]["body"]["text"] == "before"
    a.close()


@pytest.fixture
def large(fresh):
    """An installation with some megabytes to copy: (installation, device, room, seqs)."""
    installation = fresh()
    world = World(installation)
    a = world.person("ada").device()
    room = world.room(a)
    seqs = []
    for _ in range(30):
        requests = [a.start("message.send", {"room": room, "text": os.urandom(6000).hex(),
                                             "client_id": a.device.next_client_id()})
                    for _ in range(24)]
        seqs += [a.finish("message.send", request)["seq"] for request in requests]
    world.close()
    return installation, a.device, room, seqs


def test_a_crash_in_the_middle_of_a_backup_harms_neither_the_store_nor_the_next_one(large):
    installation, device, room, seqs = large
    folder = installation.state / "backup"
    before = set(folder.iterdir())
    api = installation.admin
    api.sign_in()

    def ask():
        try:
            api.call("POST", "/api/v1/backups", {"kind": "content"}, retry=False)
        except (OSError, Rejected, Closed):
            pass  # the connection ends with the server
    asking = threading.Thread(target=ask, daemon=True)
    server = installation.server_pid
    installation.expect_end("conclaved", signal=9)
    asking.start()
    while asking.is_alive() and not set(folder.iterdir()) - before:
        continue  # without a pause: the copy takes a fraction of a second
    os.kill(server, 9)
    wait_until(lambda: not processes.alive(server), "its end")
    asking.join(30)
    half = set(folder.iterdir()) - before
    assert half, "the copy had not begun"
    installation.wait_ready()
    for path in half:
        if path.suffix != ".db":
            continue
        verdict = subprocess.run([program("conclavectl"), "backup", "verify", str(path)],
                                 capture_output=True, text=True, timeout=60, check=False)
        noted = path.with_suffix(".json").exists()
        assert verdict.returncode != 0 or noted, "half a backup passes for a whole one"
    again = installation.signed_in(device)
    assert [e["seq"] for e in whole_log(again, room) if e["kind"] == "message"] == seqs
    again.close()
    made = installation.admin.post("/backups", {"kind": "content"})
    verdict = subprocess.run([program("conclavectl"), "backup", "verify", str(folder /
                              made["file"])], capture_output=True, text=True, timeout=60,
                             check=False)
    assert verdict.returncode == 0, verdict


@pytest.mark.parametrize("keep", (0.0, 0.3, 0.999), ids=("nothing", "a third", "all but a page"))
def test_a_torn_backup_is_not_restored_and_the_store_stays_as_it_was(large, keep):
    installation, device, room, seqs = large
    made = installation.admin_api.post("/backups", {"kind": "content"})
    file = installation.state / "backup" / made["file"]
    os.truncate(file, int(file.stat().st_size * keep))
    installation.stop()
    refused = subprocess.run([program("conclavectl"), "restore", "--config",
                              str(installation.config_file), "content", str(file)],
                             capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode != 0
    assert "nothing was changed" in refused.stdout + refused.stderr, refused
    installation.start()
    again = installation.signed_in(device)
    assert [e["seq"] for e in whole_log(again, room) if e["kind"] == "message"] == seqs
    again.close()
