"""A bundle is built from the tools beside this Python, is the same each time, and asks its own origin."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from protoddfd.generate import bundle
from protoddfd.generate.build import same_origin
from protoddfd.generate.render import render

SPEC = b'{"name":"x","title":"X","entities":[]}'


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_the_backend_s_address_becomes_the_page_s_origin() -> None:
    script = 'e={PING:`http://localhost:8000/ping`,EVENT:"ws://localhost:8000/_event"}'
    assert same_origin(script) == (
        "e={PING:`${location.origin}/ping`,EVENT:`${location.origin.replace('http','ws')}/_event`}"
    )


@pytest.mark.e2e
@pytest.mark.long
@pytest.mark.timeout(240)
def test_two_apps_built_in_two_caches_give_the_same_bytes(tmp_path: Path) -> None:
    given = os.environ.get("PROTODDF_CACHE")
    found = []
    for name in ("crm", "shop"):
        folder = tmp_path / name
        folder.mkdir()
        render(bundle.TEMPLATE, folder, name, SPEC)
        cache = tmp_path / f"cache-{name}"
        if given and (Path(given) / "packages").is_dir():
            cache.mkdir()
            (cache / "packages").symlink_to(Path(given) / "packages")
        found.append(contents(bundle.build(folder, cache, bundle.digest(folder), lambda step: None)))
    assert found[0] == found[1]
    text = "".join(found[0])
    assert "build/client/index.html" in text
    assert "backend/stateful_pages.json" in found[0]


@pytest.mark.e2e
@pytest.mark.long
@pytest.mark.timeout(240)
def test_of_two_builds_at_once_one_waits_for_the_other(tmp_path: Path) -> None:
    folder = tmp_path / "crm"
    folder.mkdir()
    render(bundle.TEMPLATE, folder, "crm", SPEC)
    cache = Path(os.environ.get("PROTODDF_CACHE", tmp_path / "cache"))
    wanted = bundle.digest(folder)
    steps: list[str] = []
    built: list[Path] = []

    def build() -> None:
        built.append(bundle.build(folder, cache, wanted, steps.append))

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built[0] == built[1]
    assert steps.count("the frontend is built") <= 1
