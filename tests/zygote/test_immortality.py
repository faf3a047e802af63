"""Objects that are immortal stay as they are, however often they are used and let go."""

import subprocess
import sys

import pytest

from protoddfd.zygote.immortality import is_possible

PROGRAM = """
import gc, json, sys
from protoddfd.zygote.immortality import make_immortal

class Kept:
    def __init__(self): self.values = ["a text of its own", 12345678901, (1.5, b"bytes")]

kept = Kept()
for _ in make_immortal():
    pass
gc.freeze()
before = sys.getrefcount(kept), sys.getrefcount(kept.values[0]), sys.getrefcount(json.dumps.__code__)
others = [kept.values[0] for _ in range(1000)]
kept.values.append([1, 2, 3])
assert json.loads(json.dumps(kept.values[:2])) == kept.values[:2]
del others
assert kept.values.pop() == [1, 2, 3]
gc.collect()
print(*before, sys.getrefcount(kept.values[0]))
"""


def test_what_is_immortal_is_not_counted_and_works() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    counts = {int(each) for each in done.stdout.split()}
    if is_possible():
        assert counts == {0xFFFF_FFFF}
    else:
        assert max(counts) < 2000


@pytest.mark.skipif(sys.version_info[:2] not in {(3, 12), (3, 13)}, reason="other interpreters count")
def test_it_is_possible_where_it_is_expected() -> None:
    assert is_possible()
