"""What is found out of an app's folder: how it can be served now, by whom, and with which frontend."""

from functools import lru_cache
from pathlib import Path

from dataforms.check import problems_in
from protoddfd.errors import SpecInvalid
from protoddfd.generate import bundle
from protoddfd.generate.render import SPEC_FILE
from protoddfd.generate.sources import is_plain
from protoddfd.generate.template import APP_FOLDER
from protoddfd.spec import AppSpec
from protoddfd.worker import messages

LIBRARIES = ("requirements.txt", "constraints.txt")


def inspect(folder: Path, cache: Path, name: str) -> messages.Inspection:
    """Return how the app in `folder` can be served now.

    Raises:
        SpecInvalid: its spec was edited into something that cannot run.
    """
    plain = is_plain(folder)
    title = "" if plain else _stored_spec(folder / SPEC_FILE).title
    reason = unlike_zygote(folder, plain=plain)
    if reason:
        return messages.Inspection(
            title=title, digest="", bundle="", shared=False, servable=False, plain=plain, reason=reason
        )
    try:
        digest = bundle.digest(folder)
    except FileNotFoundError as error:
        raise SpecInvalid(str(error), hint=f"restore {folder}/{name}_app/{name}.py") from error
    built = bundle.path(cache, digest)
    return messages.Inspection(
        title=title,
        digest=digest,
        bundle=str(built) if built else "",
        plain=plain,
        shared=digest == template_bundle_digest(),
        servable=True,
    )


def _stored_spec(path: Path) -> AppSpec:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpecInvalid(
            f"cannot read {path}: {error.strerror}", hint="restore it, or delete the app"
        ) from error
    spec, found = problems_in(content)
    if spec is None or found:
        raise SpecInvalid(
            f"{path} has {len(found)} faults; the first: {found[0].path}: {found[0].message}",
            hint=f"protoddfctl check {path}",
            problems=tuple(found),
        )
    return spec


def unlike_zygote(folder: Path, *, plain: bool) -> str:
    """Return why the zygote's libraries are not the ones that the app wants, empty when they are.

    An app may change its pages and its runtime and be served by the zygote; one that changes what is
    installed needs an environment of its own. One without a spec may want fewer of them.
    """
    for name in LIBRARIES:
        own = folder / name
        if not own.is_file():
            continue
        wanted, there = own.read_bytes(), _template_file(name)
        if wanted != there and not (plain and set(wanted.splitlines()) <= set(there.splitlines())):
            return f"its {name} asks for other libraries than those that are preloaded"
    return ""


@lru_cache(maxsize=8)
def _template_file(name: str) -> bytes:
    return (bundle.TEMPLATE / APP_FOLDER / name).read_bytes()


@lru_cache(maxsize=1)
def template_bundle_digest() -> str:
    """Return the digest of the bundle that every unchanged app shares."""
    return bundle.template_digest()
