"""Accounts from the command line, in the app's folder: `python -m dataforms.accounts add ada@example.com`."""

import argparse
import os
import sys
from pathlib import Path

from dataforms.accounts.account import Account, LinkKind, SignInRefused, clean_email
from dataforms.accounts.accounts import Accounts
from dataforms.accounts.settings import settings_of
from dataforms.errors import DataError
from dataforms.place import DATABASE_URL, SPEC_FILE
from dataforms.spec import AppSpec
from dataforms.ui.live import read_spec


def main(words: list[str]) -> int:
    """Do what the words say and return the exit status: 0 done, 1 refused (2 is argparse's)."""
    asked = _parser().parse_args(words)
    try:
        spec = read_spec(Path.cwd())
    except OSError as error:
        sys.stderr.write(f"There is no app here: {error.strerror}: {SPEC_FILE}. Run it in an app's folder.\n")
        return 1
    except ValueError as error:
        sys.stderr.write(f"{SPEC_FILE} is not the description of an app: {error}.\n")
        return 1
    try:
        _do(asked, spec)
    except DataError as error:
        sys.stderr.write(f"{error} {error.hint}".strip() + "\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dataforms.accounts", description="An app's accounts.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="make an account, and a one-time link to choose its password")
    add.add_argument("email")
    add.add_argument("--name", default="")
    add.add_argument("--admin", action="store_true", help="make it an administrator's")
    add.add_argument("--role", action="append", default=[], help="a role of the spec; may be repeated")
    reset = commands.add_parser("reset", help="make a one-time link to choose a new password")
    reset.add_argument("email")
    commands.add_parser("list", help="list the accounts")
    return parser


def _do(asked: argparse.Namespace, spec: AppSpec) -> None:
    settings = settings_of(spec, os.environ)
    accounts = Accounts(os.environ.get("DATABASE_URL", DATABASE_URL), settings)
    accounts.create()
    try:
        match asked.command:
            case "add":
                _add(accounts, asked, spec)
            case "reset":
                _link(accounts, _found(accounts, asked.email))
            case _:
                _list(accounts)
    finally:
        accounts.close()


def _add(accounts: Accounts, asked: argparse.Namespace, spec: AppSpec) -> None:
    known = [role.name for role in spec.roles]
    unknown = [role for role in asked.role if role not in known]
    if unknown:
        raise SignInRefused(f"There is no role {unknown[0]!r}.", hint=f"Known are: {', '.join(known)}.")
    roles = tuple(asked.role) or None
    _link(accounts, accounts.add(asked.email, asked.name, roles=roles, is_admin=asked.admin))


def _found(accounts: Accounts, email: str) -> Account:
    for account in accounts.everybody():
        if account.email == clean_email(email):
            return account
    raise SignInRefused(f"There is no account for {email}.", hint="List them all with `list`.")


def _link(accounts: Accounts, account: Account) -> None:
    kind: LinkKind = "reset" if account.has_password else "invitation"
    key = accounts.link(kind, account.id)
    base = accounts.settings.url or "the app's address followed by "
    sys.stdout.write(f"{account.email} chooses a password, once, at\n{base}/join/{kind}/#{key}\n")


def _list(accounts: Accounts) -> None:
    for account in accounts.everybody():
        roles = ["administrator"] if account.is_admin else []
        state = [] if account.is_active else ["not active"]
        words = [account.email, account.name, ", ".join([*roles, *account.roles]), *state]
        sys.stdout.write("\t".join(words) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
