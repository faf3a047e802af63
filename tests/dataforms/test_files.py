"""Files and images: what they are is found out, limits hold, and a file is had through its record only."""

import os
import struct
import time
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataforms.access import Access
from dataforms.answering import content_disposition, file_address, is_foreign
from dataforms.check import problems_in
from dataforms.database import Database
from dataforms.errors import FieldError, RecordInvalid
from dataforms.files import UNUSED_S, Files, picture_fault
from dataforms.routes import with_routes
from dataforms.sniffing import picture_size, sniffed
from dataforms.spec import AppSpec, Entity, Field, Permission, Role
from dataforms.typerow import Attachment
from dataforms.types import TYPES
from dataforms.types_file import MIB, safe_name

PAPER = Field(name="paper", title="Paper", type="file", accept=(".pdf", ".txt", ".docx"), max_mib=1)
PHOTO = Field(name="photo", title="Photo", type="image", max_mib=1)
SPEC = AppSpec(
    name="shop",
    title="Shop",
    entities=(
        Entity(
            name="Thing",
            title="Thing",
            fields=(
                Field(name="name", title="Name", type="text"),
                PAPER,
                PHOTO,
                Field(name="any", title="Any", type="file"),
                Field(name="secret", title="Secret", type="file", hidden=True),
                Field(name="fixed", title="Fixed", type="file", read_only=True),
            ),
        ),
    ),
    roles=(
        Role(
            name="reader",
            title="Reader",
            permissions=(Permission(entity="Thing", hidden=("paper",), condition='name == "mine"'),),
        ),
    ),
)


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    pixels = zlib.compress((b"\0" + b"\x40\x80\xc0" * width) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


JPEG = (
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xe1\0\6\xff\xc0\0\0"
    b"\xff\xc0\0\x11\x08\0\x05\0\x07\3\1\x22\0\2\x11\1\3\x11\1"
)
GIF = b"GIF89a\x04\0\x06\0\0\0\0;"
WEBP = {
    "lossy": b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x08\0\x09\0",
    "lossless": b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x07\x00\x02\x00",
    "extended": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x07\0\0\x08\0\0",
}


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


@pytest.fixture
def database(tmp_path: Path, files: Files) -> Any:
    database = Database(SPEC, f"sqlite:///{tmp_path}/app.db", files)
    database.create()
    yield database
    database.close()


@pytest.fixture
def client(database: Database, files: Files) -> httpx.AsyncClient:
    return client_of(database, files)


def client_of(database: Database, files: Files) -> httpx.AsyncClient:
    async def other(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"other"})

    app: Any = with_routes(other, lambda _: database, lambda: files)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")


def stored(files: Files, field: Field, name: str, content: bytes) -> Attachment:
    upload = files.receive(field, name)
    try:
        upload.write(content)
        return upload.finish()
    finally:
        upload.abandon()


async def send(client: httpx.AsyncClient, field: str, name: str, content: bytes, **headers: str) -> Any:
    headers = {"content-type": "application/octet-stream", **headers}
    return await client.post(
        f"/upload/thing/{field}", params={"name": name}, content=content, headers=headers
    )


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (png(), "a.png", "image/png"),
        (png(), "a.pdf", "image/png"),
        (JPEG, "a.jpg", "image/jpeg"),
        (b"%PDF-1.7\n", "a.txt", "application/pdf"),
        (b"hello", "a.txt", "text/plain"),
        (b"a,b\n", "a.CSV", "text/csv"),
        (b"", "a.txt", "text/plain"),
        (b"\xff\xfe\0\1", "a.txt", "application/octet-stream"),
        (b"caf\xe9", "a.txt", "application/octet-stream"),
        (b" <!DOCTYPE html><p>", "a.txt", "text/html"),
        (b"hello <script>alert(1)</script>", "a.txt", "text/plain"),
        (b"<svg onload='x'>", "a.png", "image/svg+xml"),
        (b"<?xml version='1.0'?><svg>", "a.svg", "image/svg+xml"),
        (b"PK\3\4rest", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\3\4rest", "a.jar", "application/zip"),
        (b"MZ\0", "photo.png", "application/vnd.microsoft.portable-executable"),
    ],
)
def test_a_type_is_found_by_the_contents(content: bytes, name: str, kind: str) -> None:
    assert sniffed(content, name) == kind


