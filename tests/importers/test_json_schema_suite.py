"""The official tests of JSON Schema, as the package jsonschema ships them.

What is valid is taken by a form's rules, and what is not is refused, wherever a schema is wholly understood.
A test one of whose keywords is named in a note is counted and not judged; so is what a form cannot hold:
properties that it does not have, empty values, texts in place of numbers. A form
checks every `format` that it knows, which the tests take for an annotation, so these are left out.
"""

import json
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from importing import proposed

from dataforms.database import Database
from dataforms.sheets.vocabulary import word_list
from protoddfd.importers import ImportRefused, Proposal

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

LEAST_JUDGED = {"draft7": 90, "draft2020-12": 90}
FILES = word_list(
    """
    allOf anyOf const dependentRequired dependencies enum exclusiveMaximum exclusiveMinimum
    if-then-else maxItems maxLength maximum minItems minLength minimum multipleOf not oneOf pattern
    properties required type
    """
)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "jsonschema"]
    subprocess.run([*command, "--dest", str(folder), "jsonschema==4.26.0"], check=True, timeout=600)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("jsonschema-*")) / "json" / "tests"


def _type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _typed(schema: Any, value: object) -> Any:
    """Return a schema that says which type it is about, as all of a form's fields have one."""
    if not isinstance(schema, dict) or "type" in schema or "$ref" in schema or value is None:
        return schema
    kind = "number" if _type(value) == "integer" else _type(value)
    return {**schema, "type": kind}


def _fits(schema: Any, value: object) -> bool:
    """Return whether a value is of its schema's type: in a form `1` can be typed into any field."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    same = {_type(value), *({"number", "integer"} if _type(value) in ("number", "integer") else ())}
    return kind is None or bool(same & set(kind if isinstance(kind, list) else [kind]))


def _cases(schema: Any, data: object) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield a schema of an object and an object, for what a test says of any value."""
    if isinstance(data, dict) and isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        properties = {key: _typed(each, data.get(key)) for key, each in schema["properties"].items()}
        if all(_fits(properties.get(key), value) for key, value in data.items()):
            yield {**schema, "type": "object", "properties": properties}, data
    elif not isinstance(data, dict) and "$ref" not in json.dumps(schema) and _fits(schema, data):
        yield {"type": "object", "properties": {"value": _typed(schema, data)}}, {"value": data}


def _is_empty(value: object) -> bool:
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


def _judged(made: Proposal, properties: dict[str, Any], data: dict[str, Any], folder: Path) -> bool | None:
    """Return whether the rules take an object; None where a form cannot hold it."""
    fields = made.spec.entities[0].fields
    if len(made.spec.entities) != 1 or len(fields) != len(properties) or not data.keys() <= properties.keys():
        return None
    if any(_is_empty(value) or isinstance(value, dict) for value in data.values()):
        return None
    names = dict(zip(properties, (field.name for field in fields), strict=True))
    database = Database(made.spec, f"sqlite:///{folder / 'app.db'}")
    try:
        database.create()
        return not database.check(
            made.spec.entities[0].name, None, {names[key]: value for key, value in data.items()}
        )
    finally:
        database.close()


def _tests(suite: Path, draft: str) -> Iterator[tuple[str, Any, Any, bool]]:
    """Yield what each test is called, its schema, its value, and whether that is valid."""
    for file in FILES:
        path = suite / draft / f"{file}.json"
        for group in json.loads(path.read_text()) if path.exists() else ():
            for test in group["tests"]:
                called = f"{file}: {group['description']}: {test['description']}: {test['data']!r:.80}"
                yield called, group["schema"], test["data"], test["valid"]


def _outcome(schema: dict[str, Any], data: dict[str, Any], folder: Path) -> bool | str:
    """Return whether the rules take an object, or why that is not judged."""
    folder.mkdir()
    path = folder / "thing.json"
    path.write_text(json.dumps({"$schema": "https://json-schema.org/schema", **schema}))
    try:
        made = proposed(path)
    except ImportRefused:
        return "refused"
    if made.notes:
        return "named"
    found = _judged(made, schema["properties"], data, folder)
    return "not held" if found is None else found


@pytest.mark.parametrize("draft", ["draft7", "draft2020-12"])
def test_what_is_valid_is_taken_and_what_is_not_refused(suite: Path, tmp_path: Path, draft: str) -> None:
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for called, schema, value, valid in _tests(suite, draft):
        for whole, data in _cases(schema, value):
            outcome = _outcome(whole, data, tmp_path / str(counts.total()))
            counts[outcome if isinstance(outcome, str) else "judged"] += 1
            if isinstance(outcome, bool) and outcome != valid:
                wrong.append(called)
    sys.stdout.write(f"{draft}: {dict(counts)}\n")
    assert wrong == []
    assert counts["judged"] >= LEAST_JUDGED[draft]
