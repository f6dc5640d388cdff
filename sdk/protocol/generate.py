#!/usr/bin/env python3
"""Derives code and documents from sdk/protocol/schema.

    generate.py --cpp DIR     methods.hpp and methods.cpp for the server (the build does this)
    generate.py --docs ROOT   ROOT/docs/asyncapi.json and ROOT/docs/protocol-methods.md (committed)
    generate.py --check ROOT  fails when the committed documents differ from the schema
"""

import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generator import asyncapi, cpp, markdown, model  # noqa: E402


def write_if_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def documents(schema):
    return {"docs/asyncapi.json": asyncapi.render(schema),
            "docs/protocol-methods.md": markdown.render(schema)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cpp", type=pathlib.Path)
    parser.add_argument("--docs", type=pathlib.Path)
    parser.add_argument("--check", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        schema = model.load(HERE / "schema")
    except model.SchemaError as error:
        sys.exit(f"schema: {error}")
    if arguments.cpp:
        write_if_changed(arguments.cpp / "methods.hpp", cpp.header(schema))
        write_if_changed(arguments.cpp / "methods.cpp", cpp.source(schema))
    if arguments.docs:
        for name, text in documents(schema).items():
            write_if_changed(arguments.docs / name, text)
    if arguments.check:
        stale = [name for name, text in documents(schema).items()
                 if not (arguments.check / name).exists()
                 or (arguments.check / name).read_text(encoding="utf-8") != text]
        if stale:
            sys.exit(f"{', '.join(stale)}: not what the schema says; "
                     "run sdk/protocol/generate.py --docs .")


if __name__ == "__main__":
    main()
