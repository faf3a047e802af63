"""What was typed into a form, ready to be stored. Pure: no Reflex, no database."""

from collections.abc import Mapping

import msgspec

from dataforms.around import ChildRow


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """The raw values of a record, and the changed rows of every grid, with their keys in the same order."""

    values: dict[str, object]
    children: dict[str, list[ChildRow]]
    keys: dict[str, list[str]]

    def by_key(self, errors: Mapping[str, str]) -> dict[str, str]:
        """Return messages for rows by their keys, in place of their numbers in what was to be stored."""
        found: dict[str, str] = {}
        for name, text in errors.items():
            grid, _, rest = name.partition(".")
            place, _, cell = rest.partition(".")
            found[f"{grid}.{self.keys[grid][int(place)]}.{cell}" if rest else name] = text
        return found
