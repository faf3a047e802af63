"""Spans of time in formulas: days between two dates, hours between two times, years since a birthday."""

from protoddfd.design.stated.known import DAYS, NUMBERS
from protoddfd.design.stated.operands import Operands, Unreadable


class Spans(Operands):
    """Reads what is between two dates."""

    def date(self) -> str:
        """Read a date: `today` or a field."""
        if self.taken({"today": "today", "now": "today"}):
            return "today"
        path, field = self.operand(lambda field, kind: kind in DAYS)
        return f"date({path})" if field.type == "datetime" else path

    def between(self) -> str:
        """Read `a and b`, `a to b`, two dates or numbers; return the second less the first."""
        start = self._end()
        if not self.taken({"and": "and", "to": "to", "until": "to", "till": "to"}):
            raise Unreadable("between")
        return f"{self._end()} - {start}"

    def hours_between(self) -> str:
        """Read two dates with times; return the hours from one to the other."""
        start, _ = self.operand(lambda field, kind: kind == "datetime")
        if not self.taken({"and": "and", "to": "to", "until": "to"}):
            raise Unreadable("hours")
        end, _ = self.operand(lambda field, kind: kind == "datetime")
        return f"hours({end} - {start})"

    def _end(self) -> str:
        begun = self.at
        try:
            return self.date()
        except Unreadable:
            self.at = begun
            return self.operand(lambda field, kind: kind in NUMBERS)[0]

    def difference(self) -> str:
        """Read `a and b` behind `difference between`: dates later less earlier, numbers first less second."""
        begun, (first, field) = self.at, self.operand(lambda field, kind: kind in NUMBERS | DAYS)
        if field.type in DAYS:
            self.at = begun
            return self.between()
        if not self.taken({"and": "and"}):
            raise Unreadable("difference")
        return f"{first} - {self.operand(lambda field, kind: kind in NUMBERS)[0]}"

    def days_since(self) -> str:
        """Read a date; return how many days ago it is."""
        return f"today - {self.date()}"

    def days_until(self) -> str:
        """Read a date; return in how many days it is."""
        return f"{self.date()} - today"

    def years_since(self) -> str:
        """Read a date; return how many whole years ago it is."""
        return years_since(self.date())


def years_since(date: str) -> str:
    """Return the expression for whole years since a date."""
    later = f"month(today) * 100 + day(today) < month({date}) * 100 + day({date})"
    return f"year(today) - year({date}) - if({later}, 1, 0)"
