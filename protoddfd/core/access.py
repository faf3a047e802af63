"""Who may call what. Pure: the kernel's word about the peer comes in, a role or none comes out."""

from collections.abc import Collection

import msgspec

from protoddfd.wire.methods import Role


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """The groups (by number) whose members may call; None gives the role to no group."""

    read_group: int | None = None
    operator_group: int | None = None
    admin_group: int | None = None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The process at the other end of a connection. `same_uid`: it runs as the daemon's own user."""

    uid: int
    gid: int
    pid: int
    role: Role
    same_uid: bool


def role_of(uid: int, groups: Collection[int], own_uid: int, policy: Access) -> Role | None:
    """Return the highest role that `uid` has, a member of `groups`; None when it has none at all."""
    if uid in (0, own_uid):
        return Role.ADMIN
    if policy.admin_group in groups:
        return Role.ADMIN
    if policy.operator_group in groups:
        return Role.OPERATOR
    if policy.read_group in groups:
        return Role.READ
    return None
