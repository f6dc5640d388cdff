"""Checks a JSON value against a schema of the subset that schema/ uses.

The conformance tests use it too: `faults()` holds every answer and event of a running server to the
schema.
"""

import base64
import json
import re

_TYPES = {
    "string": lambda v: isinstance(v, str),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
}

KEYWORDS = {
    "$ref", "$comment", "description", "type", "required", "properties", "additionalProperties",
    "minLength", "maxLength", "minimum", "maximum", "enum", "const", "pattern", "items", "minItems",
    "maxItems", "oneOf", "x-check", "x-minBytes", "x-maxBytes",
}


def resolve(schema, types):
    """Follows $ref into schema/types.json; the only place that references may point to."""
    while "$ref" in schema:
        schema = types[schema["$ref"].rpartition("/")[2]]
    return schema


def faults(value, schema, types, path=""):
    """What is wrong with `value`: a list of "path: text", empty when it is valid."""
    schema = resolve(schema, types)
    if "oneOf" in schema:
        return _one_of(value, schema["oneOf"], types, path)
    if "const" in schema and value != schema["const"]:
        return [f"{path}: not {schema['const']!r}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path}: {value!r} is none of {schema['enum']}"]
    kind = schema.get("type")
    if kind and not _TYPES[kind](value):
        return [f"{path}: {value!r} is not of type {kind}"]
    if kind == "string":
        return _string(value, schema, path)
    if kind == "integer":
        return _integer(value, schema, path)
    if kind == "object":
        return _object(value, schema, types, path)
    if kind == "array":
        return _array(value, schema, types, path)
    if "x-maxBytes" in schema and len(json.dumps(value).encode()) > 6 * schema["x-maxBytes"]:
        return [f"{path}: too long"]
    return []


def _one_of(value, choices, types, path):
    attempts = [faults(value, choice, types, path) for choice in choices]
    valid = sum(1 for attempt in attempts if not attempt)
    if valid == 1:
        return []
    if valid > 1:
        return [f"{path}: {value!r} matches {valid} of the alternatives"]
    nearest = min(attempts, key=len)
    return [f"{path}: matches none of the alternatives; nearest: {nearest}"]


def _string(value, schema, path):
    out = []
    if len(value) < schema.get("minLength", 0):
        out.append(f"{path}: shorter than {schema['minLength']}")
    if len(value) > schema.get("maxLength", len(value)):
        out.append(f"{path}: longer than {schema['maxLength']}")
    if "pattern" in schema and not re.search(schema["pattern"].replace("$", r"\Z"), value):
        out.append(f"{path}: {value!r} does not match {schema['pattern']}")
    size = _byte_length(value, schema)
    if size is None or not schema.get("x-minBytes", 0) <= size <= schema.get("x-maxBytes", size):
        out.append(f"{path}: wrong number of bytes")
    return out


def _byte_length(value, schema):
    if schema.get("x-check") != "base64url":
        return len(value.encode())
    try:
        return len(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except ValueError:
        return None


def _integer(value, schema, path):
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return [f"{path}: {value} is out of bounds"]
    return []


def _object(value, schema, types, path):
    properties = schema.get("properties", {})
    out = [f"{path}/{name}: missing" for name in schema.get("required", []) if name not in value]
    for name, member in value.items():
        if name in properties:
            out += faults(member, properties[name], types, f"{path}/{name}")
        elif schema.get("additionalProperties", True) is False:
            out.append(f"{path}/{name}: unknown")
    return out


def _array(value, schema, types, path):
    out = []
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        out.append(f"{path}: {len(value)} items are out of bounds")
    for index, item in enumerate(value):
        out += faults(item, schema.get("items", {}), types, f"{path}/{index}")
    return out
