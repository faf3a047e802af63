"""Which app comes after which, and which may be started now. Pure."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise


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


class StartOrder:
    """Which of many apps may be started now, while others come up: each after those that it is to come after.

    `after` is as `cycle_of` takes it, of the apps that are to be started; others are not waited for. Apps
    that would wait for each other are not refused here, where nobody could mend it: they do not wait for each
    other, and `cycles` names them.
    """

    def __init__(self, after: Mapping[str, Iterable[str]]) -> None:
        graph = {name: {other for other in others if other in after} for name, others in after.items()}
        self.cycles: tuple[tuple[str, ...], ...] = ()
        while cycle := cycle_of(graph):
            self.cycles = (*self.cycles, cycle)
            for name, other in pairwise(cycle):
                graph[name].discard(other)
        self._sorter = TopologicalSorter(graph)
        self._sorter.prepare()

    def startable(self) -> tuple[str, ...]:
        """Return the apps that may be started and were not returned before."""
        return self._sorter.get_ready()

    def settled(self, name: str) -> None:
        """Note that an app that was startable serves, or will not do so soon: others need not wait for it."""
        self._sorter.done(name)

    @property
    def is_over(self) -> bool:
        """Have all apps been settled?"""
        return not self._sorter.is_active()
