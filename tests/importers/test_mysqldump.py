"""What a real mysqldump writes of every type that there is, in the ways that it can be told to."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from importing import loaded, types
from mariadb import MariaDb, mariadb
from pictures import RED

from dataforms.files import Files
from dataforms.typerow import Attachment
from protoddfd.importers import Proposal, Source, propose

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SHOP = r"""
create table maker(id int unsigned not null auto_increment primary key, name varchar(60) not null unique,
  country char(2) default 'DE' comment 'ISO code') comment='Who makes it';
create table thing(
  id bigint not null auto_increment primary key, maker_id int unsigned, big bigint unsigned,
  price decimal(10,2) unsigned not null default 0.00, ratio double, flag bit(1), bits bit(8),
  ok tinyint(1) not null default 1, day date, made year, at datetime(6), code char(8) character set latin1,
  note text, uid binary(16), tag varbinary(20), photo mediumblob, extra json,
  mood enum('','it''s "ok"','bad\\good') not null default '', spot point,
  twice decimal(12,2) generated always as (price*2) stored, thrice decimal(12,2) as (price*3) virtual,
  addr inet6, `odd ``name` int,
  constraint f foreign key (maker_id) references maker(id) on delete set null on update cascade,
  key k(day), fulltext key ft(note), check (price >= 0));
insert into maker(name, country) values ('Änna & Co', 'AT'), ('O''Neil; -- x', 'US'), ('back\\slash', null);
insert into thing(maker_id, big, price, ratio, flag, bits, ok, day, made, at, code, note, uid, tag, photo,
  extra, mood, spot, addr, `odd ``name`) values
 (1, 9, 12.50, 0.1, b'1', b'10100000', 1, '2024-02-29', 2024, '2024-01-02 03:04:05', 'AB12',
  'line1\nline2\t"q" \\ ''x'' 😀', unhex('000102030405060708090a0b0c0d0e0f'), 'plain text', unhex('%s'),
  '{"a": [1]}', 'it''s "ok"', point(1,2), '2001:db8::1', 7),
 (2, null, 0, null, b'0', b'00110001', 0, null, 1999, null, null, '', null, 'x', null, null, '', null,
  null, null),
 (null, 1, 3.99, 1e-5, null, null, 1, '1999-12-31', null, '1999-01-01', 'é', null, null, null, null, '[]',
  'bad\\good', null, '::', -1);
create table old(a int, b varchar(9)) with system versioning;
insert into old values (1, 'x'), (2, 'y'); update old set b = 'z' where a = 1;
create view cheap as select * from thing where price < 5;
create sequence numbers start with 5;
delimiter ;;
create trigger t before insert on thing for each row begin insert into maker(name) values ('no; no'); end;;
create procedure p() begin insert into maker(name) values ('never'); end;;
delimiter ;
""" % RED.hex()  # noqa: UP031 -- it has braces
NOTE = "line1\nline2\t\"q\" \\ 'x' 😀"


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as made:
        made.run(SHOP.encode(), "shop")
        yield made


def proposed(folder: Path, *paths: Path) -> Proposal:
    sources = [Source(name=path.name, path=str(path), files=str(folder / "files")) for path in paths]
    return propose(sources, name="shop", title="Shop", scratch=folder / "scratch")


def check(made: Proposal, folder: Path) -> None:
    found = types(made, "Thing")
    assert found == {
        "maker": "reference", "big": "integer", "price": "decimal", "ratio": "decimal", "flag": "boolean",
        "bits": "integer", "ok": "boolean", "day": "date", "made": "integer", "at": "datetime",
        "code": "text",
        "note": "long_text", "uid": "file", "tag": "text", "photo": "image", "extra": "json", "mood": "enum",
        "spot": "file", "twice": "decimal", "thrice": "decimal", "addr": "text", "odd_name": "integer",
    }  # fmt: skip
    records, report = loaded(made, folder)
    assert report.misfits == 0
    assert [row["name"] for row in records["Maker"]] == ["Änna & Co", "O'Neil; -- x", "back\\slash"]
    assert [(row["a"], row["b"]) for row in records["Old"]] == [(1, "z"), (2, "y")]
    one, two, three = records["Thing"]
    assert [row["maker"] for row in (one, two, three)] == [1, 2, None]
    assert [(row["flag"], row["bits"]) for row in (one, two, three)] == [
        (True, 160),
        (False, 49),
        (None, None),
    ]
    assert (one["note"], one["tag"], one["extra"], one["mood"]) == (
        NOTE,
        "plain text",
        {"a": [1]},
        'it\'s "ok"',
    )
    assert [float(str(one[name])) for name in ("price", "twice", "thrice", "odd_name")] == [12.5, 25, 37.5, 7]
    assert (one["day"], three["mood"], three["code"]) == (datetime.date(2024, 2, 29), "bad\\good", "é")
    photo, uid = one["photo"], one["uid"]
    assert isinstance(photo, Attachment)
    assert isinstance(uid, Attachment)
    assert Files(folder / "files").path(photo.digest).read_bytes() == RED
    assert Files(folder / "files").path(uid.digest).read_bytes() == bytes(range(16))


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--hex-blob"],
        ["--skip-extended-insert"],
        ["--complete-insert", "--triggers", "--routines", "--events"],
        ["--insert-ignore", "--skip-opt", "--quick"],
        ["--replace", "--single-transaction", "--skip-add-locks", "--skip-comments"],
    ],
)
def test_every_value_is_what_it_was(server: MariaDb, tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "shop.sql").write_bytes(server.dump("shop", *options))
    check(proposed(tmp_path, tmp_path / "shop.sql"), tmp_path)


def test_schema_and_data_are_one_database(server: MariaDb, tmp_path: Path) -> None:
    (tmp_path / "data.sql").write_bytes(server.dump("shop", "--no-create-info"))
    (tmp_path / "schema.sql").write_bytes(server.dump("shop", "--no-data"))
    check(proposed(tmp_path, tmp_path / "data.sql", tmp_path / "schema.sql"), tmp_path)
