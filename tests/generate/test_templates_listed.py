"""Templates are found by name; an unknown one is an error that lists those there are."""

from pathlib import Path

import pytest

from dataforms.check import problems_in
from protoddfd.errors import TemplateFailed, TemplateUnknown
from protoddfd.generate.beside import copy_beside
from protoddfd.generate.template import template_named, template_path, templates

TEMPLATES = Path(__file__).parent.parent.parent / "templates"


def test_the_data_app_says_what_it_is() -> None:
    [data_app] = [info for info in templates(TEMPLATES) if info.name == "data_app"]
    assert data_app.title == "Data app"
    assert "form" in data_app.description
    assert data_app.source == str(TEMPLATES / "data_app")


def test_a_template_without_a_title_is_called_after_its_folder(tmp_path: Path) -> None:
    (tmp_path / "my_own").mkdir()
    (tmp_path / "my_own" / "cookiecutter.json").write_text('{"name": "app"}')
    (tmp_path / "notes").mkdir()
    [info] = templates(tmp_path)
    assert (info.name, info.title, info.description) == ("my_own", "My own", "")


def test_a_template_is_found_by_its_name() -> None:
    assert template_path(TEMPLATES, "data_app") == TEMPLATES / "data_app"


@pytest.mark.parametrize("name", ["blog", "", "../templates/data_app", "data_app/", "DATA_APP"])
def test_an_unknown_template_is_an_error_that_lists_the_known(name: str) -> None:
    with pytest.raises(TemplateUnknown) as refused:
        template_path(TEMPLATES, name)
    assert "data_app" in refused.value.hint


def test_a_folder_without_templates_says_so(tmp_path: Path) -> None:
    with pytest.raises(TemplateUnknown) as refused:
        template_path(tmp_path / "nowhere", "data_app")
    assert "holds no template" in refused.value.hint


def test_a_manifest_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "cookiecutter.json").write_text("{")
    with pytest.raises(TemplateFailed, match=r"cookiecutter\.json"):
        templates(tmp_path)


# Starters -----------------------------------------------------------------------------------------------

EXAMPLES = TEMPLATES.parent / "examples"


@pytest.mark.parametrize("example", sorted(path.stem for path in EXAMPLES.glob("*.json")))
def test_every_example_is_a_starter_and_is_written_once(example: str) -> None:
    starter = template_named(TEMPLATES, example)
    assert starter.is_starter
    assert not starter.takes_spec
    assert Path(starter.source).resolve() == EXAMPLES / f"{example}.json"
    assert all(entity.fields for entity in starter.entities)
    assert Path(starter.picture).resolve() == TEMPLATES.parent / "docs" / "pictures" / f"{example}.png"


def test_the_data_app_comes_first_and_starters_last() -> None:
    names = [info.name for info in templates(TEMPLATES)]
    assert names[:3] == ["data_app", "dashboard", "blank"]
    assert names[3:] == sorted(names[3:])


@pytest.mark.parametrize("starter", [info.name for info in templates(TEMPLATES) if info.is_starter])
def test_every_starter_has_a_spec_without_faults(starter: str) -> None:
    spec, problems = problems_in(template_path(TEMPLATES, starter).read_bytes())
    assert spec is not None
    assert (spec.name, problems) == (starter, ())


def test_a_folder_goes_before_a_starter_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "crm").mkdir()
    (tmp_path / "crm" / "cookiecutter.json").write_text('{"name": "app", "_takes_spec": false}')
    (tmp_path / "crm.json").write_text('{"title": "Other"}')
    [info] = templates(tmp_path)
    assert (info.is_starter, info.takes_spec) == (False, False)


def test_a_starter_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(TemplateFailed, match=r"broken\.json"):
        templates(tmp_path)


def test_the_files_beside_a_starter_go_into_its_app(tmp_path: Path) -> None:
    spec = tmp_path / "shop.json"
    copy_beside(spec, tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "shop" / "months").mkdir(parents=True)
    (tmp_path / "shop" / "months" / "may.csv").write_text("a,b\n")
    copy_beside(spec, tmp_path / "app")
    assert (tmp_path / "app" / "sources" / "months" / "may.csv").read_text() == "a,b\n"
    (tmp_path / "shop" / "link.csv").symlink_to("/etc/passwd")
    with pytest.raises(TemplateFailed, match=r"link\.csv: it is no ordinary file"):
        copy_beside(spec, tmp_path / "other")


def test_every_file_that_a_starter_reads_is_beside_it() -> None:
    for starter in (info for info in templates(TEMPLATES) if info.is_starter):
        spec, _ = problems_in(Path(starter.source).read_bytes())
        assert spec is not None
        places = [sync.from_.place for sync in spec.syncs if sync.from_.place is not None]
        beside = Path(starter.source).with_suffix("")
        assert [each for each in places if not (beside / each.removeprefix("sources/")).exists()] == []
