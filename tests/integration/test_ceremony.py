"""Custodians at work with conclavectl: keys of their own, an order that is carried about,
signatures, and a key process that takes the order once."""

import json
import subprocess

import pytest

from conclave_test import program
from conclave_test.fixtures import ALPHA


def ctl(*arguments, fails=None):
    done = subprocess.run([program("conclavectl"), "--json", *map(str, arguments)],
                          capture_output=True, text=True, timeout=60, input="", check=False)
    if fails is None:
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done
    assert done.returncode != 0 and fails in done.stdout, (arguments, done.stdout)
    return done


@pytest.fixture
def office(bare, tmp_path):
    """An installation whose custodians, two of three, made their keys with the tool."""
    approvers = [json.loads(ctl("ceremony", "new-key", name, "--out",
                                tmp_path / f"{name}.pem").stdout)
                 for name in ("carla", "carl", "cora")]
    file = tmp_path / "custodians.json"
    file.write_text(json.dumps({"needed": 2, "approvers": approvers}))
    installation = bare()
    installation.init("--approvers", str(file))
    installation.start()
    installation.set_up()
    installation.admin_api = installation.admin
    about = json.loads(ctl("ceremony", "describe", "--state", installation.state).stdout)
    assert about["needed"] == 2 and sorted(about["approvers"]) == ["carl", "carla", "cora"]
    return installation, tmp_path, about["installation"]


def sign(order, folder, name, *more, fails=None):
    return ctl("ceremony", "sign", order, "--as", name, "--key", folder / f"{name}.pem", *more,
               fails=fails)


def test_two_custodians_destroy_a_tenants_keys_with_one_order(office):
    installation, folder, where = office
    tenant = installation.admin_api.create_tenant(ALPHA)["tenant"]
    order = folder / "order.json"
    ctl("ceremony", "prepare", "tenant.destroy", tenant, "--installation", where, "--out", order)
    said = sign(order, folder, "carla", fails="usage")
    assert "DESTROY all keys" in said.stderr and tenant in said.stderr, "what is signed is shown"
    submit = ("ceremony", "submit", order, "--state", installation.state)
    ctl(*submit, fails="0 of 2 approvals")
    sign(order, folder, "carla", "--yes")
    sign(order, folder, "carla", "--yes")
    ctl(*submit, fails="1 of 2 approvals")
    sign(order, folder, "cora", "--yes")
    ctl(*submit)
    ctl(*submit, fails="given before")


def test_an_order_changed_after_it_was_signed_is_refused(office):
    installation, folder, where = office
    tenant = installation.admin_api.create_tenant(ALPHA)["tenant"]
    other = installation.admin_api.create_tenant("other.test")["tenant"]
    order = folder / "order.json"
    ctl("ceremony", "prepare", "tenant.destroy", tenant, "--installation", where, "--out", order)
    for name in ("carla", "carl"):
        sign(order, folder, name, "--yes")
    order.write_text(order.read_text().replace(tenant, other))
    ctl("ceremony", "submit", order, "--state", installation.state, fails="wrong signature")


def test_custodians_are_replaced_by_the_old_ones(office):
    installation, folder, where = office
    new = [json.loads(ctl("ceremony", "new-key", name, "--out", folder / f"{name}.pem").stdout)
           for name in ("dora", "dirk")]
    (folder / "new.json").write_text(json.dumps({"needed": 1, "approvers": new}))
    order = folder / "order.json"
    ctl("ceremony", "prepare", "approvers.change", folder / "new.json", "--installation", where,
        "--out", order)
    for name in ("carl", "cora"):
        sign(order, folder, name, "--yes")
    ctl("ceremony", "submit", order, "--state", installation.state)
    about = json.loads(ctl("ceremony", "describe", "--state", installation.state).stdout)
    assert (about["needed"], sorted(about["approvers"])) == (1, ["dirk", "dora"])


def test_what_goes_wrong_is_said_clearly(office):
    installation, folder, where = office
    ctl("ceremony", "new-key", "carla", "--out", folder / "carla.pem", fails="exists already")
    ctl("ceremony", "prepare", "tenant.destroy", "--installation", where, "--out",
        folder / "order.json", fails="needs the tenant's id")
    (folder / "broken.json").write_text("{}")
    ctl("ceremony", "sign", folder / "broken.json", "--as", "carla", "--yes",
        fails="ceremony.order_broken")
    ctl("ceremony", "describe", "--state", folder / "nowhere", fails="ceremony.unreachable")
    ctl("ceremony", "prepare", "pin.clear", "--installation", where, "--out",
        folder / "order.json")
    (folder / "carla.pem").write_text("no key")
    sign(folder / "order.json", folder, "carla", "--yes", fails="ceremony.key_unusable")
