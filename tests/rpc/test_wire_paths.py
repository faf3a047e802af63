"""Daemon and client find each other by the same rules."""

import pytest

from protoddfd.wire import paths

CHECKOUT = {"/src/ddf/protoddfd", "/src/ddf/pyproject.toml"}
VENV = "/src/ddf/.venv"
USER = {"HOME": "/home/ada"}


def exists(*present: str) -> paths.Exists:
    return lambda path: path in present or path in CHECKOUT


def test_the_variable_decides_about_the_home() -> None:
    assert paths.home({**USER, "PROTODDF_HOME": "/h"}, VENV, exists()) == "/h"


def test_a_checkout_has_its_own_home() -> None:
    assert paths.home(USER, VENV, exists()) == "/src/ddf/.protoddf"


@pytest.mark.parametrize("prefix", ["/usr", "/other/.venv", "/src/ddf/venv"])
def test_any_other_interpreter_uses_the_users_home(prefix: str) -> None:
    assert paths.home(USER, prefix, exists()) == "/home/ada/.local/share/proto-ddf"


def test_without_a_user_the_services_home_is_used() -> None:
    assert paths.home({}, "/usr", exists()) == "/var/lib/protoddf"


def test_the_socket_is_in_the_home_unless_it_is_named() -> None:
    assert paths.socket_path(USER, VENV, exists()) == "/src/ddf/.protoddf/run/protoddfd.sock"
    assert paths.socket_path({**USER, "PROTODDF_SOCKET": "/s"}, VENV, exists()) == "/s"


def test_a_client_prefers_the_service_to_the_users_own_daemon_and_nothing_else() -> None:
    service = exists(paths.SYSTEM_SOCKET)
    assert paths.client_socket_path(USER, "/usr", service) == paths.SYSTEM_SOCKET
    assert paths.client_socket_path(USER, "/usr", exists()).startswith("/home/ada/")
    assert paths.client_socket_path(USER, VENV, service) == "/src/ddf/.protoddf/run/protoddfd.sock"
    assert paths.client_socket_path({"PROTODDF_HOME": "/h"}, VENV, service) == "/h/run/protoddfd.sock"
    assert paths.client_socket_path({"PROTODDF_SOCKET": "/s"}, VENV, service) == "/s"


def test_the_cache_outlives_the_home() -> None:
    assert paths.cache({"PROTODDF_CACHE": "/c"}, VENV, exists()) == "/c"
    assert paths.cache({"PROTODDF_HOME": "/h", **USER}, VENV, exists()) == "/src/ddf/.protoddf/cache"
    assert paths.cache({"XDG_CACHE_HOME": "/x", **USER}, "/usr", exists()) == "/x/proto-ddf"
    assert paths.cache(USER, "/usr", exists()) == "/home/ada/.cache/proto-ddf"
    assert paths.cache({}, "/usr", exists()) == "/var/cache/protoddf"
