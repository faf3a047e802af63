"""One open tab of a real Chromium, which tells when a page could be used."""

from pathlib import Path

import msgspec
from playwright.sync_api import ConsoleMessage, Page, Playwright, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LIMIT_MS = 60_000
_MARK = "usable:"
_WATCH = """
(() => {
  const now = () => performance.timeOrigin + performance.now();
  const seen = {};
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', said => {
        if (String(said.data).startsWith('42/_event')) seen.connected ??= now();
      });
    }
  };
  const tell = () => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    if (!paint) { requestAnimationFrame(tell); return; }
    const navigation = performance.getEntriesByType('navigation')[0], origin = performance.timeOrigin;
    const times = {...seen, first_byte: origin + navigation.responseStart, painted: origin + paint.startTime};
    const seconds = Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, ms / 1000]));
    console.debug('MARK' + JSON.stringify(seconds));
  };
  const look = () => {
    const shown = document.querySelector('a.df-card, tbody tr');
    if (shown && shown.getBoundingClientRect().height > 0 && seen.connected) { seen.usable = now(); tell(); }
    else requestAnimationFrame(look);
  };
  if (location.protocol.startsWith('http')) requestAnimationFrame(look);
})();
""".replace("MARK", _MARK)
# The page tells by itself, on the console: to ask it would put a script of the driver's into its main thread,
# 27 ms of work in the middle of what is measured.


class NoBrowser(Exception):
    """There is no browser to measure with."""


class Seen(msgspec.Struct, frozen=True):
    """Moments of a page in Unix time: its first byte, its first paint, its first state, and a table shown."""

    first_byte: float
    painted: float
    connected: float
    usable: float


class Tab:
    """A context with an open tab."""

    def __init__(self) -> None:
        if not CHROMIUM.exists():
            raise NoBrowser(f"there is no {CHROMIUM}: apt install chromium")
        self._page: Page | None = None
        self._playwright: Playwright | None = None

    def __enter__(self) -> "Tab":
        self._manager = sync_playwright()
        playwright = self._manager.start()
        self._browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        self._playwright = playwright
        self._page = self._browser.new_page(viewport={"width": 1280, "height": 800})
        self._page.add_init_script(_WATCH)
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        if self._playwright is not None:
            self._playwright.stop()

    def open(self, url: str) -> Seen:
        """Open a page and return its moments, once the table's card or row is shown and the state has come.

        Raises:
            playwright's TimeoutError: it never could be used.
        """
        page = self._page
        if page is None:
            raise RuntimeError("the tab is not open")
        with page.expect_console_message(_is_mark, timeout=LIMIT_MS) as told:
            page.goto(url, wait_until="commit", timeout=LIMIT_MS)
        found = msgspec.json.decode(told.value.text.removeprefix(_MARK), type=Seen)
        page.goto("about:blank")
        return found


def _is_mark(message: ConsoleMessage) -> bool:
    return message.text.startswith(_MARK)
