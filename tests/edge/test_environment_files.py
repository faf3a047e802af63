"""Environment and secret files: what is read, what is refused, and that no value is ever shown."""

import os
import stat
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protoddfd.core.options import ENVIRONMENT_BYTES_MAX
from protoddfd.edge.environment_files import FILE_BYTES_MAX, read_environment, warnings_of
from protoddfd.errors import EnvironmentUnreadable

SENTINEL = "s3cr3tVALUE"


def env_file(folder: Path, text: str | bytes) -> str:
    path = folder / "app.env"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def refusal(env_files: list[str], secrets: dict[str, str] | None = None) -> EnvironmentUnreadable:
    with pytest.raises(EnvironmentUnreadable) as caught:
        read_environment(env_files, secrets or {})
    return caught.value


def everything_told(error: BaseException) -> str:
    """Return all that a log could show of an exception, and of those that it refers to."""
    told = [*traceback.format_exception(error), repr(error), repr(error.args), repr(vars(error))]
    for other in (error.__cause__, error.__context__):
        if other is not None:
            told.append(everything_told(other))
            told.append(repr(getattr(other, "object", "")))
    return "".join(told)


def test_the_dotenv_format_is_understood(tmp_path: Path) -> None:
    text = """\ufeff# a comment
    PLAIN=some text # a remark
    export EXPORTED=1
    SINGLE='as it is: "$HOME" #1'
    DOUBLE="two\\nlines \\"quoted\\""
    EMPTY=

    MANY="first
second"
    PLAIN=the last one counts
    """
    assert read_environment([env_file(tmp_path, text)], {}) == {
        "PLAIN": "the last one counts", "EXPORTED": "1", "SINGLE": 'as it is: "$HOME" #1',
        "DOUBLE": 'two\nlines "quoted"', "EMPTY": "", "MANY": "first\nsecond",
    }  # fmt: skip


def test_nothing_of_the_daemons_environment_gets_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_OF_THE_DAEMON", SENTINEL)
    file = env_file(tmp_path, 'A=${TOKEN_OF_THE_DAEMON}\nB="$TOKEN_OF_THE_DAEMON ${A}"\n')
    assert read_environment([file], {}) == {
        "A": "${TOKEN_OF_THE_DAEMON}",
        "B": "$TOKEN_OF_THE_DAEMON ${A}",
    }


def test_later_files_win_and_secrets_over_all(tmp_path: Path) -> None:
    for name, text in (("a", "X=1\nY=1\nZ=1"), ("b", "Y=2\nZ=2"), ("c", "3\n")):
        (tmp_path / name).write_text(text)
    files = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert read_environment(files, {"Z": str(tmp_path / "c")}) == {"X": "1", "Y": "2", "Z": "3"}


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("v", "v"),
        ("v\n", "v"),
        ("v\n\n", "v\n"),
        ("v\r\n", "v"),
        ("v\r", "v\r"),
        ("", ""),
        ("\n", ""),
        (" a b ", " a b "),
    ],
)
def test_a_secret_is_its_file_without_the_last_line_end(tmp_path: Path, content: str, value: str) -> None:
    (tmp_path / "s").write_bytes(content.encode())
    assert read_environment([], {"KEY": str(tmp_path / "s")}) == {"KEY": value}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"A=1\n\n{SENTINEL}\n", "line 3 is not NAME=VALUE"),
        (f"A: {SENTINEL}\n", "line 1 is not NAME=VALUE"),
        (f"A='{SENTINEL}\n", "line 1 is not NAME=VALUE"),
        (f"A=1\n2X={SENTINEL}\n", "the name in line 2 is no name of a variable"),
        (f"'A B'={SENTINEL}\n", "the name in line 1 is no name"),
        (f"PROTODDF_HOME={SENTINEL}\n", "the name in line 1 begins with PROTODDF_"),
        (f"A={SENTINEL}\0\n", "NUL character"),
        (f"A=1\nB={SENTINEL}".encode() + b"\xff\n", "line 2 is not UTF-8 text"),
        (f"A={SENTINEL}" + " " * 60_000 + "x", "blanks in a row"),
        (f"A={SENTINEL}" + "x" * FILE_BYTES_MAX, "larger than 64 KiB"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_without_its_content(
    tmp_path: Path, text: str | bytes, why: str
) -> None:
    began = time.perf_counter()
    error = refusal([env_file(tmp_path, text)])
    assert why in error.message
    assert str(tmp_path / "app.env") in error.message
    assert error.hint == f"ls -l {tmp_path / 'app.env'}"
    assert SENTINEL not in everything_told(error)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "device", "link"])
def test_what_is_no_file_is_refused_and_never_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "s"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "link":
        path.symlink_to(path)
    error = refusal([], {"KEY": str(path)})
    assert f"the secret KEY in {path} cannot be used: " in error.message
    assert error.hint == f"ls -l {path}"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(SENTINEL)
    (tmp_path / "s").chmod(0)
    assert "Permission denied" in refusal([], {"KEY": str(tmp_path / "s")}).message


def test_a_path_that_is_none_is_refused() -> None:
    assert "that is no path" in refusal(["/a\0b"]).message


def test_a_secret_cannot_take_a_name_of_the_daemon(tmp_path: Path) -> None:
    (tmp_path / "s").write_text(SENTINEL)
    error = refusal([], {"PROTODDF_SOCKET": str(tmp_path / "s")})
    assert "PROTODDF_" in error.message
    assert SENTINEL not in everything_told(error)


def test_all_files_together_fit_into_the_message_that_starts_an_app(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("x" * (ENVIRONMENT_BYTES_MAX // 3))
    secrets = {f"KEY_{number}": str(tmp_path / "s") for number in range(3)}
    assert len(read_environment([], dict(list(secrets.items())[:2]))) == 2
    assert "together have more than 128 KiB" in refusal([], secrets).message


@given(st.binary(max_size=300))
def test_whatever_is_in_a_file_no_byte_of_it_is_told(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    file = tmp_path_factory.mktemp("env") / "app.env"
    file.write_bytes(noise + f"\nKEY={SENTINEL}\n".encode() + noise)
    told = ""
    try:
        told = repr(read_environment([str(file)], {"SECRET": str(file)}))
    except EnvironmentUnreadable as error:
        told = everything_told(error)
    assert SENTINEL not in told


@given(
    st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True), st.text(max_size=40), max_size=5)
)
def test_a_single_quoted_value_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, wanted: dict[str, str]
) -> None:
    wanted = {
        name: value
        for name, value in wanted.items()
        if not name.startswith("PROTODDF_") and "\0" not in value and value.isprintable()
    }
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in wanted.items()}
    file = tmp_path_factory.mktemp("env") / "app.env"
    file.write_text("".join(f"{name}='{value}'\n" for name, value in quoted.items()), encoding="utf-8")
    assert read_environment([str(file)], {}) == wanted


def test_the_repr_of_what_was_read_has_only_the_names(tmp_path: Path) -> None:
    found = read_environment([env_file(tmp_path, f"TOKEN={SENTINEL}")], {})
    assert found["TOKEN"] == SENTINEL
    assert repr(found) == str(found) == "Environment(TOKEN)"


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_a_secret_that_everybody_may_read_is_warned_of(tmp_path: Path, mode: int, warned: bool) -> None:
    path = tmp_path / "s"
    path.write_text(SENTINEL)
    path.chmod(mode)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    warnings = warnings_of({"KEY": str(path), "GONE": str(tmp_path / "none")})
    assert warnings == ((f"the secret KEY is readable by every user: chmod o-r {path}",) if warned else ())
