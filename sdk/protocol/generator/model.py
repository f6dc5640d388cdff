"""The schema files as one checked model."""

import json
import pathlib
from dataclasses import dataclass, field

from . import check

SIGN_IN = ("before", "required", "any")
URGENCIES = ("control", "typing", "presence", "receipt", "log")
NOT_NOUNS = ("types", "errors")


class SchemaError(Exception):
    """A schema file breaks a rule; the text names the place."""


@dataclass
class Method:
    name: str
    raw: dict

    @property
    def struct(self):
        return "".join(part.capitalize() for part in self.name.replace(".", "_").split("_"))

    @property
    def enumerator(self):
        return self.name.replace(".", "_")


@dataclass
class Model:
    types: dict
    errors: dict
    management_errors: dict
    nouns: list = field(default_factory=list)  # raw files, by name
    methods: list = field(default_factory=list)  # Method, by name
    events: dict = field(default_factory=dict)  # name -> raw

    def resolve(self, schema):
        return check.resolve(schema, self.types)


def load(folder):
    """Reads and checks every file of `folder`; raises SchemaError."""
    folder = pathlib.Path(folder)
    errors = _read(folder / "errors.json")
    model = Model(types=_read(folder / "types.json")["$defs"], errors=errors["errors"],
                  management_errors=errors["management"])
    twice = set(model.errors) & set(model.management_errors)
    if twice:
        raise SchemaError(f"errors.json: in both lists: {sorted(twice)}")
    for name, schema in model.types.items():
        _check_keywords(schema, model, f"types.json {name}")
    for path in sorted(folder.glob("*.json")):
        if path.stem not in NOT_NOUNS:
            _add_noun(model, path)
    model.methods.sort(key=lambda method: method.name)
    model.events = dict(sorted(model.events.items()))
    return model


def _read(path):
    def refuse_repeats(pairs):
        if len({key for key, _ in pairs}) != len(pairs):
            raise SchemaError(f"{path.name}: a key is repeated")
        return dict(pairs)

    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=refuse_repeats)


def _add_noun(model, path):
    noun = _read(path)
    if noun["noun"] != path.stem:
        raise SchemaError(f"{path.name}: noun is {noun['noun']}")
    model.nouns.append(noun)
    for name, raw in noun.get("methods", {}).items():
        _check_name(name, path)
        _check_method(model, name, raw)
        model.methods.append(Method(name, raw))
    for name, raw in noun.get("events", {}).items():
        _check_event(model, name, raw)
        model.events[name] = raw


def _check_name(name, path):
    if not name.startswith(path.stem + "."):
        raise SchemaError(f"{path.name}: {name} belongs into another file")


def _check_method(model, name, raw):
    for key in ("summary", "sign_in", "rights", "cost", "params", "result", "errors", "example"):
        if key not in raw:
            raise SchemaError(f"{name}: {key} is missing")
    if raw["sign_in"] not in SIGN_IN:
        raise SchemaError(f"{name}: sign_in is none of {SIGN_IN}")
    for reason in raw["errors"]:
        if reason not in model.errors:
            raise SchemaError(f"{name}: errors.json does not know {reason}")
    for part in ("params", "result"):
        _check_keywords(raw[part], model, f"{name} {part}")
        wrong = check.faults(raw["example"][part], raw[part], model.types)
        if wrong:
            raise SchemaError(f"{name}: the example breaks the {part} schema: {wrong}")
    if model.resolve(raw["params"]).get("type") != "object":
        raise SchemaError(f"{name}: params are an object")


def _check_event(model, name, raw):
    if raw["urgency"] not in URGENCIES:
        raise SchemaError(f"{name}: urgency is none of {URGENCIES}")
    _check_keywords(raw["params"], model, name)
    wrong = check.faults(raw["example"], raw["params"], model.types)
    if wrong:
        raise SchemaError(f"{name}: the example breaks the schema: {wrong}")


def _check_keywords(schema, model, place):
    unknown = set(schema) - check.KEYWORDS
    if unknown:
        raise SchemaError(f"{place}: keywords outside the subset: {sorted(unknown)}")
    if "$ref" in schema and schema["$ref"].rpartition("/")[2] not in model.types:
        raise SchemaError(f"{place}: {schema['$ref']} points nowhere")
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        raise SchemaError(f"{place}: objects say additionalProperties: false")
    if "pattern" in schema and "x-check" not in schema:
        raise SchemaError(f"{place}: a pattern needs an x-check that the server runs")
    for name, member in schema.get("properties", {}).items():
        _check_keywords(member, model, f"{place}.{name}")
    for choice in schema.get("oneOf", []):
        _check_keywords(choice, model, place)
    if "items" in schema:
        _check_keywords(schema["items"], model, f"{place}[]")
