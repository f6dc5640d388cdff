"""The cases of the Autobahn test suite by their numbers, for a server that answers JSON-RPC in text
frames and echoes nothing: for each the frames, and the outcome that is right here.

    python3 tests/integration/websocket_cases.py > docs/websocket-cases.md

Beside them stand the cases that npm's `ws` plays; those are in ws/cases.json.
"""

import json
import pathlib
from dataclasses import dataclass, field

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
LIMIT = 65536  # limits.frame_bytes

OPEN = "open"
ANSWER = "answer, open"
PARSE = "error -32700, open"
PROTOCOL, KIND, DATA, BIG = "close 1002", "close 1003", "close 1007", "close 1009"
CUT = " or cut"  # a peer that goes on sending much after the close frame may lose it to a reset
DISCARDED = 128 << 10  # what the server surely still reads after its close frame


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0
    chop: int = 0  # bytes of one write; 0: all at once


@dataclass(frozen=True)
class Case:
    number: str
    what: str
    expected: str
    frames: tuple
    ids: tuple = ()
    mask: bool = True
    compress: bool = False
    closes: bool = field(default=False)  # the client itself ends the connection

    def fits(self, observed):
        return any(observed.startswith(each) for each in self.expected.split(" or "))


def ping_request(request_id=b"x", size=0):
    """A session.ping, padded with blanks to `size` bytes."""
    head = b'{"jsonrpc":"2.0","id":"' + request_id + b'","method":"session.ping","params":{}'
    return head + b" " * (size - len(head) - 1) + b"}"


def chopped(frames, chop):
    return tuple(Frame(f.opcode, f.payload, f.fin, f.rsv, chop) for f in frames)


