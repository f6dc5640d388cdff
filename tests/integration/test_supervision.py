"""What the launcher does when a child ends with a status that means something, shown with the real
programs; a child that ends so on purpose is a script that then becomes the real one."""

import itertools
import subprocess

import pytest

from conclave_test import processes, program, wait_until
from conclave_test.fixtures import World

HUNG, UNCERTAIN, RECYCLE = 70, 74, 75  # keyd: token call hung; store: fsync failed; keyd: memory
_numbers = itertools.count(1)


def ending(installation, name, statuses):
    """A program that ends with these statuses, one a start, and afterwards is the real `name`."""
    folder = installation.folder / f"ending{next(_numbers)}"
    folder.mkdir()
    for place, status in enumerate(statuses):
        (folder / str(place)).write_text(str(status))
    script = folder / name
    script.write_text(f"#!/bin/sh\nfor f in {folder}/[0-9]*; do\n"
                      '  [ -e "$f" ] && s=$(cat "$f") && rm "$f" && exit "$s"\ndone\n'
                      f'exec {program(name)} "$@"\n')
    script.chmod(0o700)
    return script


def replace(installation, **programs):
    words = "".join(f' --{option} "{path}"' for option, path in programs.items())
    installation.before = ["sh", "-c", 'exec "$@"' + words, "sh"]


@pytest.mark.parametrize("option,name,status", [
    ("keyd", "conclave-keyd", HUNG), ("keyd", "conclave-keyd", RECYCLE),
    ("server", "conclaved", UNCERTAIN), ("server", "conclaved", RECYCLE)])
def test_a_child_that_asks_for_a_new_start_gets_it_and_service_returns(fresh, option, name, status):
    installation = fresh()
    installation.stop()
    replace(installation, **{option: ending(installation, name, [status, status])})
    installation.expect_end(name, status=status, most=2)
    installation.start()
    assert [e.status for e in installation.ends.all() if not e.clean] == [status, status]
    world = World(installation)
    a = world.person("ada").device()
    assert a.send(world.room(a), "served")["seq"]
    world.close()


@pytest.mark.parametrize("option,name", [("keyd", "conclave-keyd"), ("server", "conclaved")])
def test_a_child_that_refuses_its_configuration_is_not_started_again(fresh, option, name):
    installation = fresh()
    installation.stop()
    before = len(installation.ends.all())
    replace(installation, **{option: ending(installation, name, [78])})
    installation.expect_end(name, status=78)
    for other in ("conclaved", "conclave-keyd"):  # stopped before it listens for signals
        installation.expect_end(other, signal=15)
    installation.start(wait=False)
    assert installation.launcher.wait(30 * processes.slow_factor()) == 78
    assert [e.status for e in installation.ends.all()[before:]
            if e.program == name] == [78], "it was tried again"


def test_a_second_launcher_names_the_first_and_what_to_do(fresh):
    installation = fresh()
    second = subprocess.run([program("conclave-launcher"), "--config",
                             str(installation.config_file)],
                            capture_output=True, text=True, timeout=60, check=False)
    said = second.stdout + second.stderr
    assert second.returncode == 75, said
    assert f"process {installation.launcher.pid}" in said and "launcher.pid" in said, said
    assert len(said.strip().splitlines()) >= 2, "no advice: " + said


def test_a_second_server_on_the_same_store_is_refused_by_name(fresh):
    """Without the launcher, whose lock would already refuse: the store has a lock of its own."""
    installation = fresh()
    world = World(installation)
    a = world.person("ada").device()
    room = world.room(a)
    second = subprocess.run([program("conclaved"), "--config", str(installation.config_file)],
                            capture_output=True, text=True, timeout=60, check=False)
    said = second.stdout + second.stderr
    assert second.returncode != 0
    assert "store.in_use" in said and "stop it first" in said, said
    assert a.send(room, "unharmed")["seq"]
    assert installation.get("/readyz").status == 200
    world.close()


def test_a_second_key_process_does_not_take_the_first_ones_place(fresh):
    """Two of them on one SoftHSM token would spoil it for both."""
    installation = fresh()
    world = World(installation)
    a = world.person("ada").device()
    room = world.room(a)
    second = subprocess.Popen([program("conclave-keyd"), "--config",
                               str(installation.config_file)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    try:
        status = second.wait(20 * processes.slow_factor())
    except subprocess.TimeoutExpired:
        status = None
    finally:
        second.kill()
    said = second.communicate()[0]
    assert status == 75 and "keyd.running" in said and "stop it first" in said, said
    assert a.send(room, "unharmed")["seq"]
    wait_until(lambda: installation.get("/readyz").status == 200, "readiness")
    world.close()
