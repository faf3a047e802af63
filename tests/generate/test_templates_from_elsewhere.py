"""Templates that are given by their folder: what is rendered, and what hostile ones do not get to do."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cookiecutter.main import cookiecutter  # type: ignore[import-untyped]  # it ships no types

from protoddfd.errors import TemplateRefused, TemplateUnknown
from protoddfd.generate import elsewhere, elsewhere_texts, hooks
from protoddfd.generate.sandbox import Sandbox, in_time

TOP = "{{cookiecutter.project_slug}}"
MANIFEST = {
    "project_name": "My Project",
    "project_slug": "{{ cookiecutter.project_name|lower|replace(' ', '_') }}",
    "license": ["MIT", "BSD"],
    "with_docs": True,
    "paths": {"docs": "{{ cookiecutter.project_slug }}/docs"},
    "_copy_without_render": ["raw", "*.html"],
}


def template(folder: Path, files: Mapping[str, str | bytes], **manifest: Any) -> Path:
    """Write a template and return its folder."""
    folder.mkdir(exist_ok=True)
    (folder / "cookiecutter.json").write_bytes(msgspec.json.encode(MANIFEST | manifest))
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def made(folder: Path, name: str = "shop") -> dict[str, bytes]:
    found = elsewhere_texts.render(elsewhere.read(folder), name)
    return {path: content for path, (content, _) in found.items()}


def refusal(folder: Path) -> TemplateRefused:
    with pytest.raises(TemplateRefused) as refused:
        made(folder)
    assert str(folder) in refused.value.message
    return refused.value


def test_names_and_texts_are_rendered_with_the_defaults_and_the_apps_name(tmp_path: Path) -> None:
    folder = template(
        tmp_path / "t",
        {
            f"{TOP}/{{{{cookiecutter.project_slug}}}}/main.py": "# {{ cookiecutter.license }}",
            f"{TOP}/docs.txt": "{{ cookiecutter.paths.docs }} {{ cookiecutter.with_docs }}",
            f"{TOP}/slug.txt": "{{ 'Ein Föhn' | slugify }}",
            f"{TOP}/page.html": "{{ not for us }}",
            f"{TOP}/raw/x.txt": "{{ nor this",
            f"{TOP}/logo.bin": b"\0{{ cookiecutter.nothing }}",
            f"{TOP}/latin.txt": b"{{ \xff }}",
            f"{TOP}/{{% if cookiecutter.license == 'BSD' %}}bsd{{% endif %}}/x": "left out",
            "README.md": "{{ not in the app }}",
        },
    )
    assert made(folder) == {
        "shop/main.py": b"# MIT",
        "docs.txt": b"shop/docs True",
        "slug.txt": b"ein-fohn",
        "page.html": b"{{ not for us }}",
        "raw/x.txt": b"{{ nor this",
        "logo.bin": b"\0{{ cookiecutter.nothing }}",
        "latin.txt": b"{{ \xff }}",
    }


def test_cookiecutter_itself_makes_the_same_of_it(tmp_path: Path) -> None:
    folder = template(
        tmp_path / "t",
        {
            f"{TOP}/a.py": "name = '{{ cookiecutter.project_name }}'\n\n",
            f"{TOP}/page.html": "{{ x }}",
            f"{TOP}/{{{{ cookiecutter.license }}}}.md": "{{ cookiecutter.project_slug|upper }}",
        },
    )
    theirs = cookiecutter(
        str(folder), no_input=True, extra_context={"project_name": "shop"}, output_dir=str(tmp_path),
        accept_hooks=False, default_config=True,
    )  # fmt: skip
    found = {
        path.relative_to(theirs).as_posix(): path.read_bytes()
        for path in Path(theirs).rglob("*")
        if path.is_file()
    }
    assert found == made(folder)


def test_a_folder_without_a_template_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(TemplateUnknown, match=r"cookiecutter\.json"):
        elsewhere.read(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "{{ '../' }}evil",
        "{{ '..' }}",
        "{{ '/etc/x' }}",
        "{{ 'a/../../b' }}",
        "{{ 'nul\\0' }}",
        "{{ 'x' * 300 }}",
    ],
)
def test_no_name_leads_out_of_the_app(tmp_path: Path, name: str) -> None:
    # some of these cannot be names of files: then they come out of the manifest
    folder = template(tmp_path / "t", {f"{TOP}/{{{{cookiecutter.where}}}}/x": "text"}, where=name)
    assert "would be written to" in refusal(folder).message


def test_two_files_of_one_name_are_told(tmp_path: Path) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": "1", f"{TOP}/{{{{ 'a' }}}}": "2"})
    assert "would both be a" in refusal(folder).message


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "a"])
def test_no_link_is_followed(tmp_path: Path, target: str) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": "text"})
    (folder / TOP / "link").symlink_to(target)
    assert "link is a symbolic link" in refusal(folder).message


def test_a_linked_manifest_is_refused_too(tmp_path: Path) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": "text"})
    (folder / "cookiecutter.json").rename(tmp_path / "real.json")
    (folder / "cookiecutter.json").symlink_to(tmp_path / "real.json")
    assert "symbolic link" in refusal(folder).message


def test_what_is_no_file_is_refused_and_nothing_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": "text"})
    os.mkfifo(folder / TOP / "pipe")
    assert "no plain file" in refusal(folder).message
    (folder / TOP / "pipe").unlink()
    monkeypatch.chdir(folder / TOP)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert "socket" in refusal(folder).message


def test_huge_files_are_refused_without_being_read(tmp_path: Path) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": "text"})
    with (folder / TOP / "huge").open("wb") as file:
        file.truncate(1 << 40)
    assert "more than 20 MiB" in refusal(folder).message


def test_too_many_files_and_too_deep_folders_are_refused(tmp_path: Path) -> None:
    deep = template(tmp_path / "deep", {f"{TOP}/{'a/' * elsewhere.DEEPEST}x": "text"})
    assert "deep" in refusal(deep).message
    many = template(tmp_path / "many", {f"{TOP}/a": "text"})
    for number in range(elsewhere.FILES):
        (many / TOP / str(number)).touch()
    assert "files" in refusal(many).message


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cookiecutter.__class__.__init__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__['os'].system('id') }}",
        "{{ ''|attr('__class__') }}{{ (''|attr('__class__')).__mro__ }}",
        "{{ '{0.__class__.__mro__}'.format('') }}",
        "{{ cookiecutter.update({'license': 'GPL'}) }}",
        "{% set _ = cookiecutter.paths.clear() %}",
        "{% include '/etc/passwd' %}",
        "{% import '/etc/passwd' as x %}",
        "{{ cookiecutter.not_there }}",
        "{{ 1 / 0 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ 'x' * 999999999999 }}",
        "{{ 999999999999 * [1] }}",
        "{% for i in range(999999999) %}{% endfor %}",
        "{{ unclosed",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    ],
)
def test_no_text_gets_out_of_the_sandbox(tmp_path: Path, text: str) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a.txt": text})
    assert "a.txt" in refusal(folder).message
    (folder / TOP / "a.txt").write_text("fine")
    (folder / "cookiecutter.json").write_bytes(msgspec.json.encode(MANIFEST | {"more": text}))
    assert "more" in refusal(folder).message


def test_endless_loops_end() -> None:
    endless = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}"
    with pytest.raises(Exception, match=r"longer than 0\.2 s"), in_time(0.2):
        Sandbox().from_string(endless).render()


def test_a_variable_without_a_default_needs_an_answer(tmp_path: Path) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": "text"}, customer=None)
    assert "variable customer needs an answer" in refusal(folder).message


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        ({"_extensions": ["jinja2.ext.do"]}, "_extensions"),
        ({"_jinja2_env_vars": {"extensions": ["os"]}}, "_jinja2_env_vars"),
        ({"templates": {"a": {"path": "./a"}}}, "several templates"),
    ],
)
def test_what_a_manifest_may_not_ask_for(tmp_path: Path, manifest: dict[str, Any], told: str) -> None:
    assert told in refusal(template(tmp_path / "t", {f"{TOP}/a": "text"}, **manifest)).message


def test_a_template_needs_one_folder_for_the_app(tmp_path: Path) -> None:
    assert "0 folders" in refusal(template(tmp_path / "none", {"a/b": "text"})).message
    two = {f"{TOP}/a": "1", "{{cookiecutter.license}}/a": "2"}
    assert "2 folders" in refusal(template(tmp_path / "two", two)).message


VARIABLES: dict[str, Any] = {"customer": None, "port": 3000, "title": "{{ cookiecutter.license }} site"}
TEXT = "|".join(f"{{{{ cookiecutter.{name} }}}}" for name in ("customer", "license", "with_docs", "port"))


def answered(folder: Path, **answers: str) -> bytes:
    found = elsewhere_texts.render(elsewhere.read(folder), "shop", {"customer": "ACME", **answers})
    return found["a"][0]


def test_variables_are_what_is_set(tmp_path: Path) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": TEXT + "|{{ cookiecutter.title }}"}, **VARIABLES)
    assert answered(folder) == b"ACME|MIT|True|3000|MIT site"
    given = answered(folder, license="BSD", with_docs="no", port="80", title="Öl, No. 1: a/b")
    assert given == "ACME|BSD|False|80|Öl, No. 1: a/b".encode()
    assert answered(folder, license="BSD").endswith(b"BSD site")


@pytest.mark.parametrize(
    ("name", "value", "told", "hint"),
    [
        ("licence", "BSD", "no variable 'licence'", "did you mean license?"),
        ("project_name", "x", "is the app's name", "create NAME"),
        ("_copy_without_render", "x", "no variable", "its variables: project_slug, license"),
        ("license", "GPL", "'GPL' is no choice", "choose of MIT, BSD"),
        ("with_docs", "maybe", "yes or no", "with_docs=yes"),
        ("port", "exit", "is a number", "3000"),
        ("paths", "x", "is a mapping", ""),
        ("title", "x" * 501, "more than 500", ""),
    ],
)
def test_what_is_set_has_to_fit_the_variable(
    tmp_path: Path, name: str, value: str, told: str, hint: str
) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": TEXT}, **VARIABLES)
    with pytest.raises(TemplateRefused, match=told) as refused:
        answered(folder, **{name: value})
    assert hint in refused.value.hint


@pytest.mark.parametrize(
    "char", [*"'\"`\\$(){}[]<>;|&#%*?!=^~\n\r\t\0", "\u2028", "\x85", "\u202e", "\ud800"]
)
def test_nothing_that_is_set_can_become_code(tmp_path: Path, char: str) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": TEXT}, **VARIABLES)
    with pytest.raises(TemplateRefused, match=r"has .* in it"):
        answered(folder, title=f"a{char}b")


def test_what_is_set_gets_into_hooks_and_never_out_of_the_folder(tmp_path: Path) -> None:
    files = {
        f"{TOP}/{{{{cookiecutter.title}}}}": "1",
        "hooks/post_gen_project.py": HOOK.replace("project_slug", "title"),
    }
    read = elsewhere.read(template(tmp_path / "t", files, **VARIABLES))
    texts = elsewhere_texts.Texts(read, "shop", {"customer": "ACME", "title": "fine"})
    hooks.run(read, texts, hooks.AFTER, tmp_path)
    assert (tmp_path / "made").read_text() == "fine"
    for way in ("..", "../x", "/etc/x", "a/b"):
        with pytest.raises(TemplateRefused, match="would be written"):
            elsewhere_texts.render(read, "shop", {"customer": "ACME", "title": way})


# Hooks --------------------------------------------------------------------------------------------------

HOOK = "from pathlib import Path\nPath('made').write_text('{{ cookiecutter.project_slug }}')\n"


def test_hooks_need_the_hash_of_all_that_the_template_has(tmp_path: Path) -> None:
    folder = template(tmp_path / "t", {f"{TOP}/a": "1", "hooks/post_gen_project.py": HOOK})
    read = elsewhere.read(folder)
    with pytest.raises(TemplateRefused, match=r"hooks/post_gen_project\.py") as refused:
        hooks.refuse_unless_allowed(read, ("sha256:" + "0" * 64,))
    assert read.hash in refused.value.message
    assert f'allowed_hooks = ["{read.hash}"]' in refused.value.hint
    hooks.refuse_unless_allowed(read, (read.hash,))
    (folder / TOP / "a").write_text("2")
    with pytest.raises(TemplateRefused):
        hooks.refuse_unless_allowed(elsewhere.read(folder), (read.hash,))


def test_a_hook_runs_in_the_new_folder_with_its_text_rendered(tmp_path: Path) -> None:
    read = elsewhere.read(template(tmp_path / "t", {f"{TOP}/a": "1", "hooks/post_gen_project.py": HOOK}))
    (tmp_path / "new").mkdir()
    hooks.run(read, elsewhere_texts.Texts(read, "shop"), hooks.BEFORE, tmp_path / "new")
    assert not (tmp_path / "new" / "made").exists()
    hooks.run(read, elsewhere_texts.Texts(read, "shop"), hooks.AFTER, tmp_path / "new")
    assert (tmp_path / "new" / "made").read_text() == "shop"


def test_a_hook_does_not_see_the_daemons_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "secret")
    script = "#!/bin/sh\nenv >seen\n"
    read = elsewhere.read(template(tmp_path / "t", {f"{TOP}/a": "1", "hooks/pre_gen_project.sh": script}))
    hooks.run(read, elsewhere_texts.Texts(read, "shop"), hooks.BEFORE, tmp_path)
    assert "secret" not in (tmp_path / "seen").read_text()


@pytest.mark.parametrize("script", ["raise SystemExit('no such thing')", "1 / 0"])
def test_a_hook_that_fails_is_told_with_what_it_said(tmp_path: Path, script: str) -> None:
    read = elsewhere.read(template(tmp_path / "t", {f"{TOP}/a": "1", "hooks/pre_gen_project.py": script}))
    with pytest.raises(TemplateRefused, match=r"no such thing|ZeroDivisionError"):
        hooks.run(read, elsewhere_texts.Texts(read, "shop"), hooks.BEFORE, tmp_path)


def test_a_hook_that_never_ends_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "HOOK_S", 0.5)
    script = "#!/bin/sh\nsleep 600 & echo $! >child; wait\n"
    read = elsewhere.read(template(tmp_path / "t", {f"{TOP}/a": "1", "hooks/pre_gen_project.sh": script}))
    with pytest.raises(TemplateRefused, match="took longer"):
        hooks.run(read, elsewhere_texts.Texts(read, "shop"), hooks.BEFORE, tmp_path)
    child = int((tmp_path / "child").read_text())
    state = Path(f"/proc/{child}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
