"""Processes by pid, as /proc tells of them."""

import os
import pathlib
import signal
import time


def _task_state(stat):
    try:
        return stat.read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def alive(pid):
    """Whether any thread of it still runs: the first may be gone while others hold its files and
    locks."""
    folder = pathlib.Path(f"/proc/{pid}/task")
    try:
        tasks = [entry / "stat" for entry in folder.iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return any(_task_state(stat) not in ("Z", "X") for stat in tasks)


def children(pid, name=None):
    """Living child processes; `name` is compared with the program's name (15 characters)."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            head, _, tail = (entry / "stat").read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = tail.split()
        if int(fields[1]) != pid or fields[0] in ("Z", "X"):
            continue
        if name is None or head.partition("(")[2] == name[:15]:
            found.append(int(entry.name))
    return sorted(found)


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child] + descendants(child)
    return found


def status_field(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return line.partition(":")[2].strip()
    raise KeyError(field)


def core_limit(pid):
    """Soft and hard limit of a core dump."""
    for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines():
        if line.startswith("Max core file size"):
            return tuple(line.split()[4:6])
    raise KeyError("Max core file size")


def wait_until(ready, what, timeout=15):
    """Asks again and again until `ready()` is true; its value."""
    end = time.monotonic() + timeout * slow_factor()
    while True:
        value = ready()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout} s in vain for {what}")
        time.sleep(0.02)


def slow_factor():
    """Sanitizer builds are slower; tests/run says by how much."""
    return float(os.environ.get("CONCLAVE_SLOW_FACTOR", "1"))


def end(pid, how=signal.SIGTERM, timeout=15):
    """Signals one process that this test started and waits until it is gone."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
    wait_until(lambda: not alive(pid), f"the end of process {pid}", timeout)
