"""Writes docs/protocol-methods.md: the reference of methods, events and types for people."""

import json

SIGN_IN = {"before": "only before sign-in", "required": "signed in", "any": "always"}


def _type(schema):
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "oneOf" in schema:
        return " or ".join(_type(choice) for choice in schema["oneOf"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "any JSON value")
    if kind == "array":
        bounds = f"{schema.get('minItems', 0)} to {schema['maxItems']}"
        return f"array of {_type(schema['items'])}, {bounds}"
    if kind == "string" and "maxLength" in schema:
        return f"string, {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    if kind == "integer" and "maximum" in schema:
        return f"integer, {schema['minimum']} to {schema['maximum']}"
    return kind


def _fields(schema):
    """A table of an object's members; other schemas become one line."""
    if "$ref" in schema or "oneOf" in schema:
        return [_type(schema), ""]
    if not schema.get("properties"):
        return ["None." if schema.get("type") == "object" else _type(schema), ""]
    required = schema.get("required", [])
    lines = ["| name | type | |", "|---|---|---|"]
    for name, member in schema["properties"].items():
        shown = name if name in required else f"{name}?"
        kind = "object, see the schema" if member.get("type") == "object" else _type(member)
        lines.append(f"| `{shown}` | {kind} | {member.get('description', '')} |")
    return lines + [""]


def _method(method):
    raw = method.raw
    lines = [f"### {method.name}", "", raw["summary"] + " " + raw.get("description", ""), "",
             f"Allowed: {SIGN_IN[raw['sign_in']]}. "
             f"Rights: {raw['rights']} Cost: {raw['cost']}.", "",
             "Parameters:", "", *_fields(raw["params"]), "Result:", "", *_fields(raw["result"])]
    if raw["errors"]:
        reasons = ", ".join(f"`{reason}`" for reason in raw["errors"])
        lines += [f"Errors of its own: {reasons}.", ""]
    example = {part: json.dumps(raw["example"][part], ensure_ascii=False)
               for part in ("params", "result")}
    return lines + ["```json", example["params"], example["result"], "```", ""]


def _event(name, raw):
    return [f"### {name}", "", raw["summary"] + " " + raw.get("description", ""), "",
            f"Urgency: {raw['urgency']}.", "", *_fields(raw["params"]),
            "```json", json.dumps(raw["example"], ensure_ascii=False), "```", ""]


def render(model):
    out = ["# Methods and events of conclave.v1", "",
           "Made from sdk/protocol/schema. "
           "How a connection lives is told in [protocol.md](protocol.md).", ""]
    for noun in model.nouns:
        out += [f"## {noun['noun']}", "", noun["summary"], ""]
        for method in model.methods:
            if method.name.startswith(noun["noun"] + "."):
                out += _method(method)
        for name, raw in model.events.items():
            if name.startswith(noun["noun"] + "."):
                out += _event(name, raw)
    out += ["## Types", ""]
    for name, schema in model.types.items():
        out += [f"### {name}", ""]
        if "description" in schema:
            out += [schema["description"], ""]
        if "pattern" in schema:
            out += [f"`{schema['pattern']}`", ""]
        out += _fields({key: value for key, value in schema.items() if key != "description"})
    out += ["## Reasons of errors", "",
            "| reason | kind | code | what to do |", "|---|---|---|---|"]
    for reason, raw in sorted(model.errors.items()):
        out.append(f"| `{reason}` | {raw['kind']} | {raw['code']} | {raw['advice']} |")
    out += ["", "The management API gives these as well:", "",
            "| reason | kind | what to do |", "|---|---|---|"]
    for reason, raw in sorted(model.management_errors.items()):
        out.append(f"| `{reason}` | {raw['kind']} | {raw['advice']} |")
    return "\n".join(line.rstrip() for line in out) + "\n"
