"""How a spec and an environment say who gets in, and what of it is refused."""

import json
from typing import Any

import pytest

from dataforms.accounts.settings import SettingsInvalid, settings_of
from dataforms.check import problems_in
from dataforms.spec import AppSpec, decode

OIDC = {"OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "shop"}
ROLES: list[dict[str, Any]] = [
    {"name": "reader", "title": "Reader", "default": True, "permissions": [{"entity": "Thing"}]},
    {"name": "clerk", "title": "Clerk"},
]


def document(**more: Any) -> dict[str, Any]:
    fields = [
        {"name": "name", "title": "Name", "type": "text"},
        {"name": "owner", "title": "Owner", "type": "email"},
    ]
    entities = [{"name": "Thing", "title": "Thing", "fields": fields}]
    return {"name": "shop", "title": "Shop", "entities": entities, "roles": ROLES, **more}


def spec(**more: Any) -> AppSpec:
    return decode(json.dumps(document(**more)))


def faults(**more: Any) -> dict[str, str]:
    return {each.path: each.message for each in problems_in(document(**more))[1]}


def test_there_is_no_login_unless_it_is_asked_for() -> None:
    assert not settings_of(spec(), {}).required
    assert not settings_of(spec(login={"sign_up": "open"}), {}).required
    assert settings_of(spec(login={"required": True}), {}).required
    assert settings_of(spec(), {"APP_LOGIN": "required"}).required


@pytest.mark.parametrize("word", ["yes", "off", "Required"])
def test_a_word_that_means_nothing_is_refused_rather_than_taken_for_no(word: str) -> None:
    with pytest.raises(SettingsInvalid):
        settings_of(spec(login={"required": True}), {"APP_LOGIN": word})


def test_new_accounts_get_the_default_role() -> None:
    assert settings_of(spec(), {}).default_roles == ("reader",)


def test_a_provider_of_the_environment_alone_is_usable() -> None:
    found = settings_of(spec(), OIDC).provider("oidc")
    assert found is not None
    assert (found.issuer, found.client_id, found.client_secret) == ("https://id.example.com", "shop", None)
    assert settings_of(spec(), {}).providers == ()


def test_each_provider_has_variables_of_its_own() -> None:
    login = {"providers": [{"name": "staff", "title": "Staff"}, {"name": "guests", "title": "Guests"}]}
    given = {"STAFF_ISSUER": "https://staff.example.com", "STAFF_CLIENT_ID": "a", **OIDC}
    assert [each.provider.name for each in settings_of(spec(login=login), given).providers] == ["staff"]


@pytest.mark.parametrize(
    "environment",
    [
        {"OIDC_ISSUER": "https://id.example.com"},
        {"OIDC_CLIENT_ID": "shop"},
        {"OIDC_ISSUER": "http://id.example.com", "OIDC_CLIENT_ID": "shop"},
    ],
)
def test_half_a_provider_and_one_without_tls_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid):
        settings_of(spec(), environment)


def test_a_right_login_has_no_faults() -> None:
    provider = {"name": "oidc", "title": "Company", "roles_claim": "groups", "roles": {"Sales": "clerk"}}
    assert faults(login={"required": True, "sign_up": "open", "providers": [provider]}) == {}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"roles": [{**each, "default": True} for each in ROLES]}, "roles[1].default"),
        ({"roles": ROLES[1:], "login": {"sign_up": "open"}}, "login.sign_up"),
        ({"login": {"sign_up": "maybe"}}, "login.sign_up"),
        ({"login": {"providers": [{"name": "O K", "title": "T"}]}}, "login.providers[0].name"),
        ({"login": {"providers": [{"name": "a", "title": " "}]}}, "login.providers[0].title"),
        ({"login": {"providers": [{"name": "a", "title": "A"}] * 2}}, "login.providers[1].name"),
        (
            {"login": {"providers": [{"name": "a", "title": "A", "roles": {"x": "clerk"}}]}},
            "login.providers[0].roles_claim",
        ),
        (
            {
                "login": {
                    "providers": [{"name": "a", "title": "A", "roles_claim": "g", "roles": {"x": "boss"}}]
                }
            },
            "login.providers[0].roles.x",
        ),
    ],
)
def test_what_cannot_be_followed_is_said_with_its_place(more: dict[str, Any], path: str) -> None:
    assert path in faults(**more)


@pytest.mark.parametrize(
    ("condition", "is_right"),
    [("owner == me", True), ("owner ==", False), ("nobody == me", False), ("name", False)],
)
def test_a_role_s_condition_is_an_expression_over_its_entity(condition: str, is_right: bool) -> None:
    roles = [{"name": "own", "title": "Own", "permissions": [{"entity": "Thing", "condition": condition}]}]
    assert ("roles[0].permissions[0].condition" not in faults(roles=roles)) == is_right
