"""A real Firefox, driven over WebDriver BiDi: it clicks and types as people do, and waits for conditions."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from testbed import wait_for

PROGRAM = "firefox-esr"
PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
FIND = """(selector, text) => {
  const shown = [...document.querySelectorAll(selector)]
    .filter(each => each.checkVisibility() && !each.disabled)
  const named = each => each.getAttribute('aria-label') ?? each.textContent.trim()
  return (text === null ? shown : shown.filter(each => named(each).includes(text)))[0] ?? null
}"""


class BidiError(Exception):
    """Firefox refused a command; the message says which and why."""


class Firefox:
    """One window of a Firefox that was started for it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = count(1)
        self.complaints: list[str] = []
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded"])
        self._window = self.send("browsingContext.getTree")["contexts"][0]["context"]
        self.send(
            "browsingContext.setViewport", context=self._window, viewport={"width": 1280, "height": 800}
        )

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Return the result of a command; what the console says meanwhile is kept."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(60))
            if message.get("id") == number:
                break
            self._heard(message)
        if message["type"] == "error":
            raise BidiError(f"{method}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("method") == "log.entryAdded" and message["params"]["level"] in ("error", "warn"):
            self.complaints.append(str(message["params"]["text"]))

    def open(self, url: str) -> None:
        """Go to an address, and wait until it is loaded."""
        self.send("browsingContext.navigate", context=self._window, url=url, wait="complete")

    def ask(self, function: str, *arguments: Any) -> dict[str, Any]:
        """Return what a function of JavaScript gives, as BiDi writes values."""
        answer = self.send(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[_remote(each) for each in arguments],
            target={"context": self._window},
            awaitPromise=True,
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        result: dict[str, Any] = answer["result"]
        return result

    def find(self, selector: str, text: str | None = None) -> dict[str, Any]:
        """Return the first visible element that has `text` in its name; wait for it."""

        def found() -> dict[str, Any] | None:
            node = self.ask(FIND, selector, text)
            return {"sharedId": node["sharedId"]} if node["type"] == "node" else None

        node: dict[str, Any] = wait_for(found, 20)
        return node

    def wait_gone(self, selector: str) -> None:
        """Wait until no such element is visible."""
        wait_for(lambda: self.ask(FIND, selector, None)["type"] == "null", 20)

    def wait_rows(self, number: int) -> None:
        """Wait until the table has so many rows."""
        script = "() => document.querySelectorAll('tbody tr').length"
        wait_for(lambda: self.ask(script)["value"] == number, 20)

    def click(self, selector: str, text: str | None = None) -> None:
        """Click in the middle of an element."""
        node = self.find(selector, text)
        self.ask("each => each.scrollIntoView({block: 'center', behavior: 'instant'})", node)
        actions: list[dict[str, Any]] = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": node}},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._act({"type": "pointer", "id": "mouse", "actions": actions})

    def write(self, selector: str, text: str) -> None:
        """Write a text in the place of what an input has."""
        self.click(selector)
        self.ask("each => each.select()", self.find(selector))
        self.press(*text)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        actions: list[dict[str, Any]] = []
        for key in keys:
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file in an input, which may be hidden behind a button."""
        node = wait_for(lambda: self.ask("at => document.querySelector(at)", selector).get("sharedId"), 20)
        self.send("input.setFiles", context=self._window, element={"sharedId": node}, files=[str(file)])

    def _act(self, source: dict[str, Any]) -> None:
        self.send("input.performActions", context=self._window, actions=[source])


def _remote(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    if value is None:
        return {"type": "null"}
    return {"type": "string", "value": value}


@contextmanager
def firefox() -> Iterator[Firefox]:
    """Lend a Firefox with a profile of its own; it is ended afterwards."""
    with ExitStack() as stack:
        profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()
        ]
        (profile / "user.js").write_text("\n".join(lines) + "\n")
        words = [PROGRAM, "--headless", "--no-remote", "--profile", str(profile)]
        process = subprocess.Popen(
            [*words, "--remote-debugging-port", "0", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        stack.callback(process.wait, 30)
        stack.callback(process.terminate)
        address = profile / "WebDriverBiDiServer.json"
        wait_for(lambda: address.exists() and address.read_text().endswith("}"), 60)
        port = json.loads(address.read_text())["ws_port"]
        connection = stack.enter_context(connect(f"ws://127.0.0.1:{port}/session", max_size=None, proxy=None))
        yield Firefox(connection)
