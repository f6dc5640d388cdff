"""A whole installation in a folder of its own: token, keys, processes, first admin."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from . import http, processes
from .api import Admin
from .client import connect
from .device import Device
from .ends import Ends
from .schema import ROOT

PASSWORD = "correct horse battery staple"

# Argon2id as cheap as the configuration allows: tests make many accounts on two cores.
DEFAULTS = {
    "password.argon2_passes": 1,
    "password.argon2_bytes": 8 * 1024 * 1024,
    "limits.messages_per_user_per_s": 1000,
    "limits.requests_per_session_per_s": 2000,
    "limits.drain_ms": 200,
    "log.level": "debug",
    # People of tests sign in with as many devices as a test likes; those about policies set one.
    "policy.default": "open",
    # One admin changes policies alone; tests about signatures ask for more.
    "policy.signatures": 1,
    # Devices and admins of tests order at once; those about the waiting time and the cap set them.
    "keyd.order_wait_minutes": 0,
    "keyd.orders_per_hour": 1000,
}


def program(name):
    """Path of a built program: CONCLAVE_BIN_DIR (or CONCLAVE_BIN), else build/release/bin."""
    folder = os.environ.get("CONCLAVE_BIN_DIR") or os.environ.get("CONCLAVE_BIN")
    path = pathlib.Path(folder) if folder else ROOT / "build" / "release" / "bin"
    path = path / name
    assert path.exists(), f"{path} is not built (CONCLAVE_BIN_DIR names the folder of programs)"
    return str(path)


def toml(values):
    """Configuration text from {"limits.frame_bytes": 65536, …}."""
    tables = {}
    for name, value in values.items():
        table, _, key = name.rpartition(".")
        tables.setdefault(table, []).append(f"{key} = {json.dumps(value)}")
    lines = tables.pop("", [])
    for table, entries in tables.items():
        lines += [f"[{table}]"] + entries
    return "\n".join(lines) + "\n"


class StartFailed(Exception):
    """The server did not come up; holds what it said."""


class Installation:
    """STATE is `self.state`. Programs are stopped by pid, never by name."""

    def __init__(self, config=None, listen=("https", "ws"), folder=None, module=None,
                 tls_listener=""):
        """`tls_listener`: further lines of the [[listen]] table with TLS."""
        self.tls_listener = tls_listener
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="conclave-test-"))
        self.state = self.folder / "state"
        self.state.mkdir(mode=0o700, exist_ok=True)
        self.config_file = self.state / "conclave.toml"
        self.values = dict(DEFAULTS, **(config or {}))
        if module:
            self.values["keyd.module"] = str(module)
        self.listen = listen
        self.before = []  # a command that becomes the launcher: unshare, ...
        self.fixed_ports = {}
        self.launcher = None
        self.output = self.folder / "launcher.out"
        self.ends = Ends(self.output)
        self.admin_api = None
        self.admin_device = Device("admin@provider.local", PASSWORD, name="test admin")
        self.write_config()

    # -- configuration and the token

    def write_config(self, **changes):
        self.values.update({name.replace("__", "."): value for name, value in changes.items()})
        text = toml(self.values)
        for kind in self.listen:
            port = self.fixed_ports.get(kind, 0)
            text += (f'[[listen]]\naddress = "127.0.0.1"\nport = {port}\n'
                     f'tls = {json.dumps(kind == "https")}\n')
            if kind == "https":
                text += self.tls_listener
        self.config_file.write_text(text)
        self.config_file.chmod(0o600)

    def fix_ports(self, ports):
        """The next start uses these ports, not any free ones."""
        self.fixed_ports = {kind: ports[kind] for kind in self.listen}
        self.write_config()

    def init(self, *arguments, check=True):
        """conclave-keyd init: the token and the installation's keys."""
        done = self.keyd_command("init", *arguments)
        if check and done.returncode != 0:
            raise StartFailed(f"conclave-keyd init: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def keyd_command(self, name, *arguments):
        """A command of conclave-keyd that is not serving: init, clear-refusal."""
        return subprocess.run([program("conclave-keyd"), name, "--config", str(self.config_file),
                               *arguments], capture_output=True, text=True, timeout=120,
                               check=False,
                              cwd=self.folder)

    def accept_older_store(self):
        """As an operator does after a restore; the server must not run."""
        done = self.keyd_command("reset-anchor")
        assert done.returncode == 0, done.stdout + done.stderr

    # -- processes

    def start(self, wait=True):
        assert self.launcher is None or self.launcher.poll() is not None, "it is running"
        self.ports_file.unlink(missing_ok=True)
        with open(self.output, "ab") as output:
            self.launcher = subprocess.Popen(
                self.before + [program("conclave-launcher"), "--config", str(self.config_file)],
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=self.folder,
                start_new_session=True)
        if wait:
            self.wait_ready()
        return self

    @property
    def ports_file(self):
        return self.state / "run" / "ports.json"

    @property
    def ports(self):
        return json.loads(self.ports_file.read_text())

    @property
    def authority(self):
        return self.state / "authority" / "root.pem"

    def wait_ready(self, timeout=30):
        def ready():
            if self.launcher.poll() is not None:
                status = self.launcher.returncode
                raise StartFailed(f"the launcher ended with {status}\n{self.said()}")
            try:
                return self.ports_file.exists() and self.get("/readyz").status == 200
            except OSError:
                return False
        try:
            processes.wait_until(ready, "readiness", timeout)
        except TimeoutError as error:
            raise StartFailed(f"{error}\n{self.said()}") from error

    def said(self, most=6000):
        """The end of what the programs wrote."""
        text = self.output.read_text(errors="replace") if self.output.exists() else ""
        for log in sorted((self.state / "log").glob("*")) if (self.state / "log").exists() else []:
            text += f"--- {log.name}\n{log.read_text(errors='replace')[-most:]}"
        return text[-2 * most:]

    def logs(self):
        """Everything that the programs wrote."""
        return self.said(most=1 << 30)

    def pid_of(self, name):
        """The one running child of the launcher of that name."""
        return processes.wait_until(
            lambda: next(iter(processes.children(self.launcher.pid, name)), None),
            f"a running {name}")

    @property
    def keyd_pid(self):
        return self.pid_of("conclave-keyd")

    @property
    def server_pid(self):
        return self.pid_of("conclaved")

    def expect_end(self, name, status=None, signal=None, most=1):
        """Says that this test makes a child end so; any other end by a signal or with a status
        other than 0 fails it."""
        self.ends.expect(name, status, signal, most)

    def kill_child(self, name, how=signal.SIGKILL):
        """Ends the running child of that name by a signal, as a fault; its process id."""
        pid = self.pid_of(name)
        self.expect_end(name, signal=int(how))
        processes.end(pid, how)
        return pid

    def check_ends(self):
        """Fails when a child, or the launcher itself, ended in a way that no test asked for."""
        told = [str(end) for end in self.ends.unexpected()]
        if self.launcher is not None and (self.launcher.poll() or 0) < 0:
            if -self.launcher.returncode != signal.SIGKILL:
                told.append(f"the launcher ended by signal {-self.launcher.returncode}")
        assert not told, f"{'; '.join(told)}\n{self.said()}"

    def stop(self, timeout=30):
        """SIGTERM to the launcher; its exit code."""
        if self.launcher is None or self.launcher.poll() is not None:
            return self.launcher.returncode if self.launcher else None
        self.launcher.send_signal(signal.SIGTERM)
        return self.launcher.wait(timeout * processes.slow_factor())

    def kill(self):
        """SIGKILL to the launcher and all that it started."""
        if self.launcher is None or self.launcher.poll() is not None:
            return
        family = processes.descendants(self.launcher.pid)
        self.launcher.kill()
        self.launcher.wait()
        for pid in family:
            processes.end(pid, signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- speaking to it

    def get(self, target, **options):
        """Plain GET over the loopback listener (or HTTPS when there is none)."""
        ports = self.ports
        if ports.get("ws"):
            return http.request(ports["ws"], "GET", target, **options)
        return http.request(ports["https"], "GET", target, authority=self.authority, **options)

    def metric(self, name, **labels):
        """Sum of the samples of a metric whose labels include the ones given."""
        total, found = 0.0, False
        for line in self.get("/metrics").text.splitlines():
            head, _, value = line.rpartition(" ")
            if head.partition("{")[0] != name:
                continue
            if all(f'{key}="{val}"' in head for key, val in labels.items()):
                total, found = total + float(value), True
        assert found, f"no metric {name} {labels}"
        return total

    def connect(self, binding="loopback", **options):
        return connect(self, binding, **options)

    def signed_in(self, device, binding="loopback", **options):
        """A connection of a device that was enrolled; enrols it the first time."""
        client = self.connect(binding, **options)
        if device.device:
            client.prove(device)
        else:
            client.enrol(device)
        return client

    def new_device(self, person, name=None, algorithm="ES256", binding="loopback"):
        """A further device of a person, enrolled and connected."""
        device = Device(person.account, person.password, name or f"device of {person.name}",
                        algorithm)
        return self.signed_in(device, binding)

    # -- administration

    def set_up(self):
        """Consumes the one-time secret; afterwards `admin` works."""
        secret = (self.state / "run" / "setup").read_text().strip()
        Admin(self, self.admin_device).set_up(secret, "admin", PASSWORD)
        return self

    @property
    def admin(self):
        return Admin(self, self.admin_device)


class Person:
    """An account that a test made."""

    def __init__(self, account, password, user):
        self.account = account
        self.password = password
        self.user = user
        self.name = account.partition("@")[0]


def prepared(config=None, **options):
    """A running installation with its first admin."""
    made = Installation(config, **options)
    try:
        made.init()
        made.start()
        made.set_up()
    except BaseException:
        made.kill()
        raise
    return made


def until(seconds):
    """A deadline for loops that look for something that must not happen or must end."""
    end = time.monotonic() + seconds * processes.slow_factor()
    return lambda: time.monotonic() < end
