"""Wrong input for every method, generated from the schema; and for the frames below them. Nothing
of
it may crash the server, close a connection without a reason or be answered without advice."""

import json

import pytest

from conclave_test import Closed, Refused, schemas

SCHEMAS = schemas()
METHODS = sorted(SCHEMAS.methods)


def wrong_values(field):
    """Values that this field must refuse."""
    field = SCHEMAS.resolve(field)
    kind = field.get("type")
    wrong = [None, [], {}] if kind not in ("array", "object") else [None, 7, "text"]
    if kind == "string" or "pattern" in field or "enum" in field:
        wrong += [7, True, "x" * (field.get("maxLength", 4096) + 1)]
        if "pattern" in field:
            wrong.append("\u0000")
        if field.get("minLength", 0) > 0:
            wrong.append("")
        if "pattern" in field and "x-check" in field and field["x-check"].endswith("_id"):
            wrong += ["r_", "r_0000000000000l", "../../etc/passwd", "x_0000000000001"]
        if "enum" in field:
            wrong.append("no such value")
    if kind == "integer":
        wrong += ["7", 1.5, -1, 1 << 63, -(1 << 63)]
        if "maximum" in field:
            wrong.append(field["maximum"] + 1)
    if kind == "boolean":
        wrong += [0, "true"]
    if kind == "array":
        wrong += [[[]], [7]]
        if "maxItems" in field:
            item = SCHEMAS.resolve(field["items"])
            one = "u_0000000000001" if item.get("x-check") else "x"
            wrong.append([one] * (field["maxItems"] + 1))
    return [value for value in wrong if not (value == {} and kind == "object")]


@pytest.fixture(scope="module")
def signed_in(server):
    from conclave_test.fixtures import World
    world = World(server)
    yield world.person("ada").device()
    world.close()


def refuse(client, method, params):
    error = client.refused(method, params)
    assert error.reason in ("params.invalid", "body.too_large"), f"{method} {params}: {error}"
    assert error.code == -32602
    assert error.path, f"{method}: the error does not say which parameter"
    return error


@pytest.mark.short
@pytest.mark.parametrize("method", METHODS)
def test_every_parameter_refuses_what_it_must(server, signed_in, method):
    about = SCHEMAS.methods[method]
    client = server.connect() if about["sign_in"] == "before" else signed_in
    good = about["example"]["params"]
    for name, field in about["params"].get("properties", {}).items():
        for value in wrong_values(field):
            if SCHEMAS.resolve(field).get("type") is None and "enum" not in SCHEMAS.resolve(field) \
                    and "const" not in SCHEMAS.resolve(field):
                continue  # any JSON is right
            refuse(client, method, dict(good, **{name: value}))
    for name in about["params"].get("required", []):
        refuse(client, method, {k: v for k, v in good.items() if k != name})
    refuse(client, method, dict(good, surplus=1))
    if client is not signed_in:
        client.close()
    assert signed_in.call("session.ping")["time_ms"]


FRAMES = [
    "", " ", "{", "[]", "7", '"text"', "null", "{}", '{"jsonrpc":"2.0"}', "[" * 5000 + "]" * 5000,
    '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"1.0","id":1,"method":"session.ping","params":{}}',
    '{"jsonrpc":"2.0","id":{},"method":"session.ping","params":{}}',
    '{"jsonrpc":"2.0","id":1.5,"method":"session.ping","params":{}}',
    '{"jsonrpc":"2.0","id":"%s","method":"session.ping","params":{}}' % ("x" * 65),
    '{"jsonrpc":"2.0","id":1,"method":7,"params":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"session.ping","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"session.ping","params":{},"params":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"session.ping","params":{},"more":1}',
    '[{"jsonrpc":"2.0","id":1,"method":"session.ping","params":{}}]',
    '{"jsonrpc":"2.0","id":1,"method":"session.ping","params":{}} trailing',
]


