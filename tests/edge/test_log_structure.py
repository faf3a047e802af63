"""JSON objects and logfmt are recognised in what programs write; other lines are left as they are."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.edge.logstructure import structure_of


@pytest.mark.parametrize(
    ("text", "level", "fields"),
    [
        ('{"level": "warn", "msg": "x"}', "warn", {"level": "warn", "msg": "x"}),
        ('{"severity": "BAD", "a": [1, {"b": null}]}', "BAD", {"severity": "BAD", "a": [1, {"b": None}]}),
        ('{"level": 30, "msg": "pino"}', "30", {"level": 30, "msg": "pino"}),
        ('{"levelname": "INFO", "lvl": "low"}', "low", {"levelname": "INFO", "lvl": "low"}),
        ('{"a": 1} ', None, {"a": 1}),
        ('level=info msg="a \\"b\\"\\n=c" took=3ms', "info",
         {"level": "info", "msg": 'a "b"\n=c', "took": "3ms"}),
        ("event=started app.name=crm url=http://x/?a=b empty=", None,
         {"event": "started", "app.name": "crm", "url": "http://x/?a=b", "empty": ""}),
    ],
)  # fmt: skip
def test_structured_lines_are_recognised(text: str, level: str | None, fields: dict[str, Any]) -> None:
    structure = structure_of(text)
    assert structure is not None
    assert (structure.level, structure.fields) == (level, fields)


@pytest.mark.parametrize(
    "text",
    [
        "", "INFO: started", "x=1", "x=1 y=2", "GET /?level=info&msg=x 200", "level=info", "{}", "[1]",
        '{"a": 1', '{"a": 1} trailing', 'level=info msg="open', "level=info and more", '{"a": 1e999}x',
        "level=info msg=a\x00b c", "{" * 5000, '{"level": "x", "pad": "' + "y" * 70_000 + '"}',
    ],
)  # fmt: skip
def test_other_lines_are_not(text: str) -> None:
    assert structure_of(text) is None


@given(st.text())
def test_whatever_is_recognised_can_be_answered(text: str) -> None:
    for line in (text, f'{{"level": {text}}}', f"level=x msg={text}"):
        structure = structure_of(line)
        if structure is not None:
            msgspec.json.encode(structure.fields)


@pytest.mark.parametrize("number", ["1" * 400, "-" + "9" * 30, "1e400", "-0.0", "18446744073709551616"])
def test_numbers_of_any_size_do_no_harm(number: str) -> None:
    structure = structure_of(f'{{"level": "x", "n": {number}}}')
    if structure is not None:
        msgspec.json.encode(structure.fields)
