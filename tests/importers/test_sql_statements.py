"""SQL that makes tables, as different databases write it; conditions as rules."""

from pathlib import Path

import pytest
from importing import field, loaded, proposed, types

from dataforms.expression import parse
from protoddfd.importers import ImportRefused
from protoddfd.importers.kinds.sql_checks import Formula, Limits, NotUnderstood, understood
from protoddfd.importers.kinds.sql_types import default_of, said_by

POSTGRES = """
-- a dump; with a semicolon
CREATE TYPE public.mood AS ENUM ('sad', 'it''s ok');
CREATE TABLE public.author (id integer NOT NULL, name character varying(80) NOT NULL,
  mood public.mood);
/* and ; here */
CREATE TABLE public.book (
    isbn character(13) NOT NULL, title text DEFAULT 'a;b'::text, author_id integer, price numeric(8,2),
    CONSTRAINT positive CHECK ((price > (0)::numeric)));
ALTER TABLE ONLY public.author ADD CONSTRAINT author_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.book ADD CONSTRAINT book_pkey PRIMARY KEY (isbn);
ALTER TABLE ONLY public.book ADD CONSTRAINT fk FOREIGN KEY (author_id) REFERENCES public.author(id);
CREATE UNIQUE INDEX one ON public.author USING btree (name);
COMMENT ON COLUMN public.book.isbn IS 'On the back';
CREATE VIEW public.cheap AS SELECT * FROM book;
INSERT INTO author VALUES (1, 'Ann; or Bob', NULL);
CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql;
"""
MYSQL = """
CREATE TABLE `order items` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `state` enum('new','it\\'s') NOT NULL DEFAULT 'new' COMMENT 'Where it is',
 
  `paid` tinyint(1) DEFAULT '0', PRIMARY KEY (`id`), UNIQUE KEY `u` (`state`, `paid`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;
"""
TSQL = """
CREATE TABLE [dbo].[Customers] (
 [CustomerID] INT IDENTITY(1,1) NOT NULL PRIMARY KEY, [Name] NVARCHAR(40) NOT NULL, [Photo] IMAGE)
GO
CREATE TABLE [dbo].[Orders] (
 [OrderID] INT NOT NULL PRIMARY KEY, [CustomerID] INT REFERENCES [dbo].[Customers]([CustomerID]))
GO
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_dump_of_postgresql_is_understood(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "library.sql", POSTGRES))
    assert types(made, "Author") == {"name": "text", "mood": "enum"}
    assert field(made, "Author", "mood").choices == ("sad", "it's ok")
    assert field(made, "Author", "name").unique
    assert types(made, "Book") == {
        "isbn": "text", "title": "long_text", "author": "reference", "price": "decimal",
    }  # fmt: skip
    assert field(made, "Book", "title").default == "a;b"
    assert field(made, "Book", "isbn").help == "On the back"
    assert [rule.expression for rule in made.spec.entity("Book").rules] == ["(price > 0)"]
    assert any("cheap is a view" in note for note in made.notes)
    assert [table.rows for table in made.tables if table.entity == "Author"] == [1]


def test_a_dump_of_mysql_is_understood(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "shop.sql", MYSQL))
    assert types(made, "Order Item") == {"state": "enum", "paid": "boolean"}
    state = field(made, "Order Item", "state")
    assert (state.choices, state.default, state.required, state.help) == (
        ("new", "it's"),
        "new",
        True,
        "Where it is",
    )
    assert made.spec.entities[0].rules[0].fields == ("state", "paid")


def test_a_script_of_sql_server_is_understood(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "shop.sql", TSQL))
    assert field(made, "Order", "customer").target == "Customer"
    assert types(made, "Customer") == {"name": "text"}


def test_statements_that_are_not_understood_are_named(tmp_path: Path) -> None:
    made = proposed(written(tmp_path / "x.sql", "CREATE TABLE a (b int, c text); CREATE TABLE zzz (((;"))
    assert [entity.name for entity in made.spec.entities] == ["A"]
    assert any("not understood" in note and "zzz" in note for note in made.notes)


def test_a_table_that_is_made_in_an_unknown_way_is_named_too(tmp_path: Path) -> None:
    made = proposed(
        written(tmp_path / "x.sql", "CREATE TABLE a (b int, c text); CREATE TABLE zzz b int, c text);")
    )
    assert any("not understood" in note and "zzz" in note for note in made.notes)


@pytest.mark.parametrize("text", ["SELECT 1;", "CREATE TABLE", ";;;", "-- nothing"])
def test_sql_without_tables_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ImportRefused, match="no CREATE TABLE"):
        proposed(written(tmp_path / "x.sql", text))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a BETWEEN 1 AND 5", [Limits(column="a", min=1, max=5)]),
        ("a >= 0 AND a <= 10.5", [Limits(column="a", min=0), Limits(column="a", max=10.5)]),
        ("0 <= a", [Limits(column="a", min=0)]),
        ("a >= -1", [Limits(column="a", min=-1)]),
        ("length(a) < 10", [Limits(column="a", max=9, length=True)]),
        ("a IN ('x', 'y')", [Limits(column="a", choices=("x", "y"))]),
        ("a = 'x' OR a = 'y'", [Limits(column="a", choices=("x", "y"))]),
        ("a IS NULL OR a >= 3", [Limits(column="a", min=3)]),
        ("a IS NOT NULL", []),
        ("a IS NOT NULL OR b > 1", 
         [Formula(columns=("a", "b"), expression="(({0} != empty) or ({1} > 1))")]),
        ("a > 0", [Formula(columns=("a",), expression="({0} > 0)")]),
        ("a < b", [Formula(columns=("a", "b"), expression="({0} < {1})")]),
        ("a = b", [Formula(columns=("a", "b"),
                           expression="((({0} == {1}) or {0} == empty) or {1} == empty)")]),
        ("NOT (a = 1)", [Formula(columns=("a",), expression="(not ({0} == 1))")]),
        ("a IN (1, 2)", [Formula(columns=("a",), expression="({0} in [1, 2] or {0} == empty)")]),
        ("a + b * 2 <= 10", [Formula(columns=("a", "b"), expression="(({0} + ({1} * 2)) <= 10)")]),
        ("upper(a) = a", [Formula(columns=("a",), expression="((upper({0}) == {0}) or {0} == empty)")]),
    ],
)  # fmt: skip
def test_conditions_become_limits_or_expressions(condition: str, expected: list[object]) -> None:
    found = list(understood(condition, "postgres"))
    assert found == expected
    for part in found:
        if isinstance(part, Formula):
            parse(part.expression.format(*part.columns))


@pytest.mark.parametrize(
    "condition", ["a GLOB 'x*'", "(SELECT 1)", "a ~ '^x'", "my_function(a)", "a >", "1 = 1"]
)
def test_what_an_app_has_no_words_for_is_not_guessed(condition: str) -> None:
    with pytest.raises(NotUnderstood):
        list(understood(condition, "sqlite"))


@pytest.mark.parametrize(
    ("written_type", "first", "maximum"),
    [
        ("VARCHAR(40)", "text", 40), ("NVARCHAR(MAX)", "long_text", None), ("TEXT", "long_text", None),
        ("INT UNSIGNED", "integer", None), ("TINYINT(1)", "boolean", None), ("NUMBER(5)", "integer", None),
        ("NUMERIC(10, 2)", "decimal", None), ("DOUBLE PRECISION", "decimal", None), ("MONEY", "money", None),
        ("TIMESTAMP WITH TIME ZONE", "datetime", None), ("INTERVAL", "duration", None),
        ("JSONB", "json", None),
        ("INTEGER[]", "json", None), ("UUID", "text", None), ("GEOMETRY(POINT, 4326)", "text", None),
    ],
)  # fmt: skip
def test_types_of_sql_have_types_of_an_app(written_type: str, first: str, maximum: int | None) -> None:
    said = said_by(written_type)
    assert (said.types[0], said.max) == (first, maximum)


@pytest.mark.parametrize(
    ("written_default", "kind", "value"),
    [
        ("'new'::character varying", "text", "new"), ("((0))", "integer", 0), ("0.5", "decimal", 0.5),
        ("CURRENT_TIMESTAMP", "datetime", "now"), ("now()", "date", "today"), ("true", "boolean", True),
        ("nextval('x'::regclass)", "integer", None), ("NULL", "text", None), ("'it''s'", "text", "it's"),
        ("gen_random_uuid()", "text", None),
    ],
)  # fmt: skip
def test_defaults_of_sql_have_values_of_an_app(written_default: str, kind: str, value: object) -> None:
    assert default_of(written_default, kind) == value  # type: ignore[arg-type]  # a type by its name


def test_a_database_that_declares_no_reference_gets_those_that_it_shows(tmp_path: Path) -> None:
    script = (
        "CREATE TABLE customer(id int PRIMARY KEY, name text, boss text);\n"
        "CREATE TABLE bill(id int PRIMARY KEY, customer_id int, number int, other text);\n"
        "INSERT INTO customer VALUES (7, 'Ann', 'Bo'), (8, 'Bo', NULL), (9, 'Cy', 'Bo');\n"
        "INSERT INTO bill VALUES (1, 9, 7, 'Ann'), (2, 7, 8, 'Bo'), (3, 7, 9, 'Cy');\n"
    )
    (tmp_path / "shop.sql").write_text(script)
    made = proposed(tmp_path / "shop.sql")
    assert types(made, "Bill") == {"customer": "reference", "number": "integer", "other": "text"}
    assert any("customer_id refers to Customer by its id" in note for note in made.notes)
    (tmp_path / "said.sql").write_text(
        script + "ALTER TABLE bill ADD FOREIGN KEY (number) REFERENCES customer(id);\n"
    )
    assert types(proposed(tmp_path / "said.sql"), "Bill")["customer_id"] == "integer"


ODD = """
CREATE TABLE `place` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `a,)b` varchar(9) DEFAULT 'x,)' COMMENT 'it''s',
  `spot` point NOT NULL /*!80003 SRID 0 */,
  `odd` wonder(3) STRANGE WORDS,
  PRIMARY KEY (`id`),
  SPATIAL KEY `s` (`spot`) SOMEHOW 'x',
  KEY `k` (`odd`)
) ENGINE=InnoDB COMMENT='Where' ODDLY=1;
INSERT INTO `place` VALUES (3,'q',NULL,'w');
"""


def test_one_odd_column_or_key_costs_no_table(tmp_path: Path) -> None:
    (tmp_path / "places.sql").write_text(ODD)
    made = proposed(tmp_path / "places.sql")
    assert types(made, "Place") == {"a_b": "text", "odd": "text"}
    assert made.spec.entity("Place").description == "Where"
    assert [note for note in made.notes if "not understood" in note] == [
        "places.sql: This statement was not understood, and left out: SPATIAL KEY `s` (`spot`) SOMEHOW 'x'"
    ]
    assert loaded(made, tmp_path)[0]["Place"] == [{"id": 3, "a_b": "q", "odd": "w"}]


def test_a_script_of_sql_server_is_understood_with_all_that_stands_in_it(tmp_path: Path) -> None:
    script = """
