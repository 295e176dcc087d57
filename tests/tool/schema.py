#!/usr/bin/env python3
"""Is the JSON on stdin as a schema of daxctl-private wants it?

usage: schema.py NAME    (NAME.schema.json in tools/daxctl-private/schema)
"""
import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMAS = Path(__file__).resolve().parents[2] / "tools/daxctl-private/schema"


def make_validator(schema, store):
    """One that finds the other schemas of the store by their names."""
    try:
        from referencing import Registry, Resource
    except ImportError:  # Debian 12
        from jsonschema import RefResolver
        resolver = RefResolver("", schema, store=store)
        return Draft202012Validator(schema, resolver=resolver)
    known = [(name, Resource.from_contents(content)) for name, content in store.items()]
    return Draft202012Validator(schema, registry=Registry().with_resources(known))


def main(name):
    store = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    schema = store[f"{name}.schema.json"]
    Draft202012Validator.check_schema(schema)
    validator = make_validator(schema, store)
    errors = [f"{error.json_path}: {error.message}"
              for error in validator.iter_errors(json.load(sys.stdin))]
    sys.exit("\n".join(errors) or 0)


main(sys.argv[1])