@pytest.mark.short
@pytest.mark.parametrize("frame", FRAMES, ids=[f[:24] or "empty" for f in FRAMES])
def test_a_frame_without_the_form_of_a_request_is_answered_or_ends_the_connection(server, frame):
    client = server.connect()
    client.send_text(frame)
    try:
        assert client.finish("session.ping", client.start("session.ping", {}, "afterwards"))
        answers = list(client._answers.values())  # what came beside the ping's answer
        assert answers and all("error" in answer for answer in answers), answers
        for answer in answers:
            SCHEMAS.check_error(answer["error"])
            assert answer["error"]["code"] in (-32700, -32600, -32602)
    except Closed:
        assert client.close_code in (1002, 1003, 1007, 1008, 4006), client.close_code
    client.close()


def test_binary_frames_are_not_spoken(server):
    client = server.connect()
    client.send_bytes(b'{"jsonrpc":"2.0","id":1,"method":"session.ping","params":{}}')
    assert client.wait_closed() in (1003, 1002, 1008)


def test_a_frame_over_the_limit_ends_the_connection_with_the_reason(server):
    client = server.connect()
    try:
        client.send_text('{"pad":"' + "x" * (client.hello["limits"]["frame_bytes"] + 1) + '"}')
    except Closed:
        pass  # the server closed while we were still writing
    assert client.wait_closed() in (1009, 1006)


def test_broken_utf8_is_refused(server):
    client = server.connect()
    with client._lock:
        frame = bytes([0x81, 0x80 | 4]) + b"\0\0\0\0" + b'"\xff\xfe"'
        client.channel.send(frame)
    assert client.wait_closed() in (1007, 1002)


def test_an_unknown_method_names_the_way_to_the_known_ones(server, signed_in):
    for method in ("message.sned", "", "a" * 200, "Session.Ping", "session.ping "):
        refused = signed_in.refused(method, {})
        assert refused.code in (-32601, -32600)
        assert refused.advice


def test_ids_come_back_as_they_were(server):
    client = server.connect()
    for request_id in (0, 1, -5, 2**53, "text", "ä" * 32, "x" * 64):
        try:
            client.finish("session.ping", client.start("session.ping", {}, request_id))
        except Refused as refused:
            assert refused.code == -32600, (request_id, refused)
    client.close()


def test_plain_http_at_the_websocket_path_is_told_what_to_do(server):
    answer = server.get("/ws")
    assert answer.status in (400, 404, 426)


def test_wrong_input_to_the_management_api_is_an_error_with_advice(server):
    api = server.admin
    api.sign_in()
    openapi = json.loads(server.get("/openapi.json").text)
    assert len(openapi["paths"]) > 15
    for path, methods in openapi["paths"].items():
        if not path.startswith("/api/v1"):
            continue
        target = path
        for name in ("tenant", "user", "device", "session", "room", "group", "factor"):
            target = target.replace("{" + name + "}", "no-such-thing")
        for method in methods:
            verb = method.upper()
            if verb not in ("GET", "POST", "PUT", "PATCH", "DELETE") or (verb, path) == (
                    "DELETE", "/api/v1/session"):
                continue
            for body in (b'{"surplus":1}', b"[]", b"{", b"\xff"):
                data = body if verb != "GET" else b""
                headers = api.authorised_headers(verb, target, data)
                headers["Content-Type"] = "application/json"
                from conclave_test import http
                answer = http.request(server.ports["https"], verb, target, data or None, headers,
                                      authority=server.authority)
                if verb == "GET" and answer.status == 200:
                    continue
                assert 400 <= answer.status < 500, f"{verb} {target} {body}: {answer.status}"
                content = answer.json()
                assert content["reason"] and content["advice"], (verb, target, content)


def test_a_device_key_that_is_none_is_refused_with_a_documented_reason(server, world):
    from conclave_test import Device, PASSWORD, b64
    ada = world.person("ada")
    for algorithm, key in (("ES256", bytes(32)), ("Ed25519", bytes([4]) + bytes(64)),
                           ("ES256", bytes([4]) + b"\1" * 64), ("ES256", bytes([2]) + bytes(64))):
        client = server.connect()
        device = Device(ada.account, PASSWORD)
        params = device.enrol_params(client.nonce, *client.channel.binding)
        params["device"].update(algorithm=algorithm, key=b64(key))
        assert client.refused("session.enrol", params).code in (-32602, -32001)
        client.close()
