"""The schemas of sdk/protocol, as validators: what the server sends is held to them."""

import copy
import json
import pathlib

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[4]
SCHEMA_FOLDER = ROOT / "sdk" / "protocol" / "schema"
_BASE = "https://schema.invalid/"  # never fetched: all files are given to the resolver


class Schemas:
    """All methods, events, types and errors of conclave.v1, read once."""

    def __init__(self, folder=SCHEMA_FOLDER):
        self.files = {path.name: json.loads(path.read_text())
                      for path in sorted(folder.glob("*.json"))}
        self.methods = {}
        self.events = {}
        for content in self.files.values():
            self.methods.update(content.get("methods", {}))
            self.events.update(content.get("events", {}))
        self.errors = self.files["errors.json"]["errors"]
        self._cache = {}

    def _validator(self, key, schema):
        if key not in self._cache:
            store = {_BASE + name: content for name, content in self.files.items()}
            resolver = jsonschema.RefResolver(_BASE + "root.json", schema, store=store)
            self._cache[key] = jsonschema.Draft202012Validator(schema, resolver=resolver)
        return self._cache[key]

    def check_result(self, method, result):
        self._check(("result", method), self.methods[method]["result"], result)

    def check_event(self, name, params):
        assert name in self.events, f"the server sent an event that no schema names: {name}"
        self._check(("event", name), self.events[name]["params"], params)

    def check_params(self, method, params):
        self._check(("params", method), self.methods[method]["params"], params)

    def check_error(self, error):
        """A JSON-RPC error: code and reason agree with errors.json, advice is there for a
        person."""
        assert isinstance(error.get("code"), int), error
        assert isinstance(error.get("message"), str) and error["message"], error
        data = error.get("data", {})
        assert data.get("reason"), error
        assert data.get("advice"), error
        known = self.errors.get(data["reason"])
        assert known is not None, f"a reason that errors.json does not name: {error}"
        allowed = {"reason", "advice", "detail", "retry_after_ms", "path"}
        assert set(data) <= allowed | set(known.get("members", [])), error
        assert known["code"] == error["code"], error

    def _check(self, key, schema, value):
        found = sorted(self._validator(key, schema).iter_errors(value), key=lambda e: list(e.path))
        if not found:
            return
        first = jsonschema.exceptions.best_match(found)
        where = "/".join(str(part) for part in first.absolute_path)
        raise AssertionError(f"{key[0]} of {key[1]} breaks its schema at /{where}: {first.message}")

    def resolve(self, schema):
        """The schema itself with the first level of $ref followed."""
        while "$ref" in schema:
            name, _, pointer = schema["$ref"].partition("#")
            target = self.files[name or "types.json"]
            for part in pointer.strip("/").split("/"):
                target = target[part]
            merged = copy.deepcopy(target)
            merged.update({k: v for k, v in schema.items() if k != "$ref"})
            schema = merged
        return schema

    def id_fields(self, method):
        """Names and kinds of the parameters that hold ids: {"room": "room_id", ...}."""
        found = {}
        for name, raw in self.methods[method]["params"].get("properties", {}).items():
            field = self.resolve(raw)
            if field.get("x-check", "").endswith("_id"):
                found[name] = field["x-check"]
            elif field.get("type") == "array":
                inner = self.resolve(field.get("items", {}))
                if inner.get("x-check", "").endswith("_id"):
                    found[name] = inner["x-check"] + "[]"
        return found


_loaded = None


def schemas():
    global _loaded
    if _loaded is None:
        _loaded = Schemas()
    return _loaded
