"""Checks a configuration without a daemon: `python -m protoddfd.settings HOME [FILE]` writes the faults."""

import os
import sys
from pathlib import Path

import msgspec

from protoddfd.settings.layers import ETC, layers
from protoddfd.settings.loading import check, check_text
from protoddfd.spec import Problem


def main(home: str, file: str | None = None) -> int:
    """Write the faults of FILE (`-`: standard input), or of every layer, as JSON; return 1 for some."""
    problems = _of_file(file) if file is not None else check(layers(Path(home), os.environ, {}, ETC))
    sys.stdout.write(msgspec.json.encode({"problems": problems}).decode() + "\n")
    return 1 if problems else 0


def _of_file(file: str) -> tuple[Problem, ...]:
    if file == "-":
        return check_text(sys.stdin.read())
    return check_text(Path(file).read_text(encoding="utf-8"), file)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
