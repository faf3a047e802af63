"""New objects lie together once the holes that imports left are filled."""

import subprocess
import sys

PROGRAM = """
from protoddfd.zygote.packing import fill_holes

kept = [bytes(67) for _ in range(200_000)]
del kept[::97]  # holes on nearly every page
if {packed}:
    fill_holes()
made = [bytes(67) for _ in range(1000)]
print(len({{id(each) >> 12 for each in made}}))
"""


def pages_of_a_thousand(*, packed: bool) -> int:
    program = [sys.executable, "-c", PROGRAM.format(packed=packed)]
    return int(subprocess.run(program, capture_output=True, check=True, text=True, timeout=60).stdout)


def test_new_objects_share_few_pages_once_the_holes_are_filled() -> None:
    assert pages_of_a_thousand(packed=False) > 300
    assert pages_of_a_thousand(packed=True) < 50
