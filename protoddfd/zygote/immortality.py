"""Makes what was loaded before the forks immortal, so that using it writes nothing and its pages stay shared.

Python 3.12 and 3.13 count no references of an object whose count has one value (PEP 683); only the
interpreter's own objects have it from the start. Here it is written to all others. Halves the memory of an
app on 3.13. Older interpreters have no such value, and newer ones another: there, nothing is done.
"""

import ctypes
import gc
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from types import CodeType

_COUNT_BYTES = 4
_IMMORTAL = 0xFFFF_FFFF
"""`_Py_IMMORTAL_REFCNT` where pointers have 64 bits: all bits of the lower half of the count."""
_STEP = 20_000


def is_possible() -> bool:
    """Return whether this interpreter knows immortal objects as they are made here."""
    return (
        sys.implementation.name == "cpython"
        and (3, 12) <= sys.version_info < (3, 14)
        and sys.maxsize > _IMMORTAL
        and not sysconfig.get_config_var("Py_GIL_DISABLED")
        and not sysconfig.get_config_var("Py_DEBUG")
    )


def make_immortal() -> Iterator[None]:
    """Make every object there is immortal that the collector knows of, in steps of some milliseconds.

    What it holds is never freed, in this process and its children: do it once, after a collection.
    """
    if not is_possible():
        return
    found = gc.get_objects()
    while found:
        for _ in range(min(len(found), _STEP)):
            each = found.pop()
            if sys.getrefcount(each) < _IMMORTAL:
                ctypes.memset(id(each), 0xFF, _COUNT_BYTES)
                found.extend(_held_by(each))
        yield


def _held_by(each: object) -> Iterable[object]:
    """Return what an object refers to; code is one that the collector does not look into."""
    if isinstance(each, CodeType):
        names = (each.co_names, each.co_name, each.co_qualname, each.co_filename)
        return (each.co_consts, *names, each.co_linetable, each.co_exceptiontable)
    return gc.get_referents(each)
