"""What a bundle leaves out or does sooner, so that a page can be used sooner. Pure text in, text out."""

import re

_ENTRY = re.compile(r"startTransition\(\(\) => \{\s*(hydrateRoot\(.*?\);)\s*\}\);", re.DOTALL)
_WIDE_GAMUT = re.compile(r"@supports \(color:color\(display-p3 1 1 1\)\)\{")


def hydrate_at_once(entry: str) -> str:
    """Return the client's entry script hydrating in one go instead of in slices of 5 ms.

    Slices keep a page responsive while it wakes; ours has nothing to respond with until it is awake. A script
    of another shape is returned as it is.
    """
    return _ENTRY.sub(r"\1", entry)


def without_wide_gamut(css: str) -> str:
    """Return the style sheet without the second set of colours for P3 displays, which is half of it."""
    while found := _WIDE_GAMUT.search(css):
        css = css[: found.start()] + css[_end_of_block(css, found.end()) :]
    return css


def _end_of_block(css: str, start: int) -> int:
    """Return the position after the brace that closes the block whose inside begins at `start`."""
    depth = 1
    for found in re.compile(r"[{}]").finditer(css, start):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    return len(css)
