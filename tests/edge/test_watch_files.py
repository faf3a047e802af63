"""Changes of apps' source are told once, those of what apps write are not, and nothing is left running."""

import asyncio
import os
import shutil
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from protoddfd.edge import watch_files
from protoddfd.edge.source_tree import FOLDERS_MAX
from protoddfd.edge.watch_files import Change, FileWatch

pytestmark = [pytest.mark.anyio, pytest.mark.e2e]

LIMIT_S = 10.0


class Watching:
    """A watch, and what it tells."""

    def __init__(self, watch: FileWatch, changes: AsyncIterator[Change]) -> None:
        self.watch = watch
        self._changes = changes

    async def next(self) -> Change:
        async with asyncio.timeout(LIMIT_S):
            return await anext(self._changes)

    async def until(self, app: str, *paths: Path, vanished: bool = False) -> None:
        """Return when all of `paths` have been told; a slow writer may be told of in parts."""
        missing = {str(path) for path in paths}
        while missing:
            change = await self.next()
            assert change.app == app
            assert change.vanished == vanished
            assert missing & set(change.paths), f"{change.paths} and not {missing}"
            missing -= set(change.paths)


@asynccontextmanager
async def watching(**folders: Path) -> AsyncIterator[Watching]:
    watch = FileWatch()
    for app, folder in folders.items():
        await watch.add(app, str(folder))
    try:
        async with aclosing(watch.changes()) as changes:  # type: ignore[type-var]  # a generator, if not by its type
            yield Watching(watch, changes)
    finally:
        await watch.close()


@pytest.fixture
def crm(tmp_path: Path) -> Path:
    folder = tmp_path / "crm"
    (folder / "pages" / "deep").mkdir(parents=True)
    for ignored in ("data", ".web", "logs", "__pycache__", ".git", "node_modules", "uploaded_files"):
        (folder / ignored).mkdir()
    (folder / "mine").mkdir()
    (folder / "mine" / "pyvenv.cfg").touch()
    for name in ("app.py", "appspec.json", "pages/index.py"):
        (folder / name).write_text("1", encoding="ascii")
    return folder


def move(path: Path, to: Path) -> None:
    path.rename(to)


def write_by_rename(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="ascii")
    temporary.rename(path)


async def test_what_is_written_added_and_removed_is_told(crm: Path) -> None:
    async with watching(crm=crm) as seen:
        (crm / "app.py").write_text("two", encoding="ascii")
        await seen.until("crm", crm / "app.py")
        (crm / "pages" / "deep" / "new.py").write_text("1", encoding="ascii")
        await seen.until("crm", crm / "pages" / "deep" / "new.py")
        (crm / "pages" / "index.py").unlink()
        await seen.until("crm", crm / "pages" / "index.py")


async def test_an_editor_that_writes_by_renaming_is_noticed_and_its_own_files_are_not_told(crm: Path) -> None:
    path = crm / "app.py"
    before = path.stat()
    async with watching(crm=crm) as seen:
        write_by_rename(path, "2")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert (await seen.next()).paths == (str(path),)


async def test_what_comes_to_nothing_and_what_an_app_writes_is_not_told(crm: Path) -> None:
    async with watching(crm=crm) as seen:
        for name in ("data/app.py", ".web/a.js", "logs/x.json", "node_modules/a.js", ".git/config.toml"):
            (crm / name).write_text("1", encoding="ascii")
        for name in ("uploaded_files/a.json", "__pycache__/a.py", "mine/a.py"):
            (crm / name).write_text("1", encoding="ascii")
        for name in (
            "app.db",
            "app.db-wal",
            "a.pyc",
            "photo.png",
            "table.csv",
            "app.py~",
            ".app.py.swp",
            "x.log",
        ):
            (crm / name).write_text("1", encoding="ascii")
        (crm / "4913").touch(mode=0o600)
        (crm / "gone.py").touch()
        (crm / "gone.py").unlink()
        (crm / "appspec.json").write_text("2", encoding="ascii")
        assert (await seen.next()).paths == (str(crm / "appspec.json"),)


async def test_a_program_without_a_suffix_is_source(crm: Path) -> None:
    async with watching(crm=crm) as seen:
        program = crm / "server"
        program.touch(mode=0o700)
        await seen.until("crm", program)


