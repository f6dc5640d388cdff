"""T-03: lists of passwords being tried, accounts registered by the dozen and programs at the
keyboard are found by what many sign-ins show together; people behind a shared address are left
alone."""

import itertools

import pytest

from conclave_test import PASSWORD, Device, Refused
from conclave_test.fixtures import ALPHA, BETA, World
from conclave_test.located import (LINKOPING, come_from, installation, reasons, set_policy,
                                   sign_in, subjects)

BLOCK = "81.2.69."  # hosts 1 to 159 stand on no list of the samples
ELSEWHERE = LINKOPING
GRADED = ('base = "open"\n[location]\nstep_up_at = 60\nrestrict_at = 85\nrefuse_at = 97\n'
          '[automation]\naccounts_tried = 5\naccounts_enrolled = 5\naccounts_per_device = 3\n')
_hosts = itertools.count(1)


@pytest.fixture
def located(fresh, tmp_path):
    made = installation(fresh, tmp_path / "location")
    set_policy(made, ALPHA, GRADED)
    return made


@pytest.fixture
def world(located):
    return World(located)


def host():
    """Another address of the network each time: its hosts share nothing but that."""
    return f"{BLOCK}{next(_hosts) % 159 + 1}"


def newcomer(world, name="ann", domain=ALPHA, **more):
    device = Device(world.person(name, domain).account, PASSWORD, name="laptop")
    for key, value in more.items():
        setattr(device, key, value)
    return device


def try_in_vain(located, names, address=None, domain=ALPHA):
    """One attempt for each account, all at once; from one address, or each from another."""
    attempts = []
    for name in names:
        guess = Device(f"{name}@{domain}", "not the password at all")
        attempts.append((come_from(located, address or host()), guess))
    started = [(client, client.start("session.enrol",
                                     guess.enrol_params(client.nonce, *client.channel.binding)))
               for client, guess in attempts]
    for client, request in started:
        with pytest.raises(Refused) as refused:
            client.finish("session.enrol", request)
        assert refused.value.reason == "sign_in.refused"
        client.close()


def found(located, device, address):
    """(grade, findings) of a sign-in, as the person is told them."""
    client, refused = sign_in(located, device, address)
    if client is None:
        grade = "refused" if refused.reason == "sign_in.not_allowed" else "suspicious"
        assert refused.reason in ("sign_in.not_allowed", "sign_in.step_up")
        return grade, subjects(refused, "location.finding")
    try:
        if "methods" not in client.session:
            return "trusted", set()
        no = client.refused("room.list")
        assert no.reason == "session.restricted"
        return "suspicious", subjects(no, "location.finding")
    finally:
        client.close()


def test_t03_a_list_of_passwords_makes_new_devices_of_its_network_suspicious(located, world):
    try_in_vain(located, [f"nobody{i}" for i in range(3)])
    assert found(located, newcomer(world), host())[0] == "trusted"
    try_in_vain(located, [f"nobody{i}" for i in range(3, 9)])
    grade, why = found(located, newcomer(world), host())
    assert grade == "suspicious" and "credential_stuffing" in why
    assert found(located, newcomer(world), ELSEWHERE)[0] == "trusted"


def test_t03_accounts_of_another_tenant_count_as_tried_too(located, world):
    try_in_vain(located, [f"nobody{i}" for i in range(8)], domain=BETA)
    grade, why = found(located, newcomer(world), host())
    assert grade == "suspicious" and "credential_stuffing" in why


def test_t03_a_program_that_goes_through_a_list_is_refused(located, world):
    address = host()
    try_in_vain(located, [f"nobody{i}" for i in range(16)], address)
    nobody, refused = sign_in(located, newcomer(world), address)
    assert nobody is None and refused.reason == "sign_in.not_allowed"
    assert {"credential_stuffing", "automated_attempts"} <= subjects(refused, "location.finding")
    assert "location.score" in reasons(refused)
    said = [each for each in refused.error["data"]["reasons"]
            if each["subject"] == "credential_stuffing"][0]
    assert "16 accounts" in said["detail"] and said["advice"]


def test_t03_a_service_account_may_be_a_program_but_not_out_of_a_list(located, world):
    address = host()
    try_in_vain(located, [f"nobody{i}" for i in range(16)], address)
    robot = Device(world.person("robot", kind="service").account, PASSWORD, name="robot")
    grade, why = found(located, robot, address)
    assert grade == "suspicious"
    assert "credential_stuffing" in why and "automated_attempts" not in why
    assert '"event":"sign_in.crowd"' in located.logs()


def test_t03_a_device_that_was_here_before_comes_in_all_the_same(located, world):
    laptop = newcomer(world)
    assert found(located, laptop, ELSEWHERE)[0] == "trusted"
    address = host()
    try_in_vain(located, [f"nobody{i}" for i in range(16)], address)
    assert found(located, laptop, address) == ("trusted", set())


def test_t03_people_behind_a_shared_address_are_left_alone(located, world):
    """A carrier or an office: many come in as ever, some mistype, some have a new device."""
    address = host()
    for _ in range(10):
        regular = newcomer(world, "regular")
        assert found(located, regular, f"90.{next(_hosts)}.7.1")[0] == "trusted"
        assert found(located, regular, address)[0] == "trusted"
    try_in_vain(located, [f"mistyped{i}" for i in range(6)], host())
    assert found(located, newcomer(world), address)[0] == "trusted"


def test_t03_accounts_registered_by_the_dozen_are_suspicious(located, world):
    grades = [found(located, newcomer(world, f"bot{i}"), host()) for i in range(8)]
    assert [grade for grade, _ in grades[:4]] == ["trusted"] * 4
    assert [grade for grade, _ in grades[4:]] == ["suspicious"] * 4
    assert all("mass_registration" in why for _, why in grades[4:])
    assert found(located, newcomer(world), ELSEWHERE)[0] == "trusted"


def test_t03_a_network_that_the_tenant_vouches_for_may_register_everybody(located, world):
    set_policy(located, ALPHA, GRADED + f'[network]\nexempt = ["{BLOCK}0/24"]\n')
    for i in range(8):
        assert found(located, newcomer(world, f"new{i}"), host()) == ("trusted", set())


def test_t03_one_hardware_with_many_accounts_is_suspicious_wherever_it_is(located, world):
    phone = b"\x07" * 32
    places = [ELSEWHERE, host(), "2.125.160.1", "67.43.156.2"]
    grades = [found(located, newcomer(world, "farm", hardware_id=phone), place)
              for place in places]
    assert [grade for grade, _ in grades[:2]] == ["trusted"] * 2
    assert all(grade == "suspicious" and "mass_registration" in why for grade, why in grades[2:])
    other = newcomer(world, "own", hardware_id=b"\x08" * 32)
    assert found(located, other, "2.125.160.1")[0] == "trusted"
