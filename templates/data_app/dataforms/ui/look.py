"""What of a table a page shows, and how its address says so: a copied address shows the same. Pure."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from dataforms.errors import DataError
from dataforms.filters import Filter, read_filter, write_filter
from dataforms.query import PAGE_SIZE, Query

SIZES = ("10", "25", "50", "100")
_PAGE = re.compile(r"[1-9][0-9]{0,8}")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """Rows, their order, the columns, and the page; `columns` is empty for those that the browser keeps."""

    search: str = ""
    filter: Filter = Filter()
    group: str = ""
    sort: str = ""
    columns: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    """Each a field and a function, `amount:sum`."""
    page: int = 1
    size: int = PAGE_SIZE
    after: str = ""
    """The cursor that a page begins behind, where pages are not all counted."""
    before: str = ""
    """The cursor that a page ends before; there `page` says nothing."""

    @property
    def query(self) -> Query:
        """Return the question to the database."""
        return Query(
            search=self.search,
            filter=self.filter,
            group=self.group or None,
            sort=self.sort or None,
            page=self.page,
            size=self.size,
            after=self.after or None,
            before=self.before or None,
        )

    @property
    def matching(self) -> Query:
        """Return the question for all that match, whatever page of it is shown."""
        return Query(search=self.search, filter=self.filter)

    @property
    def summed(self) -> "Look":
        """Return what the totals depend on."""
        return Look(search=self.search, filter=self.filter, totals=self.totals)

    @property
    def picks(self) -> bool:
        """Tell whether a search or a filter leaves records out."""
        return bool(self.search or self.filter.parts)


def first_page(look: Look, **changes: object) -> Look:
    """Return a look with changes, at its first page."""
    return msgspec.structs.replace(look, **{"page": 1, "after": "", "before": "", **changes})


def look_of(params: Mapping[str, str]) -> Look:
    """Return the look that the parameters of an address ask for; what is no part of one is passed over."""
    try:
        wanted = read_filter(params.get("filter", ""))
    except DataError:
        wanted = Filter()
    size = params.get("size", "")
    page = params.get("page", "")
    return Look(
        search=params.get("search", "").strip(),
        filter=wanted,
        group=params.get("group", ""),
        sort=params.get("sort", ""),
        columns=_listed(params.get("columns", "")),
        totals=_listed(params.get("totals", "")),
        page=int(page) if _PAGE.fullmatch(page) else 1,
        size=int(size) if size in SIZES else PAGE_SIZE,
        after=params.get("after", ""),
        before=params.get("before", ""),
    )


def address(slug: str, look: Look) -> str:
    """Return the path and the query of the page of a table."""
    given = parameters(look)
    return f"/t/{slug}?{urlencode(given)}" if given else f"/t/{slug}"


def parameters(look: Look) -> dict[str, str]:
    """Return the parameters of an address, those alone that say anything."""
    every = {
        "search": look.search,
        "filter": write_filter(look.filter),
        "group": look.group,
        "sort": look.sort,
        "columns": ",".join(look.columns),
        "totals": ",".join(look.totals),
        "page": str(look.page) if look.page > 1 else "",
        "size": str(look.size) if look.size != PAGE_SIZE else "",
        "after": look.after,
        "before": look.before,
    }
    return {name: text for name, text in every.items() if text}


def _listed(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for each in text.split(",") if each))
