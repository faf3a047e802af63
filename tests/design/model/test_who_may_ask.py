"""A language model costs money: who may only look gets the rules."""

import pytest

from protoddfd.core.access import Caller
from protoddfd.errors import NotAllowed
from protoddfd.usecases.design import allowed
from protoddfd.wire.methods import Role


def caller(role: Role) -> Caller:
    return Caller(uid=1, gid=1, pid=1, role=role, same_uid=False)


def test_who_may_only_look_gets_the_rules() -> None:
    assert allowed(caller(Role.READ), "auto") == "rules"
    assert allowed(caller(Role.READ), "rules") == "rules"


def test_who_may_only_look_cannot_ask_a_model() -> None:
    with pytest.raises(NotAllowed):
        allowed(caller(Role.READ), "model")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN])
def test_who_may_make_apps_may_ask_a_model(role: Role) -> None:
    assert allowed(caller(role), "model") == "model"
    assert allowed(caller(role), "auto") == "auto"
