"""An app's folder with syncs, and its command."""

import os
import signal
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from dataforms.check import problems, problems_in
from dataforms.database import Database, Query
from dataforms.spec import AppSpec, encode
from dataforms.sync import main
from dataforms.syncing import lock
from dataforms.syncing.asked import standing
from dataforms.syncing.runs import Run

CUSTOMERS: dict[str, Any] = {
    "name": "customers",
    "title": "Customers",
    "into": "Customer",
    "from": {"kind": "file", "place": "in/customers.csv"},
    "match": "email",
    "mapping": {"Mail": "email", "Name": "name", "Since": "since"},
}
ORDERS: dict[str, Any] = {
    "name": "orders",
    "title": "Orders",
    "into": "Order",
    "from": {"kind": "file", "place": "in/orders.json", "records": "data.orders"},
    "match": "number",
    "mapping": {"no": "number", "who.mail": "customer.email", "total": "total", "state": "state"},
}


def document(email: str = "email", **changes: dict[str, Any]) -> dict[str, Any]:
    """Return the spec of a shop as JSON; `changes` are of its syncs, by name."""
    return {
        "name": "shop",
        "title": "Shop",
        "entities": [
            {
                "name": "Customer",
                "title": "Customer",
                "fields": [
                    {"name": "email", "title": "E-mail", "type": email, "required": True, "unique": True},
                    {"name": "name", "title": "Name", "type": "text", "required": True},
                    {"name": "since", "title": "Since", "type": "date"},
                    {"name": "gone", "title": "Gone", "type": "boolean"},
                    {"name": "reason", "title": "Reason", "type": "text", "visible_when": "gone"},
                ],
            },
            {
                "name": "Order",
                "title": "Order",
                "fields": [
                    {"name": "number", "title": "Number", "type": "text", "unique": True},
                    {
                        "name": "customer",
                        "title": "Customer",
                        "type": "reference",
                        "target": "Customer",
                        "required": True,
                    },
                    {"name": "total", "title": "Total", "type": "money", "currency": "EUR"},
                    {
                        "name": "state",
                        "title": "State",
                        "type": "enum",
                        "choices": ["New", "Paid"],
                        "default": "New",
                    },
                ],
            },
        ],
        "syncs": [{**CUSTOMERS, **changes.get("customers", {})}, {**ORDERS, **changes.get("orders", {})}],
    }


def spec_of(**changes: Any) -> AppSpec:
    """Return that spec, which has no fault."""
    spec, faults = problems_in(document(**changes))
    assert spec is not None, faults
    assert problems(spec) == ()
    return spec


class App:
    """An app in a folder."""

    def __init__(self, folder: Path, spec: AppSpec, url: str = "") -> None:
        self.folder, self.spec = folder, spec
        self.url = url or f"sqlite:///{folder}/data/app.db"
        folder.mkdir()
        self._put(spec)
        self.database.create()

    def _put(self, spec: AppSpec) -> None:
        self.spec = spec
        self.write("appspec.json", encode(spec).decode())
        self.database = Database(spec, self.url)

    def write(self, path: str, content: str) -> None:
        """Write a file below the folder."""
        file = self.folder / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)

    def change(self, **changes: Any) -> None:
        """Have the app go on with changed syncs."""
        self.database.close()
        self._put(spec_of(**changes))

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a process of the app gets."""
        return {**os.environ, "DATABASE_URL": self.url, **more}

    def popen(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        """Begin the command."""
        return subprocess.Popen(
            [sys.executable, "-m", "dataforms.sync", *words],
            cwd=self.folder, env=self.environment(**environment), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def sync(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run the command in this process, which is spared its start: it takes most of the time."""
        before = signal.getsignal(signal.SIGTERM)
        out, said = StringIO(), StringIO()
        with (
            chdir(self.folder),
            patch.dict(os.environ, self.environment(**environment)),
            redirect_stdout(out),
            redirect_stderr(said),
        ):
            try:
                status = main(words)
            finally:
                signal.signal(signal.SIGTERM, before)
        return subprocess.CompletedProcess(words, status, out.getvalue(), said.getvalue())

    def command(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run the command as people do."""
        with self.popen(*words, **environment) as process:
            try:
                out, said = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(words, process.returncode, out, said)

    def records(self, entity: str) -> list[dict[str, Any]]:
        """Return what all records hold."""
        return [{"id": row.id, **row.values} for row in self.database.page(entity, Query(size=1_000)).rows]

    def runs(self, name: str) -> tuple[Run, ...]:
        """Return the runs of a sync, the newest first."""
        sync = next(each for each in self.spec.syncs if each.name == name)
        with chdir(self.folder):
            return standing(self.database, sync, {}, 50).runs

    def progress(self, name: str) -> lock.Progress | None:
        """Return how far a sync is."""
        with chdir(self.folder):
            return lock.progress(name)

    def cancel(self, name: str) -> bool:
        """Cancel a sync."""
        with chdir(self.folder):
            return lock.cancel(name)

    def close(self) -> None:
        """Close the database."""
        self.database.close()
