"""Which app comes after which, and which may be started now. Pure."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def cycle_of(after: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return apps that would wait for each other, the first again at the end; empty where none do.

    `after` says for each app which ones come first; names of apps that there are not are ignored.
    """
    graph = {name: [other for other in others if other in after] for name, others in after.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()