async def test_a_change_is_told_for_its_app_alone_with_the_time_of_it(crm: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(crm, shop)
    async with watching(crm=crm, shop=shop) as seen:
        before_s = time.time()
        (shop / "app.py").write_text("2", encoding="ascii")
        change = await seen.next()
        assert change.app == "shop"
        assert before_s - 0.1 <= change.at <= time.time()  # file systems keep the time by the tick


async def test_folders_come_and_go_while_others_are_watched(crm: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(crm, shop)
    async with watching(crm=crm) as seen:
        await seen.watch.add("shop", str(shop))
        (shop / "app.py").write_text("2", encoding="ascii")
        await seen.until("shop", shop / "app.py")
        seen.watch.remove("shop")
        (shop / "app.py").write_text("3", encoding="ascii")
        (crm / "app.py").write_text("2", encoding="ascii")
        await seen.until("crm", crm / "app.py")


async def test_a_new_folder_is_watched_with_all_that_is_in_it_already(crm: Path, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    (ready / "deep").mkdir(parents=True)
    (ready / "deep" / "a.py").touch()
    async with watching(crm=crm) as seen:
        ready.rename(crm / "new")
        await seen.until("crm", crm / "new" / "deep" / "a.py")
        (crm / "new" / "deep" / "a.py").write_text("2", encoding="ascii")
        await seen.until("crm", crm / "new" / "deep" / "a.py")


async def test_a_folder_that_vanishes_is_told_and_watched_again_when_it_is_back(crm: Path) -> None:
    aside = crm.with_name("aside")
    async with watching(crm=crm) as seen:
        for _ in range(2):
            move(crm, aside)
            await seen.until("crm", crm, vanished=True)
            move(aside, crm)
            await seen.until("crm", crm)
            (crm / "app.py").write_text(str(time.monotonic_ns()), encoding="ascii")
            await seen.until("crm", crm / "app.py")


async def test_a_folder_that_was_replaced_is_watched_in_its_new_form(crm: Path) -> None:
    other, aside = crm.with_name("other"), crm.with_name("aside")
    shutil.copytree(crm, other)
    async with watching(crm=crm) as seen:
        move(crm, aside)
        move(other, crm)
        while (await seen.next()).vanished:  # it was looked at between the two
            pass
        (crm / "pages" / "index.py").write_text("after", encoding="ascii")
        while str(crm / "pages" / "index.py") not in (await seen.next()).paths:
            pass


async def test_a_folder_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    late = tmp_path / "not" / "yet"
    async with watching(late=late) as seen:
        late.parent.mkdir()
        late.mkdir()
        (late / "app.py").touch()
        await seen.until("late", late)
        (late / "app.py").write_text("2", encoding="ascii")
        while str(late / "app.py") not in (await seen.next()).paths:
            pass


async def test_a_name_that_is_no_text_does_not_end_the_watch(crm: Path) -> None:
    async with watching(crm=crm) as seen:
        odd = os.fsencode(crm) + b"/\xff.py"
        with open(odd, "wb"):  # noqa: PTH123, ASYNC230
            pass
        assert (await seen.next()).paths == (f"{crm}/\ufffd.py",)
        (crm / "app.py").write_text("2", encoding="ascii")
        await seen.until("crm", crm / "app.py")


async def test_a_file_that_its_app_writes_all_the_time_is_passed_over_and_named(
    crm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_files, "BUSY_CHANGES", 2)
    busy = crm / "state.json"
    async with watching(crm=crm) as seen:
        for number in range(2):
            busy.write_text("x" * number, encoding="ascii")
            await seen.until("crm", busy)
        assert seen.watch.trouble() == {}
        busy.write_text("xxx", encoding="ascii")
        (crm / "app.py").write_text("2", encoding="ascii")
        assert (await seen.next()).paths == (str(crm / "app.py"),)
        assert "state.json changes all the time" in seen.watch.trouble()["crm"]


async def test_a_folder_with_too_much_in_it_is_watched_in_part_and_named(crm: Path) -> None:
    for number in range(FOLDERS_MAX):
        (crm / f"part{number}").mkdir()
    async with watching(crm=crm) as seen:
        (crm / "app.py").write_text("2", encoding="ascii")
        await seen.until("crm", crm / "app.py")
        assert "too many" in seen.watch.trouble()["crm"]


def threads() -> list[str]:
    """Return the names of this process's threads, those of the library included."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        try:
            names.append((task / "comm").read_text(encoding="ascii").strip())
        except OSError:
            continue
    return [name for name in names if "notify" in name or "watch" in name]


def wait_until_none_is_left() -> None:
    due = time.monotonic() + LIMIT_S
    while left := threads():
        assert time.monotonic() < due, left
        os.sched_yield()


async def no_thread_is_left() -> None:
    """Return when the threads have ended: they may take a moment, and the loop must turn meanwhile."""
    await asyncio.to_thread(wait_until_none_is_left)


async def test_one_thread_watches_all_and_none_is_left_after_the_last_folder(
    crm: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / f"app{number}" for number in range(100)]
    for folder in folders:
        shutil.copytree(crm, folder)
    watch = FileWatch()
    try:
        for number, folder in enumerate(folders):
            await watch.add(f"app{number}", str(folder))
        async with aclosing(watch.changes()) as changes:  # type: ignore[type-var]  # a generator, if not by its type
            seen = Watching(watch, changes)
            (folders[63] / "app.py").write_text("2", encoding="ascii")
            await seen.until("app63", folders[63] / "app.py")
            assert len([each for each in threading.enumerate() if each.name == "watch-files"]) == 1
            assert watch.trouble() == {}
            for number in range(100):
                watch.remove(f"app{number}")
            await no_thread_is_left()
            await watch.add("again", str(folders[0]))
            (folders[0] / "app.py").write_text("2", encoding="ascii")
            await seen.until("again", folders[0] / "app.py")
    finally:
        await watch.close()
    await no_thread_is_left()


async def test_closing_ends_those_who_wait_for_changes(crm: Path) -> None:
    watch = FileWatch()
    await watch.add("crm", str(crm))

    async def wait() -> list[Change]:
        return [change async for change in watch.changes()]

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    async with asyncio.timeout(LIMIT_S):
        await watch.close()
        assert await waiting == []
        await watch.close()
    await no_thread_is_left()


async def test_the_library_is_loaded_by_the_first_folder_and_not_before() -> None:
    program = "import sys, protoddfd.edge.watch_files; sys.exit('watchfiles' in sys.modules)"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=Path(__file__).parents[2]
    )
    assert await process.wait() == 0
