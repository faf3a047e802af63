"""Who has which role, and what a caller without one is."""

import pytest

from protoddfd.core.access import Access, role_of
from protoddfd.wire.methods import Role

POLICY = Access(read_group=10, operator_group=20, admin_group=30)


def test_root_and_the_daemons_own_user_may_do_everything() -> None:
    assert role_of(0, (), 500, Access()) is Role.ADMIN
    assert role_of(500, (), 500, Access()) is Role.ADMIN


@pytest.mark.parametrize(
    ("groups", "role"),
    [((10,), Role.READ), ((20,), Role.OPERATOR), ((30,), Role.ADMIN), 
     ((10, 20, 30), Role.ADMIN), ((10, 20), Role.OPERATOR)],
)  # fmt: skip
def test_a_groups_member_has_its_highest_role(groups: tuple[int, ...], role: Role) -> None:
    assert role_of(7, groups, 500, POLICY) is role


def test_everybody_else_has_none() -> None:
    assert role_of(7, (), 500, POLICY) is None
    assert role_of(7, (10, 20, 30, 0), 500, Access()) is None
