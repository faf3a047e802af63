"""No text of a person reaches any file of an app but appspec.json, where it stays data."""

import ast
import itertools
import shutil
from pathlib import Path

import pytest

from dataforms.spec import AppSpec, Entity, Field, decode, encode
from protoddfd.generate.render import render

TEMPLATE = Path(__file__).parent.parent.parent / "templates" / "data_app"

PIECES = (
    '"', "'", '"""', "'''", "\\", "\\\\", '\\"', "`", "$(id)", "${HOME}", "`id`", "; rm -rf /", "&& id",
    "| id", "\n", "\r\n", "\r", "\t", "\0", "\x1b[31m", "\x7f", "\u2028", "\u2029", "\u202e", "\u200b",
    "\ufeff", "\U0001f4a5", "{{ 7*7 }}", "{{7*7}}", "{% raw %}", "{% endraw %}",
    "{% include '/etc/passwd' %}", "{# x #}", "{{ cookiecutter }}", "{{ ''.__class__.__mro__ }}",
    "{{ self.__init__.__globals__ }}", "{{ config }}", "{", "}", "{}", "{0}", "%s", "%(name)s",
    "__import__('os').system('id')", "eval('1')", "exec('x')", "');import os;('", '");import os;("',
    "\nimport os\n", "#", "# coding: rot13", "<script>alert(1)</script>", "</title>", "<!--", "]]>",
    "&lt;", "]()", "[x](javascript:alert(1))", "![](x)", "| a | b |", "```", "---", "' OR 1=1 --",
    '"; DROP TABLE item; --', "../..", "/etc/passwd", "C:\\", "nul", "None", "True", "0", "-1", "1e999",
    "NaN", "null", "[]", "a" * 5000, "ü", "ß", "İ", "𝔘", "あ", "שלום", "e\u0301", "f'{x}'", 'f"{x}"',
    "b'x'", "r'\\'", "lambda: 0", "@x", "!x", "*x", "&x",
)  # fmt: skip
HOSTILE = (
    *PIECES,
    *("".join(pair) for pair in itertools.islice(itertools.permutations(PIECES[:32], 2), 0, None, 7)),
)


def spec_saying(text: str) -> bytes:
    """Return a spec with `text` in every slot that takes free text."""
    field = Field(
        name="kind", title=text, type="enum", choices=(text, "other"), help=text, default=text, unit=text
    )
    entity = Entity(name="Item", title=text, plural=text, description=text, fields=(field,))
    return encode(AppSpec(name="shop", title=text, description=text, entities=(entity,)))


def rendered(template: Path, folder: Path, name: str, spec: bytes) -> dict[str, bytes]:
    render(template, folder, name, spec)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    files = rendered(TEMPLATE, tmp_path_factory.mktemp("plain"), "shop", spec_saying("Plain"))
    del files["appspec.json"], files["tests/appspec.json"]
    return files


@pytest.fixture(scope="module")
def template_without_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template without its largest part, which is copied as it is."""
    folder = tmp_path_factory.mktemp("template") / "data_app"
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("dataforms", "__pycache__"))
    return folder


def test_there_are_more_than_two_hundred_hostile_texts() -> None:
    assert len(set(HOSTILE)) > 200


def test_hostile_text_changes_nothing_but_the_spec_and_comes_back_from_it(
    plain: dict[str, bytes], template_without_runtime: Path, tmp_path: Path
) -> None:
    expected = {path: content for path, content in plain.items() if not path.startswith("dataforms/")}
    assert len(expected) > 10
    for number, text in enumerate(HOSTILE):
        folder = tmp_path / str(number)
        folder.mkdir()
        files = rendered(template_without_runtime, folder, "shop", spec_saying(text))
        spec = decode(files.pop("appspec.json"))
        assert decode(files.pop("tests/appspec.json")) == spec
        assert files == expected, repr(text)
        assert (spec.title, spec.description) == (text, text)
        assert (spec.entities[0].title, spec.entities[0].fields[0].choices[0]) == (text, text)


def test_the_whole_of_an_app_is_the_same_whatever_its_spec_says(
    plain: dict[str, bytes], tmp_path: Path
) -> None:
    files = rendered(TEMPLATE, tmp_path, "shop", spec_saying("".join(HOSTILE)))
    del files["appspec.json"], files["tests/appspec.json"]
    assert files == plain


def test_apps_differ_only_where_their_names_stand(plain: dict[str, bytes], tmp_path: Path) -> None:
    other = rendered(TEMPLATE, tmp_path, "bookkeeping", spec_saying("Plain"))
    del other["appspec.json"], other["tests/appspec.json"]
    renamed = {
        path.replace("bookkeeping", "shop"): content.replace(b"bookkeeping", b"shop")
        for path, content in other.items()
    }
    assert renamed == plain


def test_the_python_of_two_apps_has_the_same_shape(plain: dict[str, bytes], tmp_path: Path) -> None:
    other = rendered(TEMPLATE, tmp_path, "bookkeeping", spec_saying('"""'))
    for path, content in plain.items():
        if path.endswith(".py"):
            twin = other[path.replace("shop", "bookkeeping")]
            assert shape(content) == shape(twin), path


def shape(source: bytes) -> list[str]:
    return [type(node).__name__ for node in ast.walk(ast.parse(source))]
