"""Makes and reads the filter of breached passwords.

    build_filter.py build LIST.json breached.bin   a JSON list of passwords into the filter
    build_filter.py embed breached.bin OUT.inc     the filter as C++ numbers, at build time

The filter is "CBP1", a big-endian u32 count and as many big-endian u32 fingerprints, ascending: the
first four bytes of SHA-256("conclave/breached/1" and the password in ASCII lower case). With n
fingerprints a password that is not on the list is taken for one with probability n / 2^32.
"""

import hashlib
import json
import struct
import sys
from pathlib import Path

MAGIC = b"CBP1"
LEAST = 8  # characters; shorter passwords are refused for their length in every policy


def fingerprint(password):
    folded = "".join(c.lower() if c.isascii() else c for c in password)
    digest = hashlib.sha256(b"conclave/breached/1" + folded.encode()).digest()
    return int.from_bytes(digest[:4], "big")


def build(source, out):
    words = [word for word in json.loads(Path(source).read_text()) if len(word) >= LEAST]
    prints = sorted({fingerprint(word) for word in words})
    data = MAGIC + struct.pack(f">I{len(prints)}I", len(prints), *prints)
    Path(out).write_bytes(data)
    print(f"{len(words)} passwords, {len(data)} bytes, false positives {len(prints) / 2**32:.1e}")


def embed(source, out):
    data = Path(source).read_bytes()
    (count,) = struct.unpack_from(">I", data, 4)
    if data[:4] != MAGIC or len(data) != 8 + 4 * count:
        raise SystemExit(f"{source} is not a filter of breached passwords")
    numbers = struct.unpack_from(f">{count}I", data, 8)
    lines = [", ".join(f"{n:#010x}" for n in numbers[at:at + 8]) for at in range(0, count, 8)]
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    Path(out).write_text(",\n".join(lines) + "\n")


if __name__ == "__main__":
    {"build": build, "embed": embed}[sys.argv[1]](*sys.argv[2:])
