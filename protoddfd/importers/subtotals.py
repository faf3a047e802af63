"""Sums that stand between the records of a sheet: known by their label and by being the sum. Pure."""

from collections.abc import Iterator, Sequence

from protoddfd.importers.grid import is_number, is_total_word

_SAME = 1e-6
_MOST = 10_000
_LABEL = 60


class Subtotals:
    """Looks at the rows of a sheet, one after the other, and notes the places of those that are sums."""

    def __init__(self, width: int, slack: Sequence[float] = ()) -> None:
        """`slack` is how much each number of a column may be off, as it is rounded."""
        self.places: list[int] = []
        self.example = ""
        self._width = width
        self._slack = slack or [0.0] * width
        self._count = [0] * width
        self._group = [0.0] * width
        self._all = [0.0] * width
        self._records = 0

    def is_one(self, place: int, row: Sequence[object]) -> bool:
        """Return whether a row is the sum of those since the last sum, or of all; it is a record if not."""
        numbers = [(at, float(cell)) for at, cell in enumerate(row) if is_number(cell)]  # type: ignore[arg-type]
        if numbers and any(self._count) and len(self.places) < _MOST and _is_labelled(row):
            for sums in (self._group, self._all) if self._records else (self._all,):
                if all(self._is_sum(number, sums[at], at) for at, number in numbers):
                    self._note(place, row)
                    return True
        for at, number in numbers:
            self._group[at] += number
            self._all[at] += number
            self._count[at] += 1
        self._records += bool(numbers)
        return False

    def _is_sum(self, number: float, total: float, at: int) -> bool:
        room = self._slack[at] * (self._count[at] + 1)
        return abs(number - total) <= max(room, _SAME * max(1.0, abs(total)))

    def _note(self, place: int, row: Sequence[object]) -> None:
        self.places.append(place)
        texts = (f"{cell:.15g}" if isinstance(cell, float) else str(cell) for cell in row if cell != "")
        self.example = self.example or " ".join(texts)[:200]
        self._group = [0.0] * self._width
        self._records = 0


def _is_labelled(row: Sequence[object]) -> bool:
    """Return whether a row has a text, or two, one of which says that it is a sum."""
    texts = [cell.strip(" :.=") for cell in row if isinstance(cell, str) and cell.strip()]
    if not 1 <= len(texts) <= 2:
        return False
    return any(
        len(text) <= _LABEL and any(map(is_total_word, (text.split()[0], text.split()[-1])))
        for text in texts
        if text
    )


def sum_notes(places: Sequence[int], example: str) -> Iterator[str]:
    """Yield what is said of rows that were left out, one of which is the example."""
    if places:
        what = (
            "1 row was left out, as it is the sum of others"
            if len(places) == 1
            else f"{len(places):,} rows were left out, as they are sums of others"
        )
        yield f'{what}: "{example}".'
