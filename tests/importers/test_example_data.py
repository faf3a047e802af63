"""The example files in the checkout become the demo app that the documentation promises."""

from pathlib import Path

from dataforms.check import problems
from protoddfd.importers import Source, propose, rows

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_examples_are_three_related_tables() -> None:
    sources = [Source(name=path.name, path=str(path)) for path in sorted(EXAMPLES.glob("*.csv"))]
    made = propose(sources, name="flights", title="Flights")
    assert problems(made.spec) == ()
    links = {
        (entity.name, field.name, field.target)
        for entity in made.spec.entities
        for field in entity.fields
        if field.type == "reference"
    }
    assert links == {("Flight", "carrier", "Airline"), ("Flight", "plane", "Plane")}
    assert {table.entity: table.rows for table in made.tables} == {
        "Airline": 16,
        "Flight": 6099,
        "Plane": 3322,
    }
    assert sum(1 for _ in rows(made.tables[-1])) == 6099


def test_the_examples_are_small() -> None:
    assert sum(path.stat().st_size for path in EXAMPLES.iterdir()) < 1_000_000
