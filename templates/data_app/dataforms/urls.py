"""The addresses of databases, in all the forms that people and platforms write them. Opens nothing."""

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from dataforms.errors import DatabaseUnavailable

DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
"""What is used for each scheme that a `DATABASE_URL` may start with."""
_HINT = "Write sqlite:///data/app.db, or postgresql://user:password@host/name."


def database_url(text: str) -> URL:
    """Return the URL with the driver that is used: `postgres://` and `postgresql://` mean psycopg 3.

    Raises:
        DatabaseUnavailable: it is no URL, or of a kind of database that is not known. The message holds no
            part of the text that could be a password.
    """
    try:
        url = make_url(text)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise DatabaseUnavailable("The address of the database is no URL.", hint=_HINT) from error
    scheme = url.drivername.lower()
    driver = DRIVERS.get(scheme) or DRIVERS.get(scheme.split("+")[0] if scheme.startswith("postgres") else "")
    if driver is None:
        raise DatabaseUnavailable(f"Data cannot be kept in a database of the kind {scheme!r}.", hint=_HINT)
    return url.set(drivername=driver)