CREATE TABLE [dbo].[Order] ([ID] [int] IDENTITY (1, 1) NOT NULL,
  [Name] [varchar] (128) COLLATE Latin1_General_CI_AI NULL,
  [Text] [text] COLLATE Latin1_General_CI_AI NOT NULL, [Amount] [decimal](8, 2) NOT NULL, [On] [nvarchar](9)
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
GO
ALTER TABLE [dbo].[Order] WITH NOCHECK ADD
  CONSTRAINT [PK_Order] PRIMARY KEY CLUSTERED ([ID]) WITH (PAD_INDEX = OFF, FILLFACTOR = 90) ON [PRIMARY]
GO
ALTER TABLE [dbo].[Order] ADD CONSTRAINT [D1] DEFAULT ('ON [PRIMARY]') FOR [Name],
  CONSTRAINT [D2] DEFAULT ((1.5)) FOR [Amount]
GO
CREATE UNIQUE NONCLUSTERED INDEX [IX] ON [dbo].[Order]([Name]) ON [PRIMARY]
GO
INSERT [dbo].[Order] ([ID], [Name], [Text], [Amount])
  VALUES (1, N'a COLLATE b', N'ON [PRIMARY]', CAST(2.50 AS Decimal(8, 2)))
GO
"""
    (tmp_path / "orders.sql").write_text(script)
    made = proposed(tmp_path / "orders.sql")
    assert types(made, "Order") == {"name": "text", "text": "text", "amount": "decimal", "on": "text"}
    name, amount = field(made, "Order", "name"), field(made, "Order", "amount")
    assert (name.default, name.max, name.unique, amount.default) == ("ON [PRIMARY]", 128, True, 1.5)
    assert not any("not understood" in note for note in made.notes)
    row = loaded(made, tmp_path)[0]["Order"][0]
    assert (row["id"], row["name"], row["text"], str(row["amount"])) == (
        1,
        "a COLLATE b",
        "ON [PRIMARY]",
        "2.5",
    )
