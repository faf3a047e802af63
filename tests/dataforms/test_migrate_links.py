"""Changed specs and the links of references fields, over SQLite: renamed, converted, gone and back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from migrating import Folder, app, entity, field

from dataforms.migrate.files import read_migrations
from dataforms.migrate.run import Consent
from dataforms.spec import AppSpec, Entity, Field, Relation, encode

TAG = entity("Tag", field("name"))
POST = entity("Post", field("title"), field("tags", "references", target="Tag"))


@pytest.fixture
def linked(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path, app(POST, TAG))
    folder.fill(
        Tag=[{"name": "x"}, {"name": "y"}, {"name": "z"}],
        Post=[{"title": "a", "tags": [1, 3]}, {"title": "b", "tags": [2]}, {"title": "c"}],
    )
    yield folder
    folder.migrations.close()


def with_tags(*more: Field, name: str = "Post", **attributes: object) -> Entity:
    """Return the entity of posts with the other fields in place of its tags."""
    return entity(name, POST.fields[0], *more, **attributes)


@pytest.mark.e2e
def test_links_go_and_come_back_with_the_records_that_are_still_there(linked: Folder) -> None:
    spec = app(with_tags(), TAG)
    plan = linked.plan(spec)
    assert [(each.kind, each.name, each.rows) for each in plan.losses] == [("removed", "Post.tags", 2)]
    assert linked.column("Post", "tags") == [(1, 3), (2,), None]
    linked.make(spec)
    database = linked.database()
    database.delete("Tag", 3)
    database.insert("Post", {"title": "d"})
    database.close()
    linked.down()
    assert linked.column("Post", "tags") == [(1,), (2,), None, None]
    linked.fill(Post=[{"title": "e", "tags": [1, 2]}])
    linked.migrations.up(read_migrations(linked.path)[1], Consent(lossy=True))
    assert linked.column("Post", "title") == ["a", "b", "c", "d", "e"]


@pytest.mark.e2e
def test_a_renamed_field_entity_or_target_takes_the_links_along(linked: Folder) -> None:
    labels = field("labels", "references", target="Label")
    spec = app(with_tags(labels, name="Article"), entity("Label", *TAG.fields))
    renames = {"Post": "Article", "Tag": "Label", "Post.tags": "labels"}
    linked.make(spec, renames, yes=False)
    assert linked.column("Article", "labels") == [(1, 3), (2,), None]
    with closing(sqlite3.connect(linked.path / "data" / "app.db")) as raw:
        (sql,) = raw.execute("SELECT sql FROM sqlite_master WHERE name = 'article__labels'").fetchone()
        indexes = {row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert all(part in sql.replace('"', "") for part in ("article_id", "REFERENCES article", "label_id"))
    assert "ix_article__labels_label_id" in indexes
    linked.down()
    assert linked.column("Post", "tags") == [(1, 3), (2,), None]


@pytest.mark.e2e
def test_of_several_references_one_reference_keeps_the_first(linked: Folder) -> None:
    spec = app(with_tags(field("tags", "reference", target="Tag")), TAG)
    plan = linked.plan(spec)
    assert [(each.kind, each.name, each.rows) for each in plan.losses] == [("altered", "Post.tags", 1)]
    linked.make(spec)
    assert linked.column("Post", "tags") == [1, 2, None]
    database = linked.database()
    database.update("Post", 2, {"tags": 3})
    database.close()
    linked.down()
    assert linked.column("Post", "tags") == [(1, 3), (3,), None]


@pytest.mark.e2e
def test_references_to_another_entity_become_empty_and_come_back(linked: Folder) -> None:
    other = entity("Person", field("name"))
    spec = app(with_tags(field("tags", "references", target="Person")), TAG, other)
    assert [(each.kind, each.rows) for each in linked.plan(spec).losses] == [("lost", 2)]
    linked.make(spec)
    linked.fill(Person=[{"name": "Ada"}], Post=[{"title": "d", "tags": [1]}])
    assert linked.column("Post", "tags") == [None, None, None, (1,)]
    linked.down()
    assert linked.column("Post", "tags") == [(1, 3), (2,), None, None]


@pytest.mark.e2e
def test_links_of_removed_entities_come_back_under_their_former_names(linked: Folder) -> None:
    spec = app(entity("Label", *TAG.fields))
    plan = linked.plan(spec, Tag="Label")
    assert [(each.kind, each.name, each.rows) for each in plan.losses] == [
        ("links", "Post.tags", 3), ("records", "Post", 3),
    ]  # fmt: skip
    linked.make(spec, {"Tag": "Label"})
    linked.down()
    assert linked.column("Post", "tags") == [(1, 3), (2,), None]


@pytest.mark.e2e
def test_the_field_of_a_relation_is_named_as_its_entity_is(tmp_path: Path) -> None:
    def spec(post: str, tag: str) -> AppSpec:
        related = (Relation(from_=post, to=tag, kind="m2m"),)
        return app(entity(post, *with_tags().fields), entity(tag, *TAG.fields), relations=related)

    folder = Folder(tmp_path, spec("Post", "Tag"))
    folder.fill(Tag=[{"name": "x"}], Post=[{"title": "a", "tag": [1]}])
    folder.make(spec("Article", "Label"), {"Post": "Article", "Tag": "Label"}, yes=False)
    assert folder.column("Article", "label") == [(1,)]
    own = app(entity("Article", field("title"), field("labels", "references", target="Label")),
              entity("Label", *TAG.fields))  # fmt: skip
    assert [each.name for each in folder.plan(own).questions] == ["Article.label"]
    folder.make(own, {"Article.label": "labels"}, yes=False)
    assert folder.column("Article", "labels") == [(1,)]
    folder.down()
    folder.down()
    assert folder.column("Post", "tag") == [(1,)]
    folder.migrations.close()


@pytest.mark.e2e
def test_what_follows_from_other_values_comes_and_goes_freely(linked: Folder) -> None:
    posts = field("posts", "children", target="Post", via="tags")
    loud = field("loud", "computed", expression="upper(title)")
    more = app(with_tags(POST.fields[1], loud), entity("Tag", *TAG.fields, posts))
    linked.make(more, yes=False)
    assert (linked.column("Tag", "posts"), linked.column("Post", "loud")) == ([1, 1, 1], ["A", "B", "C"])
    plan = linked.make(app(POST, TAG), yes=False)
    assert {told.change for told in plan.changes} == {"is removed"}
    renamed = entity(
        "Post", field("head"), POST.fields[1], field("loud", "computed", expression="upper(head)")
    )
    linked.make(more, yes=False)
    linked.make(app(renamed, TAG), {"Post.title": "head"}, yes=False)
    assert linked.column("Post", "loud") == ["A", "B", "C"]


def test_records_without_required_links_are_counted_and_stay(linked: Folder) -> None:
    required = field("tags", "references", target="Tag", required=True, max=1)
    plan = linked.plan(app(with_tags(required), TAG))
    assert {(each.kind, each.name, each.rows) for each in plan.losses} == {
        ("breaks", "Post.tags", 1), ("unlinked", "Post.tags", 1),
    }  # fmt: skip


@pytest.mark.e2e
def test_the_tests_of_an_app_hold_it_to_its_new_spec(linked: Folder) -> None:
    promises = linked.path / "tests" / "appspec.json"
    promises.parent.mkdir()
    promises.write_bytes(encode(app(POST, TAG)))
    linked.make(app(with_tags(POST.fields[1], field("note")), TAG))
    assert promises.read_bytes() == (linked.path / "appspec.json").read_bytes()
