"""Y-04: any PKCS#11 module by configuration; what is missing is a clear error."""

import shutil
import subprocess

from conclave_test import pkcs11, program, processes


def refuses(installation, *arguments):
    done = installation.init(*arguments, check=False)
    assert done.returncode == 78, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def test_y04_the_module_comes_from_the_configuration(bare, tmp_path):
    copy = tmp_path / "vendor-pkcs11.so"
    shutil.copy(pkcs11.MODULE, copy)
    installation = bare(module=copy)
    installation.init()
    installation.start()
    with open(f"/proc/{installation.keyd_pid}/maps", encoding="utf-8") as maps:
        assert str(copy) in maps.read()
    assert installation.get("/readyz").json()["ready"] is True


def test_y04_a_missing_module_is_named(bare, tmp_path):
    missing = tmp_path / "not-there.so"
    said = refuses(bare(module=missing))
    assert str(missing) in said


def test_y04_a_file_that_is_no_module_is_named(bare, tmp_path):
    for name, content in (("text.so", b"not a library"), ("empty.so", b"")):
        file = tmp_path / name
        file.write_bytes(content)
        assert str(file) in refuses(bare(module=file))


def test_y04_a_library_that_is_no_module_is_named(bare):
    library = "/usr/lib/x86_64-linux-gnu/libz.so.1"
    said = refuses(bare(module=library))
    assert library in said


def test_y04_a_module_that_vanishes_later_does_not_start_a_blind_server(bare, tmp_path):
    copy = tmp_path / "vendor-pkcs11.so"
    shutil.copy(pkcs11.MODULE, copy)
    installation = bare(module=copy)
    installation.init()
    copy.unlink()
    installation.start(wait=False)
    processes.wait_until(lambda: str(copy) in installation.logs(), "the module's name in the log")
    if installation.launcher.poll() is None:
        assert not installation.ports_file.exists() or installation.get("/readyz").status == 503


def test_y04_the_flag_wins_over_the_configuration(bare, tmp_path):
    missing = tmp_path / "not-there.so"
    installation = bare(module=missing)
    installation.init("--module", pkcs11.MODULE)
    assert (installation.state / "authority" / "root.pem").exists()


def test_y04_help_names_the_option():
    said = subprocess.run([program("conclave-keyd"), "--help"], capture_output=True, text=True,
                          timeout=20, check=True).stdout
    assert "--module" in said
