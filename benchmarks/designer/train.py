"""Learns the weights of the designer's signs: `python -m benchmarks.designer.train [--without N]`.

Reads the descriptions that may be read, and writes the weights into the lexicon: the same descriptions give
the same bytes. A logistic regression, by AdaGrad with an L2 penalty, in the standard library.
"""

import argparse
import math
import random
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.designer.names import accepted, likeness, normal
from benchmarks.designer.texts import FOLDER, Text, load
from protoddfd.design import field_signs, housing, judge
from protoddfd.design.complete import complete
from protoddfd.design.entity_signs import signs_of
from protoddfd.design.judge import candidates
from protoddfd.design.resolve import resolve
from protoddfd.design.rules import prepared
from protoddfd.design.spoken import Spoken
from protoddfd.errors import DesignRefused

READABLE = ("tune", "more", "learn", "languages")
LEXICON = Path(__file__).parents[2] / "protoddfd" / "design" / "lexicon"
ENOUGH = 0.55
"""The likeness of names from which on they are taken for the same."""

RARE, RARER, SMALL, ROUNDS, STEP, PENALTY = 3, 8, 0.02, 8, 0.05, 2e-3
SPARE = 0.4
"""How much it counts against a candidate that another one stands for the same entity better."""


class Example(msgspec.Struct, frozen=True):
    """The signs of a candidate, whether it is right, and how much that matters."""

    signs: tuple[str, ...]
    right: bool
    matters: float = 1.0


def entity_examples(text: Text) -> Iterator[Example]:
    """Yield the candidates of a description for entities, but for what may be left out."""
    draft, spoken_of = prepared(text.text)
    found = candidates(draft, spoken_of)
    likes = {key: _likest(key, text) for key in found}
    best: dict[int, str] = {}
    for key, (like, place) in likes.items():
        if place >= 0 and (place not in best or like > likes[best[place]][0]):
            best[place] = key
    for key, mentions in found.items():
        place = likes[key][1]
        if place >= 0 and text.entities[place].optional:
            continue
        stands = best.get(place) == key
        yield Example(
            tuple(sorted(signs_of(key, mentions, draft))), stands, 1.0 if stands or place < 0 else SPARE
        )


def _likest(key: str, text: Text) -> tuple[float, int]:
    """Return how like the name of an analyst's entity a key is, and which one; -1 for none."""
    ranked = [(likeness(key, each), not each.optional, -place) for place, each in enumerate(text.entities)]
    like, _, place = max(ranked, default=(0.0, False, 0))
    return (like, -place) if like >= ENOUGH else (like, -1)


def field_examples(text: Text) -> Iterator[Example]:
    """Yield the fields that the entities of a description may have, if an analyst has these entities."""
    draft, spoken_of = prepared(text.text)
    resolve(draft, spoken_of)
    complete(draft)
    spoken = Spoken(draft, spoken_of)
    places = {key: _likest(key, text)[1] for key in draft.entities}
    best: dict[tuple[int, int], float] = {}
    rated = []
    for each in housing.candidates(draft, spoken):
        place = places[each.owner]
        if place < 0 or text.entities[place].optional:
            continue
        wanted = text.entities[place]
        owners = accepted(wanted.name, wanted.aka) | {normal(each.owner)}
        like, _, which = max(
            (
                (likeness(each.field.name, field, owners), not field.optional, -at)
                for at, field in enumerate(wanted.fields)
            ),
            default=(0.0, False, 0),
        )
        which = -which if like >= ENOUGH else -1
        if which >= 0 and wanted.fields[which].optional:
            continue
        rated.append((each, place, which, like + (0.01 if each.given else 0)))
        if which >= 0:
            best[place, which] = max(best.get((place, which), 0.0), rated[-1][3])
    for each, place, which, like in rated:
        right = which >= 0 and like >= best[place, which]
        signs = field_signs.signs_of(
            each.owner, each.field, given=each.given, places=each.places, spoken=spoken
        )
        yield Example(tuple(sorted(signs)), right, 1.0 if right or which < 0 else SPARE)


def fit(examples: Sequence[Example], rare: int) -> dict[str, float]:
    """Return the weight of every sign that is neither rare nor of no account."""
    counts = Counter(sign for each in examples for sign in each.signs)
    names = sorted(sign for sign, count in counts.items() if count >= rare)
    places = {sign: place for place, sign in enumerate(names)}
    rows = [
        (tuple(places[sign] for sign in each.signs if sign in places), float(each.right), each.matters)
        for each in examples
    ]
    weights, squares = [0.0] * len(names), [1e-6] * len(names)
    shuffle = random.Random(1)
    for _ in range(ROUNDS):
        shuffle.shuffle(rows)
        for signs, right, matters in rows:
            total = sum([weights[place] for place in signs])
            error = matters * (1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total)))) - right)
            for place in signs:
                slope = error + PENALTY * weights[place]
                squares[place] += slope * slope
                weights[place] -= STEP * slope / math.sqrt(squares[place])
    return {sign: weights[place] for sign, place in places.items() if abs(weights[place]) >= SMALL}


def write(path: Path, title: str, weights: dict[str, float]) -> None:
    """Write weights as lines, the heaviest first."""
    ranked = sorted(weights, key=lambda sign: (-abs(round(weights[sign], 2)), sign))
    lines = "\n".join(f"{weights[sign]:.2f} {sign}" for sign in ranked)
    path.write_text(f"# {title}. Learned by `python -m benchmarks.designer.train`.\n\n{lines}\n", "utf-8")


def readable(without: int | None, folds: int) -> list[Text]:
    """Return the descriptions that may be learned from, without one part of them, if one is named."""
    texts = [text for part in READABLE for text in load(FOLDER / f"{part}.jsonl") if text.kind != "nonsense"]
    return [each for each in texts if without is None or zlib.crc32(each.id.encode()) % folds != without]


def gather(texts: Collection[Text], examples: Callable[[Text], Iterator[Example]]) -> list[Example]:
    """Return the examples of all descriptions that make sense to the designer."""
    found: list[Example] = []
    for text in texts:
        try:
            found.extend(examples(text))
        except DesignRefused:
            continue
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Learn and write the weights, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.designer.train", description=__doc__)
    parser.add_argument(
        "--without", type=int, metavar="N", help="leave out part N of 5, to be measured on it"
    )
    asked = parser.parse_args(argv)
    texts = readable(asked.without, 5)
    write(
        LEXICON / "entity_signs.txt",
        "Signs of an entity, and their weights",
        fit(gather(texts, entity_examples), RARE),
    )
    judge.forget()
    write(
        LEXICON / "field_signs.txt",
        "Signs of a field, and their weights",
        fit(gather(texts, field_examples), RARER),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
