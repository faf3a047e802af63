"""Which apps share a bundle: those whose pages are the same, whatever they are called and hold."""

from pathlib import Path

import pytest

from protoddfd.errors import BundleFailed
from protoddfd.generate import bundle
from protoddfd.generate.render import render

SPEC = b'{"name":"x","title":"X","entities":[]}'


def app(tmp_path: Path, name: str, spec: bytes = SPEC) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    render(bundle.TEMPLATE, folder, name, spec)
    return folder


def test_apps_of_any_name_and_spec_share_the_template_s_bundle(tmp_path: Path) -> None:
    crm = app(tmp_path, "crm")
    shop = app(tmp_path, "shop", b'{"name":"shop","title":"Shop","entities":[],"description":"Other"}')
    assert bundle.digest(crm) == bundle.digest(shop) == bundle.template_digest()


def test_comments_and_records_do_not_count(tmp_path: Path) -> None:
    crm = app(tmp_path, "crm")
    module = crm / "crm_app" / "crm.py"
    (crm / "data" / "app.db").write_bytes(b"rows")
    (crm / "dataforms" / "__pycache__").mkdir(exist_ok=True)
    (crm / "dataforms" / "__pycache__" / "x.pyc").write_bytes(b"")
    module.write_text("# a comment\nfrom dataforms.app import create_app\n\napp = create_app()\n")
    assert bundle.digest(crm) == bundle.template_digest()


@pytest.mark.parametrize(
    "changed", ["dataforms/ui/home.py", "dataforms/ui/styles/00_base.css", "crm_app/crm.py"]
)
def test_a_changed_page_makes_another_bundle(tmp_path: Path, changed: str) -> None:
    crm = app(tmp_path, "crm")
    file = crm / changed
    file.write_text(file.read_text() + "\nextra = 1\n")
    assert bundle.digest(crm) != bundle.template_digest()


def test_an_app_of_its_own_pages_shares_with_none_of_another_name(tmp_path: Path) -> None:
    digests = []
    for name in ("crm", "shop"):
        folder = app(tmp_path, name)
        module = folder / f"{name}_app" / f"{name}.py"
        module.write_text(module.read_text() + "\nextra = 1\n")
        digests.append(bundle.digest(folder))
    assert digests[0] != digests[1]


def test_a_changed_configuration_makes_another_bundle(tmp_path: Path) -> None:
    crm = app(tmp_path, "crm")
    config = crm / "rxconfig.py"
    config.write_text(config.read_text().replace('("crm")', '("crm", frontend_path="/crm")'))
    assert bundle.digest(crm) != bundle.template_digest()


def test_there_is_no_bundle_before_it_is_built(tmp_path: Path) -> None:
    assert bundle.path(tmp_path, "0" * 32) is None


@pytest.mark.e2e
def test_an_app_that_does_not_compile_says_why_and_leaves_no_bundle(tmp_path: Path) -> None:
    crm = app(tmp_path, "crm")
    (crm / "crm_app" / "crm.py").write_text("raise RuntimeError('the reason')\n")
    wanted = bundle.digest(crm)
    with pytest.raises(BundleFailed, match="the reason"):
        bundle.build(crm, tmp_path / "cache", wanted, lambda step: None)
    assert bundle.path(tmp_path / "cache", wanted) is None
    assert list((tmp_path / "cache" / "tmp").iterdir()) == []


def test_a_plain_app_has_a_bundle_of_its_own_made_of_all_but_its_data(tmp_path: Path) -> None:
    blank = bundle.TEMPLATE.parent / "blank"
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        render(blank, tmp_path / name, name, None)
        made.append(bundle.digest(tmp_path / name))
    assert len({*made, bundle.template_digest()}) == 3
    one = tmp_path / "one"
    for unrelated in ("data/app.db", ".venv/x.py", ".states/y", "one_app/__pycache__/z.pyc"):
        (one / unrelated).parent.mkdir(parents=True, exist_ok=True)
        (one / unrelated).write_text("x")
    assert bundle.digest(one) == made[0]
    (one / "one_app" / "more.py").write_text("x = 1\n")
    assert bundle.digest(one) != made[0]
