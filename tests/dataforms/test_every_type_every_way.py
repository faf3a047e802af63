"""Every type, every rule it may have, every way in: the same verdict and words, wherever a value comes from.

Which rules a type may have is what `check_fields` says of a field with it; a type or a rule without an
example here fails a test.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

import msgspec
import pytest
from rest import Rest

from dataforms.check_fields import field_problems
from dataforms.database import Database
from dataforms.errors import FieldError, LoadFailed, RecordInvalid
from dataforms.importing.plan import Column, Fault, Plan
from dataforms.importing.run import carry_out
from dataforms.query import Query
from dataforms.sheets.sheet import open_sheet
from dataforms.spec import AppSpec, Entity, Field, FieldType
from dataforms.types import TYPES, is_given, is_stored, type_of
from dataforms.types_json import ANY
from dataforms.ui.entry import choice_name, is_entered_in_place, typed_values

Rule = Literal["type", "required", "unique", "min", "max", "pattern", "choices"]
RULES: tuple[Rule, ...] = get_args(Rule)
IN_JSON = ("type", "choices")
"""Of what breaks these, REST says which JSON there should be, before any type reads it."""
Typed = str | None


class Example(NamedTuple):
    """Texts as people write them: two that are right, one that is not, and ones about the bounds."""

    right: str
    other: str
    wrong: str | None
    """What the type itself refuses; None where it takes any text."""
    bounds: tuple[int | float | str, str, str] | None = None
    """A bound, and values below and above it."""
    pattern: tuple[str, str, str] | None = None
    """A pattern, a value that matches it, and one that does not."""


SHA = "a" * 64
LETTERS = (3, "ab", "abcd")
NUMBERS = (10, "9", "11")
STAMPED = {"name": "a.png", "size": 3, "type": "image/png", "digest": SHA}
MAIL = Example(
    "a@example.com",
    "b@example.com",
    "a@",
    (13, "a@example.co", "ab@example.com"),
    ("a.*", "a@example.com", "b@example.com"),
)
ADDRESS = Example(
    "https://a.example",
    "https://b.example",
    "javascript:alert(1)",
    (17, "https://a.exampl", "https://aa.example"),
    (".*a.example", "https://a.example", "https://b.example"),
)
MOMENT = Example(
    "2026-01-31T14:30",
    "2026-01-31T15:00",
    "soon",
    ("2026-01-10T12:00", "2026-01-10T11:00", "2026-01-10T13:00"),
)
DAY = Example("2026-01-31", "2026-02-01", "2026-02-30", ("2026-01-10", "2026-01-09", "2026-01-11"))
PHONE = Example(
    "+49 30 1234", "+49 30 1235", "none", (5, "1234", "123456"), (r"\+.*", "+49 30 1234", "030 1234")
)
FILE = Example(json.dumps(STAMPED), json.dumps({**STAMPED, "name": "b.png"}), "a.png")
EXAMPLES: dict[FieldType, Example] = {
    "text": Example("Ada", "Bob", "two\nlines", LETTERS, ("[a-z]+", "abc", "A1")),
    "long_text": Example("Ada", "Bob", "bell \x07", LETTERS, ("[a-z]+", "abc", "A1")),
    "rich_text": Example("**Ada**", "Bob", "bell \x07", LETTERS),
    "integer": Example("12", "13", "twelve", NUMBERS),
    "decimal": Example("1.5", "2.5", "much", NUMBERS),
    "money": Example("1.50", "2.50", "much", NUMBERS),
    "percent": Example("5", "6", "much", NUMBERS),
    "boolean": Example("true", "false", "perhaps"),
    "date": DAY,
    "time": Example("14:30", "15:00", "25:00", ("12:00", "11:59", "12:01")),
    "datetime": MOMENT,
    "duration": Example("1:30:00", "0:45:00", "long", ("1:00:00", "0:30:00", "2:00:00")),
    "email": MAIL,
    "url": ADDRESS,
    "phone": PHONE,
    "color": Example("#112233", "#445566", "reddish"),
    "enum": Example("one", "two", "four"),
    "multi_enum": Example("one", "two", "four", (2, "one", "one, two, three")),
    "rating": Example("3", "4", "9", (3, "2", "4")),
    "file": FILE,
    "image": FILE,
    "json": Example('{"a":1}', "[1]", "{"),
    "location": Example("52.5, 13.4", "48.1, 11.5", "here"),
    "reference": Example("1", "2", "nobody"),
    "references": Example("1", "2", "nobody", (2, "1", "1, 2, 3")),
}
CHOICES = ("one", "two", "three")


def field_with(type: FieldType, rule: Rule) -> Field | None:
    """Return a field of a type under a rule; None where the rule makes no sense for it."""
    example = EXAMPLES[type]
    plain: dict[str, Any] = {"name": "it", "title": "It", "type": type}
    if TYPES[type].kind in ("record", "records"):
        plain["target"] = "Target"
    if list(field_problems("", Field(**plain))):
        plain["choices"] = CHOICES
    if rule == "choices":
        return Field(**plain) if "choices" in plain else None
    bound = None if example.bounds is None else example.bounds[0]
    of_rule: dict[Rule, dict[str, Any]] = {
        "type": {},
        "required": {"required": True},
        "unique": {"unique": True},
        "min": {"min": bound if bound is not None else 1},
        "max": {"max": bound if bound is not None else 1},
        "pattern": {"pattern": example.pattern[0] if example.pattern else "a"},
    }
    field = Field(**plain, **of_rule[rule])
    return None if list(field_problems("", field)) else field


class Case(NamedTuple):
    """A field under a rule, a text that it must take, and one that it must refuse."""

    field: Field
    rule: Rule
    right: str
    wrong: Typed

    @property
    def entity(self) -> str:
        """Return the entity that has the field."""
        words = f"{self.field.type} {self.rule}".replace("_", " ")
        return words.title()

    def __str__(self) -> str:
        return f"{self.field.type}-{self.rule}"


def cases() -> Iterator[Case]:
    for type, example in EXAMPLES.items():
        for rule in RULES:
            field = field_with(type, rule)
            if field is None or (rule == "type" and example.wrong is None):
                continue
            right, wrong = example.right, example.wrong
            match rule:
                case "required":
                    wrong = ""
                case "unique":
                    wrong = example.right
                case "min" | "max":
                    assert example.bounds is not None, f"{type} has no example of a {rule}"
                    _, low, high = example.bounds
                    right, wrong = (high, low) if rule == "min" else (low, high)
                case "pattern":
                    assert example.pattern is not None, f"{type} has no example of a pattern"
                    _, right, wrong = example.pattern
            yield Case(field, rule, right, wrong)


CASES = list(cases())
SPEC = AppSpec(
    name="every",
    title="Every",
    entities=(
        Entity(name="Target", title="Target", fields=(Field(name="name", title="Name", type="text"),)),
        *(
            Entity(
                name=case.entity,
                title=case.entity,
                fields=(case.field, Field(name="beside", title="Beside", type="text")),
            )
            for case in CASES
        ),
    ),
)


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    opened = Database(SPEC, "sqlite://")
    opened.create()
    for name in ("One", "Two", "Three"):
        opened.insert("Target", {"name": name})
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _emptied(database: Database, request: pytest.FixtureRequest) -> Iterator[None]:
    """Take away what a test stored."""
    yield
    callspec = getattr(request.node, "callspec", None)
    if callspec is not None and callspec.params["case"].rule == "unique":
        entity = callspec.params["case"].entity
        for row in database.page(entity, Query(size=100)).rows:
            database.delete(entity, row.id)


def verdict(store: Callable[[], object]) -> str | None:
    """Return why a value is refused; None if it is taken."""
    try:
        store()
    except RecordInvalid as refused:
        return refused.errors["it"]
    return None


def typed(field: Field, text: str) -> Mapping[str, object] | None:
    """Return what the inputs of a form send; None for what nobody can enter in them."""
    match type_of(field).widget:
        case "checkbox":
            return {"true": {"it": "on"}, "false": {}}.get(text)
        case "multi_select":
            picked = [word.strip() for word in text.split(",")] if text else []
            numbers = [field.choices.index(word) for word in picked if word in field.choices]
            return (
                dict.fromkeys((choice_name(field.name, n) for n in numbers), "on")
                if len(numbers) == len(picked)
                else None
            )
        case _:
            return {"it": text}


def by_form(database: Database, case: Case, text: str) -> str | None:
    sent = typed(case.field, text)
    if sent is None:
        return expected(case, text)
    values = typed_values(database.spec.entity(case.entity).fields, sent)
    return verdict(lambda: database.insert(case.entity, values))


def by_cell(database: Database, case: Case, text: str) -> str | None:
    sent = typed(case.field, text)
    if sent is None or not is_entered_in_place(case.field):
        return expected(case, text)
    id = database.insert(
        case.entity, {"it": EXAMPLES[case.field.type].other if case.rule == "unique" else case.right}
    )
    raw = typed_values(database.spec.entity(case.entity).fields, sent)["it"]
    return verdict(lambda: database.update(case.entity, id, {"it": raw}))


def by_file(database: Database, case: Case, text: str, folder: Path) -> str | None:
    path = folder / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["It", "Beside"], [text, "x"], *([["", "y"]] if not case.field.required else [])]
        )
    by = "id" if type_of(case.field).kind == "record" else None
    columns = (Column(header="It", field="it", by=by), Column(header="Beside", field="beside"))
    refused: list[Fault] = []
    plan = Plan(entity=case.entity, columns=columns)
    sheet = open_sheet(path, path.name)
    carry_out(database, sheet, plan, lambda done, rows: None, lambda cells, fault: refused.append(fault))
    return refused[0].reason if refused else None


def by_rest(rest: Rest, case: Case, text: str) -> str | None:
    path = "/" + case.entity.lower().replace(" ", "_")
    answer = rest.ask("POST", path, {"it": in_json(case.field, text)})
    if answer.status_code == 201:
        return None
    return str(answer.json()["errors"][0]["detail"])


def in_json(field: Field, text: str) -> object:
    """Return a text as a program sends it: the value in JSON where it is one."""
    row = type_of(field)
    plain = msgspec.structs.replace(field, required=False, min=None, max=None, pattern=None)
    try:
        value = row.parse(text, plain)
    except FieldError:
        return text
    return None if value is None else json.loads(msgspec.json.encode(row.json.write(value, plain)))


def expected(case: Case, text: str) -> str | None:
    """Return what the type says of a text by itself."""
    try:
        type_of(case.field).parse(text, case.field)
    except FieldError as error:
        return str(error)
    return None


def test_every_type_has_examples() -> None:
    given = {type for type in TYPES if is_given(Field(name="it", title="It", type=type))}
    assert set(EXAMPLES) == given


def test_every_rule_that_a_type_may_have_is_tried() -> None:
    tried = {(case.field.type, case.rule) for case in CASES}
    possible = {(type, rule) for type in EXAMPLES for rule in RULES if field_with(type, rule) is not None}
    assert tried == possible
    assert len(tried) > 100


@pytest.mark.parametrize("case", CASES, ids=str)
def test_forms_and_cells_say_what_the_type_says(database: Database, case: Case) -> None:
    assert by_form(database, case, case.right) is None
    refused = by_form(database, case, case.wrong or "")
    assert refused is not None
    assert refused == expected(case, case.wrong or "") or case.rule == "unique"
    if case.rule == "unique" or is_entered_in_place(case.field):
        assert by_cell(database, case, case.wrong or "") == refused


@pytest.mark.e2e
@pytest.mark.parametrize("case", CASES, ids=str)
def test_files_and_rest_say_the_same_as_forms(database: Database, case: Case, tmp_path: Path) -> None:
    with Rest(database) as rest:
        assert by_form(database, case, case.right) is None
        said = by_form(database, case, case.wrong or "")
        if not _is_dropped(case.wrong or ""):
            assert by_file(database, case, case.wrong or "", tmp_path) == said
        if not _is_any_json(case.field):
            answered = by_rest(rest, case, case.wrong or "")
            assert answered == said or (case.rule in IN_JSON and answered is not None)
        if case.rule != "unique":
            assert by_file(database, case, case.right, tmp_path) is None
            assert by_rest(rest, case, case.right) is None


def _is_dropped(text: str) -> bool:
    """Tell whether reading a file leaves out what is wrong with a text."""
    return any(letter < " " and letter not in "\t\n\r" for letter in text)


def _is_any_json(field: Field) -> bool:
    """Tell whether a JSON value of any kind is right, so that nothing sent over REST can be wrong."""
    return type_of(field).json is ANY


@pytest.mark.e2e
@pytest.mark.parametrize(
    "case", [each for each in CASES if each.rule in ("required", "unique") and is_stored(each.field)], ids=str
)
def test_the_database_itself_keeps_to_what_it_can(database: Database, case: Case) -> None:
    value = type_of(case.field).parse(case.right, case.field)
    assert database.load(case.entity, [{"it": value}]) == 1
    again = value if case.rule == "unique" else None
    with pytest.raises(LoadFailed):
        database.load(case.entity, [{"it": again}])
