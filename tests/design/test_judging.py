"""What becomes an entity or a field where grammar does not tell: judged by learned signs, always the same."""

import subprocess
import sys

import pytest

from benchmarks.designer.train import Example, fit
from proposals import entities, spec_of, types
from protoddfd.design.judge import likelihood

STORIES = (
    "An optician. Patients come for an eye test, after which the optometrist writes down a prescription.",
    "Greyhound kennel: dogs, trainer, weight each week, trial times",
    "who borrowed which drill, and is it back",
)


def test_people_and_records_that_a_sentence_names_in_passing_are_entities() -> None:
    assert {"Patient", "Prescription"} <= set(entities(STORIES[0]))


def test_what_is_listed_as_a_field_stays_one() -> None:
    assert entities("Records with a title, an artist and a year.") == ["Record"]
    assert list(types("Boat: name, home port, length in m.", "Boat")) == ["name", "home_port", "length_m"]


def test_nothing_is_added_to_fields_that_were_listed() -> None:
    assert list(types("Tickets (number, opened on, closed on).", "Ticket")) == [
        "number",
        "opened_on",
        "closed_on",
    ]


def test_what_one_only_wants_to_see_is_no_entity() -> None:
    assert entities("Trees with a species and a height. I want to see a list of felled ones.") == ["Tree"]


def test_the_header_of_a_table_makes_no_other_entities() -> None:
    assert len(spec_of("Batch no | Variety | Sown on | Trays | Germinated (y/n)").entities) == 1


@pytest.mark.parametrize("text", STORIES)
def test_the_same_words_are_judged_the_same_in_every_process(text: str) -> None:
    script = (
        "import sys, msgspec\nfrom protoddfd.design.rules import RulesDesigner\n"
        "sys.stdout.buffer.write(msgspec.json.encode(RulesDesigner().design(sys.argv[1]).spec))"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script, text],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1


def test_signs_that_nothing_is_known_of_leave_it_open() -> None:
    assert likelihood({"no such sign"}, "entity_signs.txt") == 0.5


def test_weights_are_learned_from_what_was_right_and_rare_signs_are_not() -> None:
    examples = [Example(("plural", f"word {each}"), each % 4 > 0) for each in range(40)]
    examples += [Example(("verb", f"word {each}"), each % 4 == 0) for each in range(40)]
    weights = fit(examples, 3)
    assert set(weights) == {"plural", "verb"}
    assert weights["plural"] > 0 > weights["verb"]
    assert fit(examples, 3) == weights
