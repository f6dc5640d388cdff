"""Writes docs/asyncapi.json: conclave.v1 as an AsyncAPI 3 document."""

import json

INTRODUCTION = ("JSON-RPC 2.0 over WebSocket, sub-protocol conclave.v1, path /ws. "
                "docs/protocol.md tells how a connection lives; this page is made from "
                "sdk/protocol/schema.")


def _local(value):
    """References into types.json become references into this document."""
    if isinstance(value, dict):
        return {key: ("#/components/schemas/" + member.rpartition("/")[2]) if key == "$ref"
                else _local(member) for key, member in value.items()}
    return [_local(item) for item in value] if isinstance(value, list) else value


def _request(method):
    return {"name": method.name, "title": method.raw["summary"],
            "payload": {"type": "object", "required": ["jsonrpc", "id", "method"],
                        "properties": {"jsonrpc": {"const": "2.0"}, "id": _ref("RequestId"),
                                       "method": {"const": method.name},
                                       "params": _local(method.raw["params"])},
                        "additionalProperties": False},
            "examples": [{"payload": {"jsonrpc": "2.0", "id": 1, "method": method.name,
                                      "params": method.raw["example"]["params"]}}]}


def _reply(method):
    return {"name": method.name + ".result",
            "payload": {"type": "object", "required": ["jsonrpc", "id", "result"],
                        "properties": {"jsonrpc": {"const": "2.0"}, "id": _ref("RequestId"),
                                       "result": _local(method.raw["result"])},
                        "additionalProperties": False},
            "examples": [{"payload": {"jsonrpc": "2.0", "id": 1,
                                      "result": method.raw["example"]["result"]}}]}


def _event(name, raw):
    return {"name": name, "title": raw["summary"],
            "payload": {"type": "object", "required": ["jsonrpc", "method", "params"],
                        "properties": {"jsonrpc": {"const": "2.0"}, "method": {"const": name},
                                       "params": _local(raw["params"])},
                        "additionalProperties": False},
            "examples": [{"payload": {"jsonrpc": "2.0", "method": name, "params": raw["example"]}}]}


def _ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def _error_schema(model):
    return {"description": "The answer to a request that failed.", "type": "object",
            "required": ["jsonrpc", "id", "error"], "additionalProperties": False,
            "properties": {
                "jsonrpc": {"const": "2.0"},
                "id": {"oneOf": [_ref("RequestId"), {"type": "null"}]},
                "error": {"type": "object", "required": ["code", "message", "data"],
                          "additionalProperties": False,
                          "properties": {
                              "code": {"type": "integer"}, "message": {"type": "string"},
                              "data": {"type": "object", "required": ["reason", "advice"],
                                       "additionalProperties": False,
                                       "properties": {
                                           "reason": {"enum": sorted(model.errors)},
                                           "advice": {"type": "string"},
                                           "detail": {"type": "string"},
                                           "path": {"type": "string"},
                                           "retry_after_ms": {"type": "integer"}}}}}}}


def _operations(model):
    operations = {}
    for method in model.methods:
        text = [method.raw.get("description", ""), f"Rights: {method.raw['rights']}"]
        operations[method.name] = {
            "action": "receive", "channel": {"$ref": "#/channels/ws"},
            "summary": method.raw["summary"],
            "description": " ".join(part for part in text if part),
            "messages": [{"$ref": f"#/channels/ws/messages/{method.name}"}],
            "reply": {"channel": {"$ref": "#/channels/ws"},
                      "messages": [{"$ref": f"#/channels/ws/messages/{method.name}.result"},
                                   {"$ref": "#/channels/ws/messages/error"}]}}
    for name, raw in model.events.items():
        operations[name] = {"action": "send", "channel": {"$ref": "#/channels/ws"},
                            "summary": raw["summary"],
                            "messages": [{"$ref": f"#/channels/ws/messages/{name}"}]}
    return operations


def render(model):
    messages = {"error": {"name": "error", "payload": _ref("Error")}}
    for method in model.methods:
        messages[method.name] = _request(method)
        messages[method.name + ".result"] = _reply(method)
    for name, raw in model.events.items():
        messages[name] = _event(name, raw)
    schemas = {name: _local(schema) for name, schema in model.types.items()}
    schemas["RequestId"] = {"oneOf": [{"type": "integer"}, {"type": "string", "maxLength": 64}]}
    schemas["Error"] = _error_schema(model)
    page = {"asyncapi": "3.0.0",
            "info": {"title": "conclave.v1", "version": "1", "description": INTRODUCTION,
                     "license": {"name": "Apache-2.0"}},
            "defaultContentType": "application/json",
            "channels": {"ws": {"address": "/ws", "messages": messages}},
            "operations": _operations(model),
            "components": {"schemas": schemas}}
    return json.dumps(page, indent=1, ensure_ascii=False) + "\n"
