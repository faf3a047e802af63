"""Runs it: `python -m benchmarks.designer [FILE.jsonl ...] [--json FILE]`; tells means, never single texts.

Each part has the mean, a 95 % bootstrap interval, a line for the naive baseline, and the means by style.
"""

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.designer.baseline import naive
from benchmarks.designer.scorer import Answer, FoundEntity, FoundField, Score, is_right_refusal, score
from benchmarks.designer.texts import FOLDER, Text, load
from dataforms.computed import resolved
from protoddfd.design.rules import RulesDesigner
from protoddfd.errors import DesignRefused

DRAWS = 2000


def rules(text: str) -> Answer:
    """Return the answer of the rules designer; a computed field is of the type of what it gives."""
    try:
        design = RulesDesigner().design(text)
    except DesignRefused:
        return Answer(refused=True)
    spec = design.spec
    types = {
        (entity.name, field.name): field.type for entity in resolved(spec).entities for field in entity.fields
    }
    return Answer(
        confidence=design.confidence,
        entities=tuple(
            FoundEntity(
                name=entity.name,
                fields=tuple(
                    FoundField(name=each.name, type=types[entity.name, each.name], target=each.target)
                    for each in entity.fields
                ),
            )
            for entity in spec.entities
        ),
        relations=tuple((each.from_, each.to, each.kind) for each in spec.relations),
    )


def measure(texts: Sequence[Text], designer: Callable[[str], Answer]) -> dict[str, Any]:
    """Return the means over some descriptions."""
    scores: list[tuple[str, Score]] = []
    refusals: list[bool] = []
    seconds: list[float] = []
    for text in texts:
        begun = time.perf_counter()
        answer = designer(text.text)
        seconds.append(time.perf_counter() - begun)
        if text.kind == "nonsense":
            refusals.append(is_right_refusal(answer))
        else:
            scores.append((text.style, score(text, answer)))
    overall = [each.overall for _, each in scores]
    low, high = interval(overall)
    by_style: dict[str, list[float]] = defaultdict(list)
    for style, each in scores:
        by_style[style].append(each.overall)
    seconds.sort()
    return {
        "texts": len(texts),
        "overall": round(mean(overall), 3),
        "interval": [round(low, 3), round(high, 3)],
        "entities": round(mean([each.entities for _, each in scores]), 3),
        "fields": round(mean([each.fields for _, each in scores]), 3),
        "relations": round(mean([each.relations for _, each in scores]), 3),
        "safe": all(each.safe for _, each in scores),
        "nonsense_refused": f"{sum(refusals)}/{len(refusals)}",
        "p50_ms": round(1000 * seconds[len(seconds) // 2], 1),
        "p95_ms": round(1000 * seconds[int(0.95 * (len(seconds) - 1))], 1),
        "by_style": {style: [len(each), round(mean(each), 3)] for style, each in sorted(by_style.items())},
    }


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean; 0 of nothing."""
    return sum(values) / len(values) if values else 0.0


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean, the same for the same values."""
    if not values:
        return 0.0, 0.0
    draw = random.Random(1)
    means = sorted(mean(draw.choices(values, k=len(values))) for _ in range(DRAWS))
    return means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS)]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, tell, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.designer", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="other descriptions than its own")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    asked = parser.parse_args(argv)
    rules("members with name and email")  # the word lists are read once
    figures: dict[str, Any] = {}
    for path in asked.files or sorted(FOLDER.glob("*.jsonl")):
        texts = load(path)
        figures[path.stem] = {"rules": measure(texts, rules), "naive": measure(texts, naive)}
    for part, found in figures.items():
        sys.stdout.write(f"{table(part, found)}\n")
    if asked.json is not None:
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=2) + b"\n")
    return 0


def table(part: str, found: dict[str, Any]) -> str:
    """Return the figures of one part as lines."""
    head = (
        f"{part:10} {'texts':>5} {'overall':>8} {'95 %':>15} {'entities':>9} {'fields':>7} {'relations':>9}"
    )
    lines = [f"{head} {'p50 ms':>7} {'p95 ms':>7}"]
    for name, it in found.items():
        low, high = it["interval"]
        lines.append(
            f"{name:10} {it['texts']:5} {it['overall']:8.3f}   {low:.3f} - {high:.3f} {it['entities']:9.3f} "
            f"{it['fields']:7.3f} {it['relations']:9.3f} {it['p50_ms']:7.1f} {it['p95_ms']:7.1f}"
        )
    mine = found["rules"]
    lines.append(
        f"nonsense refused {mine['nonsense_refused']}, nothing that must not be there: {mine['safe']}"
    )
    lines.extend(f"  {style:20} {count:3} {value:.3f}" for style, (count, value) in mine["by_style"].items())
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