def pieces(payload, count, opcode=TEXT, last=True):
    """A message in `count` frames of about the same size."""
    size = -(-len(payload) // count)
    parts = [payload[i:i + size] for i in range(0, len(payload), size)]
    return tuple(Frame(opcode if i == 0 else CONT, part, last and i == len(parts) - 1)
                 for i, part in enumerate(parts))


ONE = Frame(TEXT, ping_request())
ASK = Frame(PING, b"still there?")


def section_1():
    sizes = (0, 125, 126, 127, 128, 65535, 65536)
    for i, size in enumerate(sizes, 1):
        if size == 0:
            yield Case("1.1.1", "empty text message", PARSE, (Frame(TEXT),))
        else:
            yield Case(f"1.1.{i}", f"text message of {size} bytes", ANSWER,
                       (Frame(TEXT, ping_request(size=size)),), ("x",))
    yield Case("1.1.8", "text message of 65536 bytes in pieces of 997", ANSWER,
               (Frame(TEXT, ping_request(size=65536), chop=997),), ("x",))
    for i, size in enumerate(sizes, 1):
        yield Case(f"1.2.{i}", f"binary message of {size} bytes", KIND,
                   (Frame(BINARY, b"\xfe" * size),))
    yield Case("1.2.8", "binary message of 65536 bytes in pieces of 997", KIND,
               (Frame(BINARY, b"\xfe" * 65536, chop=997),))


def section_2():
    pong = "pong, open"
    yield Case("2.1", "ping without payload", pong, (Frame(PING),))
    yield Case("2.2", "ping with text", pong, (Frame(PING, b"Hello, world!"),))
    yield Case("2.3", "ping with bytes that are no text", pong,
               (Frame(PING, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff"),))
    yield Case("2.4", "ping of 125 bytes", pong, (Frame(PING, b"\xfe" * 125),))
    yield Case("2.5", "ping of 126 bytes", PROTOCOL, (Frame(PING, b"\xfe" * 126),))
    yield Case("2.6", "ping of 125 bytes, byte by byte", pong,
               (Frame(PING, b"\xfe" * 125, chop=1),))
    yield Case("2.7", "pong that nobody asked for", OPEN, (Frame(PONG),))
    yield Case("2.8", "the same with payload", OPEN, (Frame(PONG, b"unasked"),))
    yield Case("2.9", "the same, then a ping", pong, (Frame(PONG, b"unasked"), ASK))
    ten = tuple(Frame(PING, b"payload %d" % i) for i in range(10))
    yield Case("2.10", "ten pings", "10 times pong, open", ten)
    yield Case("2.11", "ten pings, byte by byte", "10 times pong, open", chopped(ten, 1))


def section_3():
    for i, (what, frames, chop) in enumerate((
            ("text", (Frame(TEXT, b"x", rsv=1),), 0),
            ("text, text, ping", (ONE, Frame(TEXT, b"x", rsv=2), ASK), 0),
            ("text, text, ping, frame by frame", (ONE, Frame(TEXT, b"x", rsv=3), ASK), 0),
            ("text, text, ping, byte by byte", (ONE, Frame(TEXT, b"x", rsv=4), ASK), 1),
            ("binary", (Frame(BINARY, b"\x00", rsv=5),), 0),
            ("ping", (Frame(PING, b"x", rsv=6),), 0),
            ("close", (Frame(CLOSE, rsv=7),), 0)), 1):
        yield Case(f"3.{i}", f"reserved bits {i} in: {what}", PROTOCOL,
                   chopped(frames, chop) if chop else frames)


def section_4():
    for group, first in ((1, 3), (2, 11)):
        for i in range(5):
            bad = Frame(first + i, b"payload" if i in (1, 3) else b"")
            yield Case(f"4.{group}.{i + 1}",
                       f"opcode {first + i}" + (" after a text message" if i > 1 else ""),
                       PROTOCOL, (ONE, bad, ASK) if i > 1 else (bad,))


def section_5():
    halves = pieces(ping_request(), 2)
    between = (halves[0], ASK, halves[1])
    both = "answer, pong, open"
    yield Case("5.1", "ping in two fragments", PROTOCOL,
               (Frame(PING, b"a", False), Frame(CONT, b"b")))
    yield Case("5.2", "pong in two fragments", PROTOCOL,
               (Frame(PONG, b"a", False), Frame(CONT, b"b")))
    for number, how, chop in ((3, "", 0), (4, ", in writes of 2 bytes", 2),
                              (5, ", byte by byte", 1)):
        yield Case(f"5.{number}", f"text in two fragments{how}", ANSWER, chopped(halves, chop),
                   ("x",))
        yield Case(f"5.{number + 3}", f"text in two fragments, a ping between{how}", both,
                   chopped(between, chop), ("x",))
        for group, fin in ((9, True), (12, False)):
            yield Case(f"5.{group + number - 3}",
                       f"continuation of nothing, FIN={str(fin).lower()}, then text{how}", PROTOCOL,
                       chopped((Frame(CONT, b"x", fin), ONE), chop))
    yield Case("5.15", "text in two fragments, then a continuation of nothing, then text", PROTOCOL,
               halves + (Frame(CONT, b"x", False), ONE))
    for number, fin in ((16, False), (17, True)):
        yield Case(f"5.{number}", f"continuation of nothing, FIN={str(fin).lower()}, then a text "
                   "in two fragments; twice", PROTOCOL, (Frame(CONT, b"x", fin),) + halves * 2)
    yield Case("5.18", "text not finished, then another text", PROTOCOL,
               (Frame(TEXT, b"a", False), Frame(TEXT, b"b")))
    five = pieces(ping_request(), 5)
    mixed = (five[0], five[1], ASK, five[2], five[3], Frame(PING, b"and now?"), five[4])
    for number, chop in ((19, 0), (20, 1)):
        yield Case(f"5.{number}", "text in five fragments with two pings between"
                   + (", byte by byte" if chop else ""), "2 times pong, answer, open",
                   chopped(mixed, chop), ("x",))


def section_7():
    end = Frame(CLOSE, b"\x03\xe8bye")

    def ended(number, what, expected, *frames):
        return Case(number, what, expected, frames, closes=True)
    yield ended("7.1.1", "text, then close", "close 1000", ONE, end)
    yield ended("7.1.2", "close twice", "close 1000", end, end)
    yield ended("7.1.3", "ping after close", "close 1000", end, ASK)
    yield ended("7.1.4", "text after close", "close 1000", end, ONE)
    yield ended("7.1.5", "close in the middle of a message", "close 1000",
                Frame(TEXT, b"{", False), end, Frame(CONT, b"}"))
    yield ended("7.1.6", "message of 256 KiB, then close", BIG + CUT,
                Frame(TEXT, b"x" * (256 << 10)), end)
    yield ended("7.3.1", "close without payload", "close without code or close 1000",
                Frame(CLOSE))
    yield ended("7.3.2", "close with one byte", PROTOCOL, Frame(CLOSE, b"\x03"))
    yield ended("7.3.3", "close with code", "close 1000", Frame(CLOSE, b"\x03\xe8"))
    yield ended("7.3.4", "close with code and reason", "close 1000", end)
    yield ended("7.3.5", "close with a reason of 123 bytes", "close 1000",
                Frame(CLOSE, b"\x03\xe8" + b"*" * 123))
    yield ended("7.3.6", "close with a reason of 124 bytes", PROTOCOL,
                Frame(CLOSE, b"\x03\xe8" + b"*" * 124))
    yield ended("7.5.1", "close with a reason that is no UTF-8", DATA,
                Frame(CLOSE, b"\x03\xe8\xce\xba\xed\xa0\x80"))
    good = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    for i, code in enumerate(good, 1):
        yield ended(f"7.7.{i}", f"close with code {code}", f"close {code}",
                    Frame(CLOSE, code.to_bytes(2, "big")))
    bad = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
    for i, code in enumerate(bad, 1):
        yield ended(f"7.9.{i}", f"close with code {code}, which may not be sent", PROTOCOL,
                    Frame(CLOSE, code.to_bytes(2, "big")))
    yield ended("7.13.1", "close with code 5000", PROTOCOL, Frame(CLOSE, b"\x13\x88"))
    yield ended("7.13.2", "close with code 65535", PROTOCOL, Frame(CLOSE, b"\xff\xff"))


def section_9():
    kinds = ((1, TEXT, "text", b" "), (2, BINARY, "binary", b"\xfe"))
    sizes = (64 << 10, 256 << 10, 1 << 20, 4 << 20, 8 << 20, 16 << 20)
    for group, opcode, word, byte in kinds:
        for i, size in enumerate(sizes, 1):
            first = ((ANSWER, ping_request(size=size), ("x",)) if opcode == TEXT else
                     (KIND, byte * size, ()))
            over = (BIG if opcode == TEXT else KIND) + (CUT if size > DISCARDED else "")
            expected, payload, ids = first if size <= LIMIT else (over, byte * size, ())
            yield Case(f"9.{group}.{i}", f"{word} message of {size >> 10} KiB", expected,
                       (Frame(opcode, payload),), ids)
        over = (BIG if opcode == TEXT else KIND) + CUT
        for i in range(9):
            size = 64 << (2 * i)
            count = (4 << 20) // size
            yield Case(f"9.{group + 2}.{i + 1}",
                       f"{word} message of 4 MiB in fragments of {size} bytes", over,
                       pieces(byte * (128 << 10 if size < 4096 else 4 << 20),
                              min(count, 2048), opcode))
        for i in range(6):
            yield Case(f"9.{group + 4}.{i + 1}",
                       f"{word} message of 1 MiB in writes of {64 << i} bytes", over,
                       (Frame(opcode, byte * (1 << 20), chop=64 << i),))


def section_10():
    yield Case("10.1.1", "text of 65536 bytes in fragments of 1300", ANSWER,
               pieces(ping_request(size=65536), 51), ("x",))


def section_12():
    """What the sub-protocol does with compression does not depend on sizes: one case a group."""
    for section, groups in ((12, 5), (13, 7)):
        for group in range(1, groups + 1):
            yield Case(f"{section}.{group}.*", "permessage-deflate offered: not accepted, messages "
                       "pass uncompressed", ANSWER, (ONE,), ("x",), compress=True)
    yield Case("12.*/RSV1", "a compressed frame all the same", PROTOCOL,
               (Frame(TEXT, b"\xaaV\x02\x00", rsv=4),), compress=True)


def beyond():
    """Rules of RFC 6455 that the suite has no number for."""
    yield Case("RFC 6455 5.1", "a frame that is not masked", PROTOCOL, (ONE,), mask=False)
    yield Case("RFC 6455 8.1", "a character that is never finished, then an empty last fragment",
               DATA, (Frame(TEXT, b'"\xc3', False), Frame(CONT)))


def all_cases():
    from websocket_utf8 import section_6
    found = [*section_1(), *section_2(), *section_3(), *section_4(), *section_5(), *section_6(),
             *section_7(), *section_9(), *section_10(), *section_12(), *beyond()]
    return sorted(found, key=lambda case: [int(part) if part.isdigit() else 1000
                                           for part in case.number.split(".")])


HEAD = """# WebSocket cases

Written by `tests/integration/websocket_cases.py`; do not edit. The cases of the Autobahn test
suite by their numbers, played by Debian's `python3-autobahn` against the real server on each
run of `tests/run`; a case that ends otherwise fails there.

`conclave.v1` is JSON-RPC in text frames, at most 64 KiB, and echoes nothing. So a valid text
message is a request whose answer brings its id back (*answer*), a text that is no request gets
an *error*, a binary message ends the connection with 1003, one over the limit with 1009, and
what breaks RFC 6455 with 1002 or 1007. *open* means: afterwards the connection served another
request. Where a connection is closed, only the close counts: an answer on its way may be lost
with it. *or cut*: a client that goes on writing after the close frame may lose that frame to
the reset of its connection.

Not run: 9.7 and 9.8 (round trips by size; `tests/load/bench` measures those), the sizes within
12 and 13 (nothing is ever compressed).

| case | the client sends | outcome |
|---|---|---|
"""


WS_HEAD = """
## With a second client

The same server with `ws` of npm (`tests/integration/ws`), which builds, masks and fragments frames
in its own way.

| case | the client does | outcome |
|---|---|---|
"""


def ws_cases():
    """The cases that tests/integration/ws plays."""
    return json.loads((pathlib.Path(__file__).parent / "ws" / "cases.json").read_text())


def page():
    rows = "".join(f"| {c.number} | {c.what} | {c.expected} |\n" for c in all_cases())
    more = "".join(f"| {c['number']} | {c['what']} | {c['expected']} |\n" for c in ws_cases())
    return HEAD + rows + WS_HEAD + more


if __name__ == "__main__":
    print(page(), end="")
