"""What views ask a database: each method is one transaction that changes nothing."""

from dataforms.opened import Opened
from dataforms.query import Record
from dataforms.views.questions import Figure, Listing, Question


class Viewed(Opened):
    """A database, as far as views ask it."""

    def figures(self, entity: str, question: Question) -> list[Figure]:
        """Return an aggregate of records, for each group; the database adds up."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._parts().asking.figures(connection, described, question)

    def some(self, entity: str, listing: Listing) -> list[Record]:
        """Return some records, up to 2,000."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._parts().asking.some(connection, described, listing)

    def neighbours(self, entity: str, id: int) -> tuple[int | None, int | None]:
        """Return the ids of the records before and after one, in the order of ids; None at the ends."""
        described = self._readable(entity)
        with self._connections.reading() as connection:
            return self._parts().asking.neighbours(connection, described, id)
