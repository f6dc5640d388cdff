"""Servers that see clients at addresses of the location samples, through a load balancer."""

import shutil

from . import changes, proxied
from .client import Client, Refused
from .schema import ROOT

SAMPLES = ROOT / "tests/unit/evidence/data"
# Of GeoLite2-City-Test.mmdb.
LONDON, LINKOPING, BHUTAN = "81.2.69.142", "89.160.20.112", "67.43.156.1"
EXIT = "81.2.69.160"  # stands on the VPN list below
TOR, PROXY, DATA_CENTRE = "81.2.69.192", "89.160.20.128", "2.125.160.216"
LISTS = {"vpn": "81.2.69.160/27\n", "tor": "81.2.69.192/28\n", "proxy": "89.160.20.128/25\n",
         "hosting": "2.125.160.216/29\n"}


def installation(fresh, folder, listener="", **config):
    """A server with the samples and a list of each kind; `config` as Installation takes it,
    `listener`: further lines of the [[listen]] table."""
    folder.mkdir(mode=0o700)
    shutil.copy(SAMPLES / "GeoLite2-City-Test.mmdb", folder / "city.mmdb")
    values = {"location.databases": [str(folder / "city.mmdb")], "location.reload_s": 1,
              "location.server_place": "51.5, -0.1"}
    for name, text in LISTS.items():
        (folder / f"{name}.txt").write_text(text)
        values[f"location.{name}"] = [str(folder / f"{name}.txt")]
    made = fresh(dict(values, **config),
                 tls_listener=f'proxy_protocol_from = ["{proxied.BALANCER}"]\n'
                              'proxy_strangers = true\n' + listener)
    made.location = folder
    return made


def come_from(made, address, certificate=None):
    """A connection of a client at `address`, with a client certificate of its own or without."""
    return Client(proxied.FromAddress(made, proxied.BALANCER, proxied.header(address),
                                      certificate))


def sign_in(made, device, address, certificate=None):
    """(client, None) of a device that is let in from `address`, (None, Refused) otherwise."""
    client = come_from(made, address, certificate)
    try:
        if device.device:
            client.prove(device)
        else:
            client.enrol(device)
    except Refused as refused:
        client.close()
        return None, refused
    return client, None


def reasons(refused):
    return {each["code"] for each in refused.error["data"].get("reasons", [])}


def under(made, policy):
    """From now on a shipped policy holds for tenants that have set none: `standard`, ..."""
    made.write_config(policy__default=policy)
    made.restart()


def subjects(refused, code):
    """What the reasons of that code are about: findings, kinds of lists."""
    return {each["subject"] for each in refused.error["data"].get("reasons", [])
            if each["code"] == code}


def set_policy(made, domain, document):
    """The tenant's own policy from now on; `document` in TOML."""
    changes.set_policy(made.admin_api, domain, document)
