"""An app's files are written whole and into place, or not at all."""

import ast
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataforms.spec import AppSpec, Entity, Field, encode
from protoddfd.errors import AppExists, NameInvalid, TemplateFailed
from protoddfd.generate import disk
from protoddfd.generate.placing import commit
from protoddfd.generate.render import generate, render

TEMPLATE = Path(__file__).parent.parent.parent / "templates" / "data_app"
SPEC = encode(
    AppSpec(
        name="shop",
        title="Shop",
        entities=(
            Entity(name="Item", title="Item", fields=(Field(name="title", title="Title", type="text"),)),
        ),
    )
)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def small_template(folder: Path, **files: str) -> Path:
    (folder / "{{cookiecutter.name}}").mkdir(parents=True)
    (folder / "cookiecutter.json").write_text('{"name": "x"}')
    for name, text in files.items():
        (folder / "{{cookiecutter.name}}" / name.replace("__", ".")).write_text(text)
    return folder


def test_an_app_is_written_whole(tmp_path: Path) -> None:
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    written = tree(tmp_path / "shop")
    assert written["appspec.json"] == SPEC
    assert {
        "shop_app/__init__.py",
        "shop_app/shop.py",
        "rxconfig.py",
        "run.sh",
        "requirements.txt",
    } <= written.keys()
    assert {
        "README.md",
        "Dockerfile",
        ".gitignore",
        "data/.gitkeep",
        "tests/test_rules.py",
        "tests/appspec.json",
    } <= written.keys()
    assert os.access(tmp_path / "shop" / "run.sh", os.X_OK)
    assert not any("cookiecutter" in path or b"cookiecutter" in content for path, content in written.items())
    assert names(tmp_path) == ["shop"]


def test_an_app_alone_is_formatted_as_it_says_itself(tmp_path: Path) -> None:
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    for words in (["format", "--check"], ["check"]):
        ruff = [sys.executable, "-m", "ruff", *words, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=tmp_path / "shop", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.long
@pytest.mark.timeout(300)
def test_an_app_alone_is_typed(tmp_path: Path) -> None:
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "."]
    done = subprocess.run(mypy, cwd=tmp_path / "shop", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_runtime_is_copied_byte_for_byte_without_its_caches_and_tests(tmp_path: Path) -> None:
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    kept = {
        path: content
        for path, content in tree(TEMPLATE / "dataforms").items()
        if not {"__pycache__", "tests"} & set(Path(path).parts)
    }
    assert tree(tmp_path / "shop" / "dataforms") == kept
    assert not any(path.is_symlink() for path in (tmp_path / "shop").rglob("*"))


def test_no_file_is_shared_between_two_apps(tmp_path: Path) -> None:
    for name in ("one", "two"):
        generate(TEMPLATE, tmp_path / name, name, SPEC)
    links = [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_nlink != 1]
    assert links == []


@pytest.mark.parametrize("name", ["json", "test", "dataforms", "typing", "asyncio"])
def test_an_app_called_like_a_library_imports_that_library_all_the_same(tmp_path: Path, name: str) -> None:
    generate(TEMPLATE, tmp_path / name, name, SPEC)
    program = f"import {name}, {name}_app; print({name}_app.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / name, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == str(tmp_path / name / f"{name}_app" / "__init__.py")


@pytest.mark.e2e
def test_the_apps_own_tests_pass(tmp_path: Path) -> None:
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly"],
        cwd=tmp_path / "shop", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["", "Shop", "../shop", "shop\n", "class", "{{7*7}}"])
def test_a_name_that_is_none_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameInvalid):
        generate(TEMPLATE, tmp_path / "place", name, SPEC)
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", ["folder", "full folder", "file", "dangling link"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "shop"
    if kind == "file":
        place.write_text("mine")
    elif kind == "dangling link":
        place.symlink_to("nowhere")
    else:
        place.mkdir()
        if kind == "full folder":
            (place / "mine").write_text("mine")
    before = tree(tmp_path)
    with pytest.raises(AppExists) as refused:
        generate(TEMPLATE, place, "shop", SPEC)
    assert refused.value.hint
    assert tree(tmp_path) == before
    assert names(tmp_path) == ["shop"]