def test_a_letter_that_goes_on_behind_the_head_is_still_text() -> None:
    assert sniffed(b"a" * 65_535 + "ä".encode()[:1], "a.txt") == "text/plain"


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (png(3, 2), (3, 2)),
        (JPEG, (7, 5)),
        (GIF, (4, 6)),
        (WEBP["lossy"], (8, 9)),
        (WEBP["lossless"], (8, 9)),
        (WEBP["extended"], (8, 9)),
        (png(3, 2)[:20], None),
        (JPEG[:20], None),
        (GIF[:8], None),
        (b"GIF89a\0\0\0\0", None),
        (WEBP["lossy"][:20], None),
        (b"\xff\xd8" + b"\xff" * 50, None),
    ],
)
def test_a_picture_says_how_large_it_is(content: bytes, size: tuple[int, int] | None) -> None:
    assert picture_size(content) == size


@given(st.sampled_from([png(), JPEG, GIF, *WEBP.values()]), st.binary(max_size=40), st.integers(2, 30))
def test_a_damaged_header_is_no_reason_to_fail(content: bytes, junk: bytes, at: int) -> None:
    size = picture_size(content[:at] + junk)
    assert size is None or min(size) > 0


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe) <= 200
    assert not set(safe) & set("/\\\0\r\n")
    assert safe not in (".", "..")
    assert safe_name(safe) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("../" + "a" * 300 + ".pdf").endswith("a.pdf")


@given(st.text(min_size=1, max_size=80))
def test_a_header_names_a_file_safely_whatever_its_name(name: str) -> None:
    header = content_disposition("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    plain, _, real = header.removeprefix('attachment; filename="').partition('"')
    assert "\\" not in plain
    if real:
        assert unquote(real.removeprefix("; filename*=UTF-8''")) == name.encode(errors="replace").decode()


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"origin": "http://shop", "host": "shop"}, False),
        ({"origin": "https://shop:81", "host": "shop:81"}, False),
        ({"origin": "http://shop", "host": "shop:81"}, True),
        ({"origin": "null", "host": "shop"}, True),
        ({"origin": "http://evil", "host": "shop"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "same-origin"}, False),
    ],
)
def test_whose_page_asks_is_seen(headers: dict[str, str], foreign: bool) -> None:
    assert is_foreign(headers) is foreign


def test_equal_contents_are_kept_once_under_their_digest(files: Files, tmp_path: Path) -> None:
    one = stored(files, PAPER, "one.txt", b"same")
    two = stored(files, PAPER, "C:\\two.txt", b"same")
    assert (one.digest, one.name, two.name) == (two.digest, "one.txt", "two.txt")
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file() and path.name != ".lock"] == [
        files.path(one.digest)
    ]
    assert files.path(one.digest).relative_to(tmp_path / "files").parts[:2] == (
        one.digest[:2],
        one.digest[2:4],
    )


