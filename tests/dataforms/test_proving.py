"""The tests that an app comes with: they pass, and any rule that is broken by hand turns one of them red."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from dataforms.check import problems
from dataforms.errors import DataError
from dataforms.pattern_texts import matching
from dataforms.proving.cases import cases
from dataforms.proving.world import world
from dataforms.spec import AppSpec, ChoicesWhen, Entity, Field, Permission, Role, Rule, decode
from testbed import ROOT

ROLE = Role(
    name="clerk",
    title="Clerk",
    permissions=(Permission(entity="Order", create=True, hidden=("note",)), Permission(entity="Customer")),
)
SENT = 'state == "Sent"'
STATES = ("Open", "Sent", "Paid")
SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Customer",
            title="Customer",
            fields=(
                Field(name="name", title="Name", type="text", required=True, max=40),
                Field(
                    name="code",
                    title="Code",
                    type="text",
                    required=True,
                    unique=True,
                    pattern="[A-Z]{2}-[0-9]+",
                ),
                Field(name="mail", title="Mail", type="email"),
            ),
        ),
        Entity(
            name="Order",
            title="Order",
            fields=(
                Field(name="number", title="Number", type="auto_number"),
                Field(name="customer", title="Customer", type="reference", target="Customer", required=True),
                Field(
                    name="state", title="State", type="enum", choices=("Open", "Sent", "Paid"), required=True
                ),
                Field(
                    name="sent", title="Sent", type="date", min="2024-01-01", required_when='state == "Sent"'
                ),
                Field(name="paid", title="Paid", type="date", visible_when='state == "Paid"'),
                Field(name="weight", title="Weight", type="decimal", min=0, max=100),
                Field(
                    name="way",
                    title="Way",
                    type="enum",
                    choices=("Post", "Van", "Ship"),
                    choices_when=(ChoicesWhen(when="weight > 50", choices=("Ship",)),),
                ),
                Field(name="tags", title="Tags", type="multi_enum", choices=("a", "b", "c"), min=2, max=2),
                Field(name="note", title="Note", type="long_text"),
                Field(name="slot", title="Slot", type="integer", min=1, max=9),
                Field(name="double", title="Double", type="computed", expression="weight * 2"),
            ),
            rules=(
                Rule(kind="unique", fields=("customer", "slot")),
                Rule(
                    kind="check",
                    expression="paid >= sent",
                    fields=("paid",),
                    message="Paid too early.",
                ),
            ),
        ),
    ),
    roles=(ROLE,),
)


def failing(app: AppSpec, rules: AppSpec = SPEC) -> list[str]:
    """Return the names of the tests that an app fails."""
    red: list[str] = []
    with world(rules, app) as made:
        for case in cases(rules):
            try:
                case.check(made)
            except (AssertionError, DataError):
                red.append(case.name)
    return red


def test_the_spec_of_these_tests_has_no_faults() -> None:
    assert problems(SPEC) == ()


def test_an_app_as_it_was_made_keeps_every_rule() -> None:
    assert failing(SPEC) == []
    assert len(cases(SPEC)) > 35


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in cases(SPEC)]
    assert len(set(names)) == len(names)


ATTRIBUTES = ("required", "unique", "pattern", "min", "max", "visible_when", "required_when", "choices_when")


def without() -> Iterator[tuple[str, AppSpec]]:
    """Yield the spec with one rule left out, for every rule that it has."""
    plain: dict[str, Any] = msgspec.to_builtins(SPEC)
    for number, entity in enumerate(plain["entities"]):
        for place, field in enumerate(entity["fields"]):
            for name in (
                "required",
                "unique",
                "pattern",
                "min",
                "max",
                "visible_when",
                "required_when",
                "choices_when",
            ):
                if name in field:
                    broken = json.loads(json.dumps(plain))
                    del broken["entities"][number]["fields"][place][name]
                    yield f"{entity['name']}.{field['name']} {name}", decode(json.dumps(broken))
        for place in range(len(entity.get("rules", ()))):
            broken = json.loads(json.dumps(plain))
            del broken["entities"][number]["rules"][place]
            yield f"{entity['name']} rule {place}", decode(json.dumps(broken))
    yield "more choices", decode(json.dumps(plain).replace('"Paid"]', '"Paid", "OpenSentPaid?"]'))
    yield (
        "a wider role",
        replace(SPEC, roles=(replace(ROLE, permissions=(Permission(entity="Order", create=True),)),)),
    )
    yield "a narrower role", replace(SPEC, roles=(replace(ROLE, permissions=()),))


@pytest.mark.e2e
@pytest.mark.parametrize(("rule", "app"), list(without()), ids=[name for name, _ in without()])
def test_a_rule_that_is_broken_by_hand_turns_a_test_red(rule: str, app: AppSpec) -> None:
    assert failing(app), rule


@pytest.mark.e2e
@pytest.mark.parametrize("example", sorted(path.name for path in (ROOT / "examples").glob("*.json")))
def test_the_examples_keep_their_rules(example: str) -> None:
    spec = decode((ROOT / "examples" / example).read_bytes())
    assert failing(spec, spec) == []


@pytest.mark.parametrize(
    "pattern",
    ["[A-Z]{2}-[0-9]+", r"\d{3}(-\d{2})?", "(red|green)", "[^a]x*", r"\w+@\w+\.(com|org)", "a.c", "^ab$"],
)
def test_a_text_is_found_that_a_pattern_matches(pattern: str) -> None:
    assert all(matching(pattern, Random(seed)) for seed in range(20))