@pytest.mark.parametrize("has_renameat2", [True, False])
def test_a_name_taken_in_between_is_left_to_its_taker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_renameat2: bool
) -> None:
    if not has_renameat2:
        monkeypatch.setattr(disk, "_libc", lambda: None)
        monkeypatch.setattr(os, "sync", lambda: None)
    making = tmp_path / ".making"
    making.mkdir()
    render(TEMPLATE, making, "shop", SPEC)
    (tmp_path / "shop").mkdir()
    with pytest.raises(AppExists):
        commit(making, tmp_path / "shop")
    assert names(tmp_path / "shop") == []
    assert (making / "appspec.json").exists()


def test_without_renameat2_an_app_comes_into_place_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "_libc", lambda: None)
    monkeypatch.setattr(os, "sync", lambda: None)
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    assert names(tmp_path) == ["shop"]


@pytest.mark.parametrize("failing", ["sync_folder_tree", "rename_exclusively", "sync_entry"])
@pytest.mark.parametrize(
    ("code", "hint"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "read-only"), (errno.EIO, "that disk")],
)
def test_a_disk_that_refuses_at_the_end_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str, code: int, hint: str
) -> None:
    def refuse(*_: Path) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(f"protoddfd.generate.placing.{failing}", refuse)
    with pytest.raises(TemplateFailed) as refused:
        generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    assert hint in refused.value.hint
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_on_any_file_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    writes = len([content for content in tree(tmp_path / "shop").values() if content])
    for stop_at in (*range(0, writes, 7), writes - 1):
        left = stop_at

        def fills_up(descriptor: int, content: bytes) -> int:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(descriptor, content)

        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fills_up)
            with pytest.raises(TemplateFailed, match="No space left"):
                generate(TEMPLATE, tmp_path / "other", "other", SPEC)
        assert names(tmp_path) == ["shop"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_left_empty(tiny_disk: Path) -> None:
    with pytest.raises(TemplateFailed, match="No space left") as refused:
        generate(TEMPLATE, tiny_disk / "shop", "shop", SPEC)
    assert "free some space" in refused.value.hint
    assert names(tiny_disk) == []


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TemplateFailed) as refused:
        generate(TEMPLATE, tmp_path / "gone" / "shop", "shop", SPEC)
    assert "make that folder" in refused.value.hint


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(TemplateFailed, match="Permission denied") as refused:
        generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    assert "daemon's user" in refused.value.hint


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{{ cookiecutter.nmae }}", "nmae"),
        ("{{ nothing }}", "nothing"),
        ("{% if %}", "Expected an expression"),
        ("{{ ().__class__.__bases__ }}", "unsafe"),
        ("{{ cookiecutter.update(name='x') }}", "not safely callable|unsafe"),
        ("{% include '/etc/passwd' %}", "no loader"),
        ("x = (", "never closed"),
    ],
)
def test_a_faulty_template_is_named_and_leaves_nothing(tmp_path: Path, text: str, fault: str) -> None:
    template = small_template(tmp_path / "template", app__py=text)
    (tmp_path / "apps").mkdir()
    with pytest.raises(TemplateFailed, match=rf"app\.py.*({fault})"):
        generate(template, tmp_path / "apps" / "shop", "shop", SPEC)
    assert names(tmp_path / "apps") == []


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("protoddfd.generate.placing.sync_folder_tree", interrupt)
    with pytest.raises(KeyboardInterrupt):
        generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    assert names(tmp_path) == []


def test_a_changed_template_is_read_anew(tmp_path: Path) -> None:
    template = small_template(tmp_path / "template", app__py="x = 1\n")
    generate(template, tmp_path / "one", "one", SPEC)
    (template / "{{cookiecutter.name}}" / "app.py").write_text("x = 22\n")
    generate(template, tmp_path / "two", "two", SPEC)
    assert (tmp_path / "one" / "app.py").read_text() == "x = 1\n"
    assert (tmp_path / "two" / "app.py").read_text() == "x = 22\n"


def test_every_python_file_of_an_app_parses(tmp_path: Path) -> None:
    generate(TEMPLATE, tmp_path / "shop", "shop", SPEC)
    for path in (tmp_path / "shop").rglob("*.py"):
        ast.parse(path.read_bytes())
