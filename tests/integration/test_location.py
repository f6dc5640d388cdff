"""What addresses are looked up in, and what people tell, see and erase of where they are."""

import pathlib
import shutil
import subprocess

import pytest

from conclave_test import Client
from conclave_test.fixtures import World
from conclave_test.installation import program
from conclave_test.processes import wait_until
from conclave_test.proxied import BALANCER, FromAddress, header
from conclave_test.schema import ROOT

SAMPLES = ROOT / "tests/unit/evidence/data"
LONDON, SWEDEN = "81.2.69.142", "89.160.20.112"  # of the city sample


def files_of(folder):
    """A folder with a sound city database, a list and a database that is damaged."""
    folder.mkdir(mode=0o700)
    shutil.copy(SAMPLES / "GeoLite2-City-Test.mmdb", folder / "city.mmdb")
    shutil.copy(SAMPLES / "MaxMind-DB-test-broken-search-tree-24.mmdb", folder / "damaged.mmdb")
    (folder / "exits.txt").write_text("81.2.69.160/27\nAS64500 # a provider\n")
    return folder


@pytest.fixture
def located(fresh, tmp_path):
    """A server behind a load balancer, with databases: one damaged, one that is not there."""
    folder = files_of(tmp_path / "location")
    made = fresh({
        "location.databases": [str(folder / name)
                               for name in ("city.mmdb", "damaged.mmdb", "absent.mmdb")],
        "location.vpn": [str(folder / "exits.txt")],
        "location.server_place": "50.11, 8.68",
        "location.reload_s": 1,
    }, tls_listener=f'proxy_protocol_from = ["{BALANCER}"]\nproxy_strangers = true\n')
    made.location = folder
    return made


def sources(installation):
    answer = installation.admin_api.get("/location/sources")
    return {pathlib.Path(each["file"]).name: each for each in answer["sources"]}


def replace(file, content):
    new = file.with_suffix(".new")
    new.write_bytes(content)
    new.rename(file)


def from_address(installation, address):
    """A connection of the client `address` through the load balancer."""
    return Client(FromAddress(installation, BALANCER, header(address)))


def test_damaged_and_missing_files_are_told_of_and_stop_nothing(located):
    found = sources(located)
    assert found["city.mmdb"]["loaded"] and not found["city.mmdb"]["error"]
    assert found["exits.txt"]["entries"] == 2 and found["exits.txt"]["traits"] == ["vpn"]
    assert not found["damaged.mmdb"]["loaded"] and found["damaged.mmdb"]["error"]
    assert "No such file" in found["absent.mmdb"]["error"]
    log = located.logs()
    assert "location.file_not_in_force" in log and "check path and rights" in log
    assert located.metric("conclave_location_file_error", file="damaged.mmdb") == 1
    assert located.metric("conclave_location_file_error", file="city.mmdb") == 0
    assert located.metric("conclave_location_file_age_seconds", file="city.mmdb") > 86_400


def test_new_versions_are_taken_while_serving_and_bad_ones_are_not(located):
    folder = located.location
    replace(folder / "absent.mmdb", (folder / "city.mmdb").read_bytes())
    wait_until(lambda: sources(located)["absent.mmdb"]["loaded"], "a file that came late")
    replace(folder / "exits.txt", b"81.2.69.160/27\nnonsense\n")
    wait_until(lambda: sources(located)["exits.txt"]["error"], "the error of a bad list")
    bad = sources(located)["exits.txt"]
    assert "line 2" in bad["error"] and bad["loaded"] and bad["entries"] == 2
    replace(folder / "exits.txt", b"81.2.69.160/27\n")
    wait_until(lambda: not sources(located)["exits.txt"]["error"], "the mended list")
    assert sources(located)["exits.txt"]["entries"] == 1


def test_a_position_needs_consent_which_is_recorded(world):
    ann = world.person("ann").device()
    position = "geo:48.2010,16.3695;u=30"
    refused = ann.refused("location.report", position=position)
    assert refused.reason == "location.consent_needed"
    assert ann.call("location.consent") == {"given": False}
    given = ann.call("location.consent", given=True, text="2026-11/en")
    assert given["given"] and given["text"] == "2026-11/en" and given["ts_ms"] > 0
    ann.call("location.report", position=position, utc_offset="+01:00", locale="de-AT",
             access="wifi")
    assert ann.call("location.consent", given=False, text="2026-11/en")["given"] is False
    ann.refused("location.report", position=position)


def test_what_cannot_be_read_is_refused_with_advice(world):
    ann = world.person("ann").device()
    ann.call("location.consent", given=True)
    for params, reason in (({"position": "geo:100,200"}, "location.position_invalid"),
                           ({"position": "48.2, 16.3"}, "location.position_invalid"),
                           ({"utc_offset": "+25:00"}, "location.offset_invalid"),
                           ({"access": "modem"}, "params.invalid")):
        refused = ann.refused("location.report", params)
        assert refused.reason == reason and refused.advice, params


def test_a_consent_survives_a_restart(fresh):
    installation = fresh()
    world = World(installation)
    ann = world.person("ann").device()
    ann.call("location.consent", given=True, text="v1")
    installation.restart()
    again = installation.signed_in(ann.device)
    assert again.call("location.consent")["text"] == "v1"
    again.close()


def test_a_second_network_is_seen_by_the_server_itself(located):
    ann = World(located).person("ann").device()
    token = ann.call("location.second_network")["token"]
    other = from_address(located, LONDON)
    assert other.refused("location.present", token="A" * 43).reason == "location.token_invalid"
    assert other.call("location.present", token=token) == {}
    assert other.refused("location.present", token=token).reason == "location.token_invalid"
    same = located.connect()
    token = ann.call("location.second_network")["token"]
    assert same.refused("location.present", token=token).reason == "location.same_network"
    for client in (ann, other, same):
        client.close()


def test_what_is_kept_is_shown_and_erased(world):
    ann = world.person("ann").device()
    kept = ann.call("location.view")
    assert kept["consent"] is False
    ann.call("location.erase")
    assert ann.call("location.view")["sightings"] == []


def conclavectl(*arguments):
    return subprocess.run([program("conclavectl"), *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, check=False)


def test_an_admin_puts_a_checked_list_in_place(located, tmp_path):
    good, bad = tmp_path / "good.txt", tmp_path / "bad.csv"
    good.write_text("# published today\n192.0.2.0/24\n198.51.100.7, remark\nAS64500\n")
    bad.write_text("192.0.2.0/24\n300.1.1.1\n")
    done = conclavectl("location", "check", bad)
    assert done.returncode == 1 and "line 2" in done.stderr and "300.1.1.1" in done.stderr
    target = located.location / "exits.txt"
    done = conclavectl("location", "import", bad, "--into", target)
    assert done.returncode == 1 and target.read_text().startswith("81.2.69.160/27")
    done = conclavectl("location", "import", good, "--into", target)
    assert done.returncode == 0 and "2 networks, 1 autonomous systems" in done.stdout, done.stderr
    wait_until(lambda: sources(located)["exits.txt"]["entries"] == 3, "the imported list")


def test_the_doctor_looks_at_the_files(located):
    done = conclavectl("doctor", "--state", located.state)
    assert "location: city.mmdb" in done.stdout and "location: absent.mmdb" in done.stdout
    assert "packaging/location/fetch" in done.stdout
