"""What the browser gets of accounts: flat, ready-made texts."""

from typing import TypedDict

from dataforms.ui.shapes import Choice


class Me(TypedDict):
    """Who is signed in. `on` is false where there is no login."""

    on: bool
    name: str
    email: str
    initial: str
    admin: bool
    has_password: bool


class May(TypedDict):
    """What may be done with some record of the table shown."""

    create: bool
    update: bool
    delete: bool


class Provider(TypedDict):
    """Another service to sign in with."""

    title: str
    action: str


class Entry(TypedDict):
    """The form of a page for who is not signed in: `state` is `loading`, `form`, `first` or `none`."""

    state: str
    kind: str
    action: str
    next: str
    message: str
    email: str
    email_error: str
    name: str
    name_error: str
    password_error: str
    asks_code: bool
    asks_email: bool
    asks_name: bool
    open: bool
    providers: list[Provider]


class TokenLine(TypedDict):
    """A token in the list."""

    id: str
    name: str
    text: str


class Person(TypedDict):
    """An account in the list."""

    id: str
    name: str
    email: str
    initial: str
    roles: str
    text: str
    admin: bool
    active: bool
    me: bool


class PersonForm(TypedDict):
    """The dialog for one account; `id` is empty for an invitation."""

    open: bool
    key: str
    id: str
    email: str
    name: str
    admin: bool
    active: bool
    roles: list[Choice]
    error: str


class Secret(TypedDict):
    """What is shown once: a token, or a link for a person."""

    open: bool
    title: str
    help: str
    text: str
