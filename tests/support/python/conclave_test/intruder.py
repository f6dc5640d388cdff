"""Whoever writes to the database of a stopped server, and what the server must say then."""

import shutil
import sqlite3

from .client import Refused
from .processes import wait_until

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
POLICY = 8  # the kind of rows of policies
CHANGE = 17  # of changes of them that wait for signatures, or did


def content_db(installation):
    return sqlite3.connect(installation.state / "content" / "content.db")


def number(text):
    """The integer behind an id's text, as SQLite keeps it."""
    value = 0
    for digit in text.partition("_")[2]:
        value = value * 32 + ALPHABET.index(digit)
    return value - (1 << 64) if value >= 1 << 63 else value


def put_record(db, row):
    """A row (tenant, kind, id, sub, version, content, mac), in place of one that stands there."""
    db.execute("INSERT OR REPLACE INTO record(tenant, kind, id, sub, version, content, mac) "
               "VALUES(?,?,?,?,?,?,?)", tuple(row))


def alarm(installation):
    return "alarm.row_refused" in installation.logs() or "row.mac_wrong" in installation.logs()


def refused_everywhere(installation, device):
    """The reason with which this device's proof is refused; None when it is not."""
    client = installation.connect()
    kind, value = client.channel.binding
    try:
        client.call("session.prove", device.prove_params(client.nonce, kind, value))
    except Refused as refused:
        return refused.reason
    finally:
        client.close()
    return None


def copy_of_the_store(installation, name):
    """What an attacker keeps: the whole content folder of a stopped server."""
    kept = installation.folder / name
    shutil.copytree(installation.state / "content", kept)
    return kept


def put_back(installation, kept):
    shutil.rmtree(installation.state / "content")
    shutil.copytree(kept, installation.state / "content")


def locked_start(installation):
    """Starts, and sees that the server found out."""
    installation.start(wait=False)
    wait_until(lambda: installation.ports_file.exists() and
               installation.get("/livez").status == 200, "the server to answer")
    ready = installation.get("/readyz")
    assert ready.status == 503 and "rolled_back" in str(ready.json()["checks"]["rows"])
    assert "alarm.rows_rolled_back" in installation.logs()
