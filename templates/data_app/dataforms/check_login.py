"""What is wrong with how a spec lets people in, and with the conditions of its roles. Imports neither
SQLAlchemy nor Reflex.
"""

import re
from collections.abc import Iterator

from dataforms.check_expressions import condition_problems
from dataforms.names import did_you_mean, title_problems, twice
from dataforms.spec import AppSpec, Permission, Problem
from dataforms.spec_login import Provider

PROVIDERS_LIMIT = 10
_ME = re.compile(r"\bme\b")
_TEXT = re.compile(r"""'[^']*'|"[^"]*\"""")
_PROVIDER_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def permission_problems(spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with the conditions of roles, in a spec whose fields lead somewhere."""
    entities = {entity.name: entity for entity in spec.entities}
    for place, role in enumerate(spec.roles):
        for number, permission in enumerate(role.permissions):
            entity = entities.get(permission.entity)
            if entity is not None and permission.condition is not None:
                path = f"roles[{place}].permissions[{number}].condition"
                yield from condition_problems(path, permission.condition, entity, spec)


def login_problems(spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with the login, and with the role for new accounts."""
    first = next((place for place, role in enumerate(spec.roles) if role.default), None)
    for place, role in enumerate(spec.roles):
        if role.default and place != first:
            yield Problem(
                path=f"roles[{place}].default",
                message=f"roles[{first}] is the default for new accounts already.",
                hint="Remove one of them.",
            )
    yield from _public_problems(spec)
    if spec.login is None:
        return
    if spec.login.sign_up == "open" and spec.roles and first is None:
        yield Problem(
            path="login.sign_up",
            message="Whoever signs up would have no role, and see nothing.",
            hint="Give one role `default: true`.",
        )
    providers = spec.login.providers
    if len(providers) > PROVIDERS_LIMIT:
        yield Problem(path="login.providers", message=f"More than {PROVIDERS_LIMIT}.", hint="Remove some.")
    for place, earlier in twice([provider.name for provider in providers]):
        yield Problem(
            path=f"login.providers[{place}].name",
            message=f"The name is there already, at login.providers[{earlier}].",
            hint="Rename one of them.",
        )
    for place, provider in enumerate(providers):
        yield from _provider_problems(f"login.providers[{place}]", provider, spec)


def _public_problems(spec: AppSpec) -> Iterator[Problem]:
    """Yield what is wrong with the role for visitors without an account."""
    first = next((place for place, role in enumerate(spec.roles) if role.public), None)
    for place, role in enumerate(spec.roles):
        if not role.public:
            continue
        if place != first:
            yield Problem(
                path=f"roles[{place}].public",
                message=f"roles[{first}] is the one for visitors already.",
                hint="Remove one of them.",
            )
        if spec.login is None or not spec.login.required:
            yield Problem(
                path=f"roles[{place}].public",
                message="Without a login every visitor may do everything.",
                hint="Set login.required to true.",
            )
        for number, permission in enumerate(role.permissions):
            yield from _visitor_problems(f"roles[{place}].permissions[{number}]", permission)


def _visitor_problems(path: str, permission: Permission) -> Iterator[Problem]:
    for action in ("update", "delete"):
        if getattr(permission, action):
            yield Problem(
                path=f"{path}.{action}",
                message="Visitors may read and create alone: nobody could be asked who it was.",
                hint="Remove it, or give it to a role of accounts.",
            )
    if permission.condition is not None and _ME.search(_TEXT.sub("", permission.condition)):
        yield Problem(
            path=f"{path}.condition",
            message="Visitors have no account that me could stand for.",
            hint="Use a condition without me.",
        )


def _provider_problems(path: str, provider: Provider, spec: AppSpec) -> Iterator[Problem]:
    yield from title_problems(f"{path}.title", provider.title)
    if not _PROVIDER_NAME.fullmatch(provider.name):
        yield Problem(
            path=f"{path}.name",
            message=f"{provider.name[:80]!r} cannot be the name of a provider.",
            hint="Use lower case letters, digits and _, a letter first.",
        )
    if provider.roles and provider.roles_claim is None:
        yield Problem(
            path=f"{path}.roles_claim",
            message="Roles are to follow from a claim, and none is named.",
            hint="Name it, such as groups.",
        )
    names = [role.name for role in spec.roles]
    for value, role in provider.roles.items():
        if role not in names:
            yield Problem(
                path=f"{path}.roles.{value[:80]}",
                message=f"There is no role {role[:80]!r}.",
                hint=did_you_mean(role, names),
            )
