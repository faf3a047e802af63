"""What a person should know about a proposal, in sentences, and how sure it is. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from protoddfd.importers.columns import SHARE, SURE_ROWS
from protoddfd.importers.profile import TableProfile
from protoddfd.importers.relations import Link, Together
from protoddfd.importers.table import Table

_MOST_NOTES = 60
_MANY_LINES = 100
_ABOUT = 1_000


def notes(
    tables: Sequence[Table], links: Sequence[Link], several: Sequence[Together] = ()
) -> tuple[str, ...]:
    """Return the remarks on all files, each beginning with the file's name; at most a page of them."""
    found = [f"{made.profile.found.label}: {note}" for made in tables for note in _about(made)]
    found += [
        f"{tables[link.source].profile.found.label}: {note}" for link in links for note in _link(tables, link)
    ]
    found += [f"{tables[each.source].profile.found.label}: {_together(tables, each)}" for each in several]
    more = len(found) - _MOST_NOTES
    return (*found[:_MOST_NOTES], f"There are {more} more remarks.") if more > 0 else tuple(found)


def confidence(tables: Sequence[Table], links: Sequence[Link], lost: int = 0) -> float:
    """Return 0 to 1: less for what was guessed, seen in samples, or, in number `lost`, could not be kept."""
    doubts = sum(bool(decision.note) for made in tables for decision in made.decisions)
    columns = sum(len(made.columns) for made in tables)
    uneven = sum(made.profile.short_rows + made.profile.long_rows > 0 for made in tables)
    headless = sum(made.profile.found.headless for made in tables)
    empty = sum(not made.profile.rows and made.declared is None for made in tables)
    guessed = sum(made.profile.found.guessed for made in tables)
    sampled = sum(made.profile.is_sampled for made in tables)
    weak = sum(link.evidence < 2 for link in links)
    loss = 0.5 * doubts / max(columns, 1) + 0.05 * weak + min(0.3, 0.03 * lost)
    loss += (0.2 * uneven + 0.3 * headless + 0.3 * empty + 0.05 * guessed + 0.05 * sampled) / max(
        len(tables), 1
    )
    return round(max(0.1, 1 - loss), 2)


def _about(made: Table) -> Iterator[str]:
    table = made.profile
    yield from table.found.notes
    if not table.rows and made.declared is None:
        yield "It has a header and no rows, so every column became text."
    yield from _sampled(table)
    yield from _uneven(table)
    if made.id_column is not None:
        yield f"{_name(made, made.id_column)} became the records' own number."
    is_typed = made.declared is not None and made.declared.complete
    for index, decision in enumerate(made.decisions):
        if decision.note:
            yield f"{_name(made, index)}: {decision.note}"
        if made.columns[index].most_lines > _MANY_LINES and not is_typed:
            yield (
                f"{_name(made, index)} has a cell of {made.columns[index].most_lines:,} lines: "
                "look for a quotation mark that is never closed."
            )
    yield from _missing(made)


def _sampled(table: TableProfile) -> Iterator[str]:
    if table.is_sampled:
        tested = SURE_ROWS + (table.rows - SURE_ROWS) // SHARE
        yield (
            f"The types were found in about {tested // _ABOUT * _ABOUT:,} of its {table.rows:,} rows, "
            "from all over it. If loading meets a value that is of another type, all rows are looked at."
        )


def _missing(made: Table) -> Iterator[str]:
    """Say once for each text in which columns it was taken for no value."""
    for text in sorted({text for decision in made.decisions for text in decision.missing}):
        columns = [
            _name(made, index) for index, decision in enumerate(made.decisions) if text in decision.missing
        ]
        shown = ", ".join(columns[:8]) + (f" and {len(columns) - 8} more" if len(columns) > 8 else "")
        yield f'"{text}" was taken for no value in {shown}.'


def _name(made: Table, index: int) -> str:
    return made.columns[index].header or f"Column {index + 1}"


def _uneven(table: TableProfile) -> Iterator[str]:
    if table.short_rows:
        yield f"{_rows(table.short_rows)} fewer cells than the header ({_lines(table.short)})."
    if table.long_rows:
        added = len(table.columns) - table.named_columns
        yield (
            f"{_rows(table.long_rows)} more cells than the header; "
            f"{added} column{'s' if added > 1 else ''} was added for them ({_lines(table.long)})."
        )


def _rows(count: int) -> str:
    return "1 row has" if count == 1 else f"{count:,} rows have"


def _lines(lines: Iterable[int]) -> str:
    return "line " + ", ".join(f"{line:,}" for line in lines)


def _together(tables: Sequence[Table], link: Together) -> str:
    names = ", ".join(_name(tables[link.source], column) for column in link.columns)
    return f"{names} refer to {tables[link.target].entity} together; they were kept beside the reference."


def _link(tables: Sequence[Table], link: Link) -> Iterator[str]:
    source, target = tables[link.source], tables[link.target]
    name = _name(source, link.column)
    if link.key is None:
        return
    found = f"{name} refers to {target.entity} by its {_name(target, link.key)}"
    if not link.absent:
        yield f"{found}."
        return
    yield (
        f"{found}; {link.absent:,} of its {link.values:,} values are not there. "
        f"{name} was kept as it is beside the reference."
    )
