"""Fields of type references: pairs in a table of their own, seen from both sides, on both databases."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataforms.access import Access
from dataforms.check import problems
from dataforms.database import Database, Query
from dataforms.errors import LoadFailed, RecordInUse, RecordInvalid
from dataforms.relations import related
from dataforms.spec import AppSpec, Entity, Field, Permission, Relation, Role

SPEC = AppSpec(
    name="blog",
    title="Blog",
    entities=(
        Entity(
            name="Post",
            title="Post",
            plural="Posts",
            fields=(
                Field(name="title", title="Title", type="text", required=True),
                Field(name="tags", title="Tags", type="references", target="Tag", max=4),
                Field(name="needs", title="Needs", type="references", target="Post"),
                Field(name="weight", title="Weight", type="computed", expression="sum(tags.weight)"),
                Field(name="number", title="Number", type="computed", expression="count(tags)"),
            ),
        ),
        Entity(
            name="Tag",
            title="Tag",
            plural="Tags",
            fields=(
                Field(name="name", title="Name", type="text", required=True),
                Field(name="weight", title="Weight", type="integer"),
                Field(name="posts", title="Posts", type="children", target="Post", via="tags"),
                Field(name="used", title="Used", type="computed", expression="count(posts) > 0"),
            ),
        ),
        Entity(
            name="Album",
            title="Album",
            fields=(
                Field(name="name", title="Name", type="text"),
                Field(name="tags", title="Tags", type="references", target="Tag", required=True),
            ),
        ),
    ),
    relations=(Relation(from_="Album", to="Post", kind="m2m"), Relation(from_="Post", to="Tag", kind="m2m")),
    roles=(
        Role(
            name="light",
            title="Light",
            permissions=(
                Permission(entity="Post", update=True, delete=True),
                Permission(entity="Tag", condition="weight < 10"),
            ),
        ),
    ),
)
TAGS = {"red": 1, "green": 2, "blue": 30}


def filled(url: str) -> Database:
    database = Database(SPEC, url)
    database.create()
    for name, weight in TAGS.items():
        database.insert("Tag", {"name": name, "weight": weight})
    return database


@pytest.fixture
def blog(sqlite_url: str) -> Iterator[Database]:
    database = filled(sqlite_url)
    yield database
    database.close()


@pytest.fixture
def elsewhere(postgresql_url: str) -> Iterator[Database]:
    database = filled(postgresql_url)
    yield database
    database.close()


def value(database: Database, entity: str, id: int, field: str) -> object:
    record = database.get(entity, id)
    assert record is not None
    return record.values[field]


def behaves(database: Database) -> None:
    """Write, read, search, compute and load links."""
    red, green, blue = (database.keys("Tag", "name")[name] for name in TAGS)
    post = database.insert("Post", {"title": "One", "tags": [blue, red, red]})
    record = database.get("Post", post)
    assert record is not None
    assert record.values["tags"] == (red, blue)
    assert record.labels["tags"] == "red, blue"
    assert (record.values["weight"], record.values["number"]) == (31, 2)
    assert value(database, "Tag", red, "posts") == 1
    assert value(database, "Tag", green, "used") is False

    database.update("Post", post, {"tags": f"[{green}]"})
    assert value(database, "Post", post, "tags") == (green,)
    database.update("Post", post, {"title": "First"})
    assert value(database, "Post", post, "weight") == 2
    assert [row.id for row in database.page("Post", Query(search="gree")).rows] == [post]
    assert database.page("Post", Query(search="red")).total == 0

    with pytest.raises(RecordInvalid, match="There is no Tag 999"):
        database.update("Post", post, {"tags": [red, 999]})
    with pytest.raises(RecordInvalid, match="at most 4"):
        database.update("Post", post, {"tags": [1, 2, 3, 4, 5]})

    last = max(database.keys("Post", "title").values())
    assert (
        database.load("Post", [{"title": "A", "tags": (red, green)}, {"title": "B", "needs": (post,)}]) == 2
    )
    a, b = (database.keys("Post", "title")[title] for title in "AB")
    assert last < a < b
    assert value(database, "Post", a, "tags") == (red, green)
    assert value(database, "Post", b, "needs") == (post,)
    with pytest.raises(LoadFailed):
        database.load("Post", [{"title": "C", "tags": (999,)}])
    assert "C" not in database.keys("Post", "title")
    database.delete("Post", post)
    assert value(database, "Post", b, "needs") is None
    database.update("Post", b, {"tags": None, "needs": [b]})
    assert value(database, "Post", b, "needs") == (b,)


def test_links_on_sqlite(blog: Database) -> None:
    behaves(blog)


@pytest.mark.e2e
def test_links_on_postgresql(elsewhere: Database) -> None:
    behaves(elsewhere)


def test_the_spec_is_right_and_a_relation_without_a_field_gets_one() -> None:
    assert problems(SPEC) == ()
    album, post = (related(SPEC).entity(name) for name in ("Album", "Post"))
    assert [field.name for field in album.fields] == ["name", "tags", "post"]
    assert post == SPEC.entity("Post")


def test_a_deleted_record_is_unlinked_and_told_but_where_it_is_needed(blog: Database) -> None:
    red, green, _ = (blog.keys("Tag", "name")[name] for name in TAGS)
    post = blog.insert("Post", {"title": "One", "tags": [red, green]})
    album = blog.insert("Album", {"name": "Sea", "tags": [red]})
    with pytest.raises(RecordInUse, match="1 Album uses this Tag"):
        blog.delete("Tag", red)
    blog.update("Album", album, {"tags": [red, green]})
    assert blog.delete("Tag", red).unlinked == {"Post": 1, "Album": 1}
    assert value(blog, "Post", post, "tags") == (green,)


def test_links_to_what_an_account_does_not_see_stay(blog: Database) -> None:
    red, green, blue = (blog.keys("Tag", "name")[name] for name in TAGS)
    post = blog.insert("Post", {"title": "One", "tags": [red, blue]})
    light = blog.acting(Access(me="lu", roles=("light",)))
    assert value(light, "Post", post, "tags") == (red,)
    light.update("Post", post, {"tags": [green]})
    assert value(light, "Post", post, "tags") == (green,)
    assert value(blog, "Post", post, "tags") == (green, blue)


def test_a_form_computes_with_what_is_picked_and_not_stored(blog: Database) -> None:
    red, _, blue = (blog.keys("Tag", "name")[name] for name in TAGS)
    assert blog.standing("Post", {"title": "New", "tags": (red, blue)}).computed["weight"] == 31


def test_a_table_of_pairs_is_made_where_tables_are(url: str) -> None:
    fields = tuple(each for each in SPEC.entity("Post").fields if each.type == "text")
    plain = Entity(name="Post", title="Post", fields=fields)
    before = Database(AppSpec(name="b", title="B", entities=(plain,)), url)
    before.create()
    id = before.insert("Post", {"title": "Old"})
    before.close()
    after = Database(SPEC, url)
    after.create()
    red = after.insert("Tag", {"name": "red"})
    after.update("Post", id, {"tags": [red]})
    assert value(after, "Post", id, "tags") == (red,)
    after.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=6)
@given(st.lists(st.sets(st.integers(1, 3)), min_size=1, max_size=4))
def test_whatever_is_written_last_is_linked(blog: Database, writes: list[set[int]]) -> None:
    post = blog.insert("Post", {"title": "One"})
    for tags in writes:
        blog.update("Post", post, {"tags": list(tags)})
    assert value(blog, "Post", post, "tags") == (tuple(sorted(writes[-1])) or None)
