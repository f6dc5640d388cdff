"""O-01: a change of a policy is assessed before it takes effect: which boundary moves, what gets
weaker, whose trust changes, whom it would touch now; shown as a plan."""

import json

import pytest

from conclave_test import PASSWORD, ApiError
from conclave_test.admission import House
from conclave_test.changes import newest, propose, sign, trail
from conclave_test.located import LONDON, come_from
from conclave_test.located import installation as located

STRICTER = 'base = "open"\n[devices]\ncap = 2\n[network]\ncountries_denied = ["FR"]\n'


@pytest.fixture
def house(server):
    made = House(server)
    yield made
    made.close()


def plan(house, document):
    return house.api.post(f"/tenants/{house.domain}/policy/plan", {"document": document})


def by_key(plan_made):
    return {each["key"]: each for each in plan_made["changes"]}


@pytest.mark.short
def test_o01_a_plan_names_each_boundary_that_moves_and_whose_signatures_it_takes(fresh):
    installation = fresh({"policy.signatures": 2})
    house = House(installation, STRICTER)
    for name in ("ada", "bob", "eve", "kim"):
        house.person(name)
    made = plan(house, 'base = "open"\n[devices]\ncap = 5\noverflow = "refuse"\n'
                       '[network]\nexempt = ["192.0.2.0/24"]\n[location]\nfix_days = 30\n')
    keys = by_key(made)
    assert set(keys) == {"devices.cap", "devices.overflow", "network.countries_denied",
                         "network.exempt", "location.fix_days"}
    assert keys["devices.cap"]["effect"] == "weakening"
    assert (keys["devices.cap"]["before"], keys["devices.cap"]["after"]) == ("2", "5")
    assert keys["devices.cap"]["order"] == "smaller is stricter"
    assert keys["devices.cap"]["signed_by"] == ["provider", "tenant"]
    assert keys["devices.overflow"]["effect"] == "tightening"
    assert keys["devices.overflow"]["signed_by"] == []
    assert keys["network.countries_denied"]["effect"] == "weakening"
    assert keys["network.exempt"]["effect"] == "weakening, moving trust"
    assert keys["location.fix_days"]["signed_by"] == ["provider", "tenant", "users"]
    assert made["effect"] == "weakening, moving trust, tightening" and made["waits"]
    assert made["parties"] == ["provider", "tenant", "users"]
    assert made["persons"] == 2 and made["users"] == 3
    # It was asked, and nothing was done.
    assert newest(house.api, house.domain) == 1
    assert house.api.get(f"/tenants/{house.domain}/changes") == {"changes": []}
    assert any(entry["action"] == "policy.planned" for entry in trail(house.api))
    house.close()


def test_o01_what_only_tightens_is_shown_to_hold_at_once(house):
    made = plan(house, STRICTER)
    assert made["effect"] == "tightening" and not made["waits"] and "needs" not in made
    assert propose(house.api, house.domain, STRICTER)["version"] == 1


def test_o01_a_plan_counts_whom_it_would_touch_now_and_is_right(fresh, tmp_path):
    installation = located(fresh, tmp_path / "location")
    house = House(installation, 'base = "open"\n')
    people = {name: house.device(house.person(name)) for name in ("ada", "bob", "eve")}
    for name in ("ada", "bob"):
        client = come_from(installation, LONDON)
        client.enrol(people[name])
        house.clients.append(client)
    elsewhere = come_from(installation, "89.160.20.112")
    elsewhere.enrol(people["eve"])
    house.clients.append(elsewhere)
    denies = 'base = "open"\n[network]\ncountries_denied = ["GB"]\n'
    now = plan(house, denies)["now"]
    assert now["signed_in"] == {"devices": 3, "users": 3}
    assert now["refused"] == {"devices": 2, "users": 2}
    assert now["restricted"] == now["stepped_up"] == now["eased"] == {"devices": 0, "users": 0}
    assert {each["user"].partition("@")[0] for each in now["touched"]} == {"ada", "bob"}
    assert all(each["then"] == "refuse" and "network.country_denied(GB)" in each["reasons"]
               for each in now["touched"])
    # A factor that nobody has: all of them would be restricted.
    factor = plan(house, 'base = "open"\n[factors]\ndemand = "always"\n')["now"]
    assert factor["restricted"] == {"devices": 3, "users": 3}
    # What was told comes true.
    propose(house.api, house.domain, denies)
    for client in house.clients[:2]:
        client.wait_closed()
    assert house.clients[2].call("user.me")["user"] == people["eve"].user
    back = plan(house, 'base = "open"\n')["now"]
    assert back["eased"] == {"devices": 2, "users": 2} or back["resting"]["devices"] == 2
    house.close()


def test_o01_devices_that_are_away_are_counted_as_well(house):
    person = house.person()
    for name in ("laptop", "phone"):
        house.sign_in(house.device(person, name)).close()
    now = plan(house, 'base = "open"\n[factors]\ndemand = "always"\n')["now"]
    assert now["signed_in"]["devices"] + now["resting"]["devices"] == 2
    assert now["restricted"] == {"devices": 2, "users": 1}
    assert now["skipped"] == 0


def test_o01_a_bad_document_gets_its_lines_and_advice_before_anything_else(house):
    for text, says in (("[devices]\ncap = 0\n", "line 2: devices.cap"),
                       ("[devices]\ncapp = 3\n", "devices.cap"),
                       ("[network]\nmandatory_vpn = true\n", "line 2")):
        with pytest.raises(ApiError) as refused:
            plan(house, text)
        assert refused.value.reason == "policy.invalid" and says in refused.value.detail
        assert "docs/policy.md" in refused.value.advice
        with pytest.raises(ApiError) as refused:
            propose(house.api, house.domain, text)
        assert refused.value.reason == "policy.invalid" and says in refused.value.detail


def test_o01_a_roll_back_is_planned_like_any_change(house):
    propose(house.api, house.domain, STRICTER)
    made = propose(house.api, house.domain, 'base = "open"\n[devices]\ncap = 9\n')
    assert sign(house.api, house.domain, made["change"])["version"] == 2
    target = f"/tenants/{house.domain}/policy/plan"
    back = house.api.post(target, {"version": 1})
    assert back["effect"] == "tightening" and not back["waits"]
    assert house.api.refused("POST", target, {"version": 7}).reason == "policy.version_not_found"
    for body in ({}, {"version": 1, "document": STRICTER}):
        assert house.api.refused("POST", target, body).reason == "params.invalid"


def test_o01_only_whoever_may_set_a_policy_learns_whom_it_touches(house):
    from conclave_test import Admin, Device
    house.person()
    for name, role in (("eye", "auditor"), ("mia", "member"), ("uma", "user_admin")):
        made = house.api.create_user(house.domain, name, PASSWORD, roles=(role,))
        one = Admin(house.installation, Device(made.account, PASSWORD))
        refused = one.refused("POST", f"/tenants/{house.domain}/policy/plan",
                              {"document": STRICTER})
        assert refused.reason == "role.missing"
    assert json.dumps(plan(house, STRICTER))
