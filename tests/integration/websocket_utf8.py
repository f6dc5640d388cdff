"""Section 6 of the cases: UTF-8. The text is the id of a request, which the answer brings back."""

from websocket_cases import ANSWER, CONT, DATA, PARSE, TEXT, Case, Frame, ping_request, pieces

KOSME = "κόσμε".encode()
BAD = b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"
GOOD = "Hello-µ@ßöäüàá-UTF-8!!".encode()

# (group, [(hexadecimal bytes)]); whether they are UTF-8 is Python's judgement, which is strict.
GROUPS = (
    (5, ("ceba", "ceba e1bdb9", "ceba e1bdb9 cf83", "ceba e1bdb9 cf83 cebc",
         "ceba e1bdb9 cf83 cebc ceb5")),
    (6, ("ce", "ceba", "cebae1", "cebae1bd", "cebae1bdb9", "cebae1bdb9cf", "cebae1bdb9cf83",
         "cebae1bdb9cf83ce", "cebae1bdb9cf83cebc", "cebae1bdb9cf83cebcce",
         "cebae1bdb9cf83cebcceb5")),
    (7, ("00", "c280", "e0a080", "f0908080")),
    (8, ("f888808080", "fc8480808080")),
    (9, ("7f", "dfbf", "efbfbf", "f48fbfbf")),
    (10, ("f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf")),
    (11, ("ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080")),
    (12, ("80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf",
          "".join(f"{i:02x}" for i in range(0x80, 0xc0))[:100])),
    (13, ("c020c120", "e020e120", "f020f120", "f820f920", "fc20")),
    (14, ("c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf",
          "fdbfbfbfbf")),
    (15, ("c0e080f08080f8808080fc80808080dfefbff7bfbffbbfbfbffdbfbfbfbf",)),
    (16, ("fe", "ff", "fefeffff")),
    (17, ("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af")),
    (18, ("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf")),
    (19, ("c080", "e08080", "f0808080", "f880808080", "fc8080808080")),
    (20, ("eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf")),
    (21, ("eda080edb080", "eda080edbfbf", "edadbfedb080", "edadbfedbfbf", "edae80edb080",
          "edae80edbfbf", "edafbfedb080", "edafbfedbfbf")),
    (22, ["efbfbe", "efbfbf"] + [chr((plane << 16) | low).encode().hex()
                                 for plane in range(1, 17) for low in (0xFFFE, 0xFFFF)]),
    (23, [chr(code).encode().hex() for code in (0xFFF9, 0xFFFA, 0xFFFB, 0xFFFC, 0xFFFD, 0xFFFE,
                                                0xFFFF)]))


def judged(number, what, payload, frames):
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return Case(number, what, DATA, frames)
    if any(ord(c) < 0x20 for c in text):  # JSON has no control characters in texts
        return Case(number, what + ", no JSON", PARSE, frames)
    return Case(number, what, ANSWER, frames, (text,))


def octets(payload):
    return tuple(Frame(TEXT if i == 0 else CONT, payload[i:i + 1], i == len(payload) - 1)
                 for i in range(len(payload)))


def section_6():
    yield Case("6.1.1", "empty text", PARSE, (Frame(TEXT),))
    yield Case("6.1.2", "three empty fragments", PARSE,
               (Frame(TEXT, b"", False), Frame(CONT, b"", False), Frame(CONT)))
    yield Case("6.1.3", "three fragments, the first and the last empty", ANSWER,
               (Frame(TEXT, b"", False), Frame(CONT, ping_request(), False), Frame(CONT)), ("x",))
    good = ping_request(GOOD)
    cut = good.index("µ".encode())
    yield judged("6.2.1", "UTF-8 in one frame", GOOD, (Frame(TEXT, good),))
    yield judged("6.2.2", "UTF-8 in two fragments, cut between characters", GOOD,
                 (Frame(TEXT, good[:cut], False), Frame(CONT, good[cut:])))
    yield judged("6.2.3", "UTF-8, a fragment for each byte", GOOD, octets(good))
    yield judged("6.2.4", "UTF-8, cut within characters", KOSME, octets(ping_request(KOSME)))
    bad = ping_request(BAD)
    yield judged("6.3.1", "invalid UTF-8 in one frame", BAD, (Frame(TEXT, bad),))
    yield judged("6.3.2", "invalid UTF-8, a fragment for each byte", BAD, octets(bad))
    start, rest = ping_request(KOSME)[:36], b"\xf4\x90\x80\x80"
    unfinished = (Frame(TEXT, start, False), Frame(CONT, rest, False), Frame(CONT, b"edited"))
    yield Case("6.4.1", "three fragments, the second invalid", DATA, unfinished)
    yield Case("6.4.2", "the second invalid and the message never finished", DATA, unfinished[:2])
    yield Case("6.4.3", "invalid in the middle of a frame", DATA,
               (Frame(TEXT, start + rest + b"edited"),))
    yield Case("6.4.4", "the same, byte by byte", DATA,
               (Frame(TEXT, start + rest + b"edited", chop=1),))
    for group, texts in GROUPS:
        for i, text in enumerate(texts, 1):
            payload = bytes.fromhex(text)
            shown = text.replace(" ", "")
            shown = shown if len(shown) <= 40 else shown[:37] + "..."
            yield judged(f"6.{group}.{i}", f"bytes {shown}", payload,
                         (Frame(TEXT, ping_request(payload)),))


__all__ = ["pieces", "section_6"]