@pytest.mark.parametrize(
    ("field", "name", "content", "message"),
    [
        (PAPER, "a.txt", b"", "empty"),
        (PAPER, "a.txt", b"x" * (MIB + 1), "at most 1 MiB"),
        (PAPER, "a.png", png(), "Must be PDF, TXT, DOCX; this is PNG."),
        (PAPER, "a.pdf", b"no pdf", "this is PLAIN"),
        (PAPER, "a.txt", b"<html>", "this is HTML"),
        (PHOTO, "a.png", b"<svg>", "Must be PNG, JPEG, GIF, WEBP; this is SVG."),
        (PHOTO, "a.png", png()[:20], "damaged"),
        (PHOTO, "a.png", png(60_000, 1)[:16] + struct.pack(">II", 60_000, 60_000), "60,000 × 60,000"),
    ],
)
def test_what_breaks_a_limit_is_refused_and_not_kept(
    files: Files, tmp_path: Path, field: Field, name: str, content: bytes, message: str
) -> None:
    with pytest.raises(FieldError, match=message):
        stored(files, field, name, content)
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_pillow_looks_closer_if_it_is_there(files: Files, tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    broken = tmp_path / "broken.png"
    broken.write_bytes(png().replace(b"IDAT", b"IDAX"))
    assert picture_fault(broken) is not None
    broken.write_bytes(png())
    assert picture_fault(broken) is None


def test_a_record_has_only_files_that_are_kept(database: Database, files: Files) -> None:
    value = stored(files, PAPER, "a.txt", b"text")
    id = database.insert("Thing", {"paper": TYPES["file"].edit(value, PAPER)})
    record = database.get("Thing", id)
    assert record is not None
    assert record.values["paper"] == value
    made_up = [
        msgspec.structs.replace(value, digest="0" * 64),
        msgspec.structs.replace(value, size=3),
        msgspec.structs.replace(value, type="application/pdf", name="a.pdf"),
    ]
    for each in made_up:
        with pytest.raises(RecordInvalid) as refused:
            database.update("Thing", id, {"paper": msgspec.to_builtins(each)})
        assert set(refused.value.errors) == {"paper"}
    files.path(value.digest).unlink()
    database.update("Thing", id, {"paper": msgspec.to_builtins(value), "name": "kept as it is"})
    database.update("Thing", id, {"paper": None})


@pytest.mark.parametrize(
    "raw",
    [
        "x",
        "{}",
        5,
        ["a"],
        {"name": "../a", "size": 1, "type": "text/plain", "digest": "0" * 64},
        {"name": "a", "size": 1, "type": "text/plain", "digest": "../../etc/passwd"},
        {"name": "a", "size": -1, "type": "text/plain", "digest": "0" * 64},
        {"name": "a", "size": 1, "type": "text/plain\r\nx: y", "digest": "0" * 64},
        {"name": "a", "size": 1, "type": "text/plain", "digest": "0" * 64, "more": 1},
    ],
)
def test_what_is_no_upload_is_refused(raw: object) -> None:
    with pytest.raises(FieldError, match="Must be a file that was uploaded"):
        TYPES["file"].parse(raw, Field(name="f", title="F", type="file"))


def test_what_no_record_has_is_collected_when_it_is_old(database: Database, files: Files) -> None:
    used, unused, new = (stored(files, PAPER, "a.txt", each) for each in (b"used", b"unused", b"new"))
    database.insert("Thing", {"any": msgspec.to_builtins(used)})
    left = files.receive(PAPER, "left.txt")
    left._file.close()
    long_ago = time.time() - UNUSED_S - 60
    for path in (files.path(used.digest), files.path(unused.digest), left._path):
        os.utime(path, (long_ago, long_ago))
    assert files.collect({each.digest for each in database.attachments()}) == 1
    assert files.path(used.digest).exists()
    assert files.path(new.digest).exists()
    assert not files.path(unused.digest).exists()
    assert not left._path.exists()


def test_a_file_that_comes_into_a_record_is_not_old(database: Database, files: Files) -> None:
    value = stored(files, PAPER, "a.txt", b"text")
    long_ago = time.time() - UNUSED_S - 60
    os.utime(files.path(value.digest), (long_ago, long_ago))
    seen_before = {each.digest for each in database.attachments()}
    database.insert("Thing", {"paper": msgspec.to_builtins(value)})
    assert files.collect(seen_before) == 0


@pytest.mark.anyio
async def test_a_file_goes_up_into_a_record_and_comes_down(
    client: httpx.AsyncClient, database: Database
) -> None:
    sent = await send(client, "paper", 'Grüße "a".txt', b"hello")
    assert sent.status_code == 201
    id = database.insert("Thing", {"paper": sent.json()})
    got = await client.get(file_address("thing", id, "paper", 'Grüße "a".txt'))
    assert (got.status_code, got.content) == (200, b"hello")
    assert got.headers["content-type"].startswith("text/plain")
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"Grue _a_.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%22a%22.txt"
    )
    assert got.headers["content-security-policy"].startswith("sandbox")
    assert got.headers["x-content-type-options"] == "nosniff"
    again = await client.get(
        file_address("thing", id, "paper", 'Grüße "a".txt'), headers={"if-none-match": got.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.anyio
async def test_pictures_are_shown_and_all_else_is_saved(
    client: httpx.AsyncClient, database: Database
) -> None:
    picture = await send(client, "photo", "a.png", png())
    page = await send(client, "any", "a.png", b"<html><script>alert(1)</script>")
    id = database.insert("Thing", {"photo": picture.json(), "any": page.json()})
    got = await client.get(file_address("thing", id, "photo", "a.png"))
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-disposition"].startswith("inline")
    got = await client.get(file_address("thing", id, "any", "a.png"))
    assert got.headers["content-disposition"].startswith("attachment")
    assert got.headers["x-content-type-options"] == "nosniff"


@pytest.mark.anyio
async def test_only_through_its_record_a_file_is_had(client: httpx.AsyncClient, database: Database) -> None:
    sent = (await send(client, "any", "a.txt", b"secret")).json()
    id = database.insert("Thing", {"any": sent, "secret": sent})
    for path in (
        file_address("thing", id, "any", "b.txt"),
        file_address("thing", id, "paper", "a.txt"),
        file_address("thing", id, "secret", "a.txt"),
        file_address("thing", id, "name", "a.txt"),
        file_address("thing", id + 1, "any", "a.txt"),
        file_address("thing", 2**70, "any", "a.txt"),
        file_address("other", id, "any", "a.txt"),
        f"/files/{sent['digest']}/a.txt",
        f"/files/thing/{id}/any/..%2f..%2fapp.db",
    ):
        assert (await client.get(path)).status_code in (404, 418), path
    database.delete("Thing", id)
    assert (await client.get(file_address("thing", id, "any", "a.txt"))).status_code == 404


@pytest.mark.anyio
async def test_roles_rule_over_files_as_over_records(database: Database, files: Files) -> None:
    value = msgspec.to_builtins(stored(files, PAPER, "a.txt", b"text"))
    id = database.insert("Thing", {"any": value, "paper": value, "name": "mine"})
    other = database.insert("Thing", {"any": value, "name": "not mine"})
    reader = client_of(database.acting(Access(roles=("reader",))), files)
    nobody = client_of(database.acting(Access(roles=())), files)
    assert (await reader.get(file_address("thing", id, "any", "a.txt"))).status_code == 200
    assert (await reader.get(file_address("thing", id, "paper", "a.txt"))).status_code == 404
    assert (await reader.get(file_address("thing", other, "any", "a.txt"))).status_code == 404
    assert (await send(reader, "any", "a.txt", b"x")).status_code == 404
    assert (await nobody.get(file_address("thing", id, "any", "a.txt"))).status_code == 404
    assert (await reader.get("/export/thing.csv")).text.splitlines()[1:] == [f"mine,,{csv_of(value)},"]
    assert (await nobody.get("/export/thing.csv")).status_code == 404


def csv_of(value: dict[str, object]) -> str:
    return '"' + msgspec.json.encode(value).decode().replace('"', '""') + '"'


@pytest.mark.anyio
async def test_a_refused_upload_says_why(client: httpx.AsyncClient, tmp_path: Path) -> None:
    async def endless() -> Any:
        for _ in range(10):
            yield b"x" * 400_000

    large = b"x" * (MIB + 1)
    kind = {"content-type": "application/octet-stream"}
    answers = [
        (await send(client, "paper", "a.txt", large), 413, "at most 1 MiB"),
        (await client.post("/upload/thing/paper?name=a.txt", content=endless(), headers=kind), 413, "1 MiB"),
        (await send(client, "paper", "a.txt", b""), 422, "empty"),
        (await send(client, "photo", "a.png", b"text"), 422, "Must be PNG"),
        (await send(client, "name", "a.txt", b"x"), 404, "no such field"),
        (await send(client, "secret", "a.txt", b"x"), 404, "no such field"),
        (await send(client, "fixed", "a.txt", b"x"), 404, "no such field"),
        (await send(client, "any", "a.txt", b"x", origin="http://evil"), 403, "may not"),
        (await send(client, "any", "a.txt", b"x", **{"content-type": "text/plain"}), 415, "octet-stream"),
    ]
    for answer, status, message in answers:
        assert answer.status_code == status
        assert message in answer.json()["error"]
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


@pytest.mark.anyio
async def test_other_requests_pass_by(client: httpx.AsyncClient) -> None:
    for path in ("/t/thing", "/", "/uploads", "/files/nothing"):
        assert (await client.get(path)).status_code == 418


@pytest.mark.parametrize(
    ("field", "path", "message"),
    [
        ({"type": "text", "accept": [".pdf"]}, "accept", "has no accept"),
        ({"type": "text", "max_mib": 1}, "max_mib", "has no max_mib"),
        ({"type": "file", "accept": ["pdf"]}, "accept[0]", "neither a media type"),
        ({"type": "image", "accept": ["image/svg+xml"]}, "accept[0]", "no image"),
        ({"type": "image", "accept": ["image/png", ".pdf"]}, "accept[1]", "no image"),
        ({"type": "file", "max_mib": 0}, "max_mib", "from 1"),
        ({"type": "file", "max_mib": 10_001}, "max_mib", "from 1"),
        ({"type": "file", "default": "x"}, "default", "no default"),
        ({"type": "file", "unique": True}, "unique", "cannot be unique"),
        ({"type": "image", "min": 1}, "min", "has no min"),
    ],
)
def test_the_spec_of_a_file_is_checked(field: dict[str, object], path: str, message: str) -> None:
    fields = [{"name": "name", "title": "Name", "type": "text"}, {"name": "f", "title": "F", **field}]
    document = {
        "name": "shop",
        "title": "Shop",
        "entities": [{"name": "Thing", "title": "Thing", "fields": fields}],
    }
    _, problems = problems_in(document)
    assert [(each.path, message in each.message) for each in problems] == [
        (f"entities[0].fields[1].{path}", True)
    ]


@pytest.mark.parametrize("accept", [[], ["image/*"], [".png", ".JPG"], ["image/webp"]])
def test_an_image_may_say_which(accept: list[str]) -> None:
    field = {"name": "f", "title": "F", "type": "image", "accept": accept, "max_mib": 2}
    document = {
        "name": "shop",
        "title": "Shop",
        "entities": [{"name": "Thing", "title": "Thing", "fields": [field]}],
    }
    assert problems_in(document)[1] == ()
