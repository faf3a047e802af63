"""Judges what is a record of its own by signs that were weighed on many descriptions with analysts' answers.

The weights are a logistic regression's, learned by `python -m benchmarks.designer.train`; the same signs give
the same judgement every time.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache

from protoddfd.design.draft import Draft
from protoddfd.design.entity_signs import signs_of
from protoddfd.design.lexicon_files import lines
from protoddfd.design.mentioning import Mention


def candidates(draft: Draft, mentions: Sequence[Mention]) -> dict[str, list[Mention]]:
    """Return all that may be an entity, by its key: what the rules found, and all that is spoken of."""
    alias = {also: key for key, entity in draft.entities.items() for also in entity.aliases}
    found: dict[str, list[Mention]] = {key: [] for key in draft.entities if key.strip()}
    for mention in mentions:
        if mention.key.strip():
            found.setdefault(alias.get(mention.key, mention.key), []).append(mention)
    return found


def judged(draft: Draft, found: dict[str, list[Mention]]) -> dict[str, float]:
    """Return how likely each candidate is to have records of its own, between 0 and 1."""
    return {
        key: likelihood(signs_of(key, mentions, draft), "entity_signs.txt") for key, mentions in found.items()
    }


def likelihood(signs: Iterable[str], weighed: str) -> float:
    """Return the probability that some signs speak for, by the weights in a file."""
    weights = _weights(weighed)
    total = math.fsum([weights.get(sign, 0.0) for sign in signs])  # exact, so in any order
    return 1.0 / (1.0 + math.exp(-total))


@cache
def _weights(name: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in lines(name):
        weight, _, sign = line.partition(" ")
        found[sign] = float(weight)
    return found


def forget() -> None:
    """Read the weights anew the next time: they were learned anew."""
    _weights.cache_clear()
