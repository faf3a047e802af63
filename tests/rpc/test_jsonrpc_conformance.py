"""The router obeys JSON-RPC 2.0: the specification's own examples, and the corners that it leaves to us."""

import json
from types import CoroutineType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from protoddfd.core.access import Caller
from protoddfd.rpc.router import BATCH_LIMIT, Router

pytestmark = pytest.mark.anyio

PARSE_ERROR = '{"jsonrpc": "2.0", "error": {"code": -32700, "message": "Parse error"}, "id": null}'
INVALID = '{"jsonrpc": "2.0", "error": {"code": -32600, "message": "Invalid Request"}, "id": null}'

# (what is sent, what is answered) from section 7 of the specification, in its order
EXAMPLES = [
    ('{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
     '{"jsonrpc": "2.0", "result": 19, "id": 1}'),
    ('{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
     '{"jsonrpc": "2.0", "result": -19, "id": 2}'),
    ('{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
     '{"jsonrpc": "2.0", "result": 19, "id": 3}'),
    ('{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
     '{"jsonrpc": "2.0", "result": 19, "id": 4}'),
    ('{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', ""),
    ('{"jsonrpc": "2.0", "method": "foobar"}', ""),
    ('{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
     '{"jsonrpc": "2.0", "error": {"code": -32601, "message": "Method not found"}, "id": "1"}'),
    ('{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', PARSE_ERROR),
    ('{"jsonrpc": "2.0", "method": 1, "params": "bar"}', INVALID),
    ('[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"]',
     PARSE_ERROR),
    ("[]", INVALID),
    ("[1]", f"[{INVALID}]"),
    ("[1,2,3]", f"[{INVALID}, {INVALID}, {INVALID}]"),
    ("""[
        {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
        {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
        {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
     ]""",
     f"""[
        {{"jsonrpc": "2.0", "result": 7, "id": "1"}},
        {{"jsonrpc": "2.0", "result": 19, "id": "2"}},
        {INVALID},
        {{"jsonrpc": "2.0", "error": {{"code": -32601, "message": "Method not found"}}, "id": "5"}},
        {{"jsonrpc": "2.0", "result": ["hello", 5], "id": "9"}}
     ]"""),
    ('[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, '
     '{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]', ""),
]  # fmt: skip


async def sent(router: Router, caller: Caller, line: bytes | str) -> bytes:
    """Return the answer's text to one line."""
    reply = router.handle(line.encode() if isinstance(line, str) else line, caller)
    return (await reply if isinstance(reply, CoroutineType) else reply).text  # type: ignore[union-attr]  # the rest


async def answered(router: Router, caller: Caller, line: bytes | str) -> Any:
    return json.loads(await sent(router, caller, line))


def without_data(answer: Any) -> Any:
    """Return an answer without the part that the specification leaves to the server."""
    if isinstance(answer, list):
        return [without_data(one) for one in answer]
    error = answer.get("error")
    if error is None:
        return answer
    return {**answer, "error": {key: value for key, value in error.items() if key != "data"}}


@pytest.mark.parametrize(("line", "expected"), EXAMPLES)
async def test_the_examples_of_the_specification(
    router: Router, caller: Caller, line: str, expected: str
) -> None:
    text = await sent(router, caller, line)
    if not expected:
        assert text == b""
    else:
        assert without_data(json.loads(text)) == json.loads(expected)


@pytest.mark.parametrize(
    "id_", ["0", "-7", "1.5", '"x"', '""', "null", "123456789012345678901234567890", '"\\u00e9"']
)
async def test_any_id_comes_back_as_it_was(router: Router, caller: Caller, id_: str) -> None:
    answer = await answered(router, caller, f'{{"jsonrpc":"2.0","method":"sum","id":{id_}}}')
    assert answer == {"jsonrpc": "2.0", "result": 0, "id": json.loads(id_)}


@pytest.mark.parametrize("id_", ["true", "[]", "{}", "[1]"])
async def test_an_id_of_another_type_is_no_request(router: Router, caller: Caller, id_: str) -> None:
    answer = await answered(router, caller, f'{{"jsonrpc":"2.0","method":"sum","id":{id_}}}')
    assert (answer["error"]["code"], answer["id"]) == (-32600, None)


@pytest.mark.parametrize(
    "line",
    [
        '{"method":"sum","id":4}',
        '{"jsonrpc":"1.0","method":"sum","id":4}',
        '{"jsonrpc":2.0,"method":"sum","id":4}',
        '{"jsonrpc":"2.0","id":4}',
        '{"jsonrpc":"2.0","method":null,"id":4}',
        '{"jsonrpc":"2.0","method":"sum","params":"bar","id":4}',
        '{"jsonrpc":"2.0","method":"sum","params":null,"id":4}',
        '{"jsonrpc":"2.0","method":"sum","params":7,"id":4}',
    ],
)
async def test_an_invalid_request_is_answered_with_its_id_when_it_has_one(
    router: Router, caller: Caller, line: str
) -> None:
    answer = await answered(router, caller, line)
    assert (answer["error"]["code"], answer["id"]) == (-32600, 4)


@pytest.mark.parametrize("line", ["1", '"x"', "null", "true", "{}", '{"foo":1}'])
async def test_json_that_is_no_request_is_invalid(router: Router, caller: Caller, line: str) -> None:
    answer = await answered(router, caller, line)
    assert (answer["error"]["code"], answer["id"]) == (-32600, None)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"\x00",
        b"\xff",
        b'{"jsonrpc":"2.0","method":"sum","id":1}\x00',
        b'{"jsonrpc":"2.0","method":"sum","id":1}{}',
        b'{"jsonrpc":"2.0","method":"echo","params":["\xff"],"id":1}',
        b'{"jsonrpc":"2.0","method":"echo","params":["\xed\xa0\x80"],"id":1}',
        b'{"jsonrpc":"2.0","method":"sum","id":1,"more":"\xff"}',
        b'{"jsonrpc":"2.0","method":"sum","id":1,"more":"\\q"}',
        b'{"jsonrpc":"2.0","method":"echo","params":["\\q"],"id":1}',
        b'{"jsonrpc":"2.0","method":"echo","params":{"value":"\\q"},"id":1}',
        b'{"jsonrpc":"2.0","method":"nothing","params":{"value":"\\q"},"id":1}',
        b'{"jsonrpc":"2.0","method":"echo","params":[NaN],"id":1}',
        b'{"jsonrpc":"2.0","method":"echo","params":[01],"id":1}',
        b'{"jsonrpc":"2.0","method":"echo","params":["a\nb"],"id":1}',
        b'[{"jsonrpc":"2.0","method":"echo","params":["\\q"],"id":1}]',
        b'[{"jsonrpc":"2.0","method":"sum","id":1},]',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"jsonrpc":"2.0","method":"echo","params":' + b"[" * 100_000 + b"]" * 100_000 + b',"id":1}',
        b'{"jsonrpc":"2.0","method":"echo","params":' + b'{"a":' * 50_000 + b"}" * 50_000,
        b'{"a":' * 100_000,
    ],
)  # fmt: skip
async def test_what_is_not_json_is_a_parse_error(router: Router, caller: Caller, line: bytes) -> None:
    answer = await answered(router, caller, line)
    assert (answer["error"]["code"], answer["id"]) == (-32700, None)
    assert answer["error"]["data"]["kind"] == "rpc.parse_error"


async def test_of_a_key_that_occurs_twice_the_last_counts(router: Router, caller: Caller) -> None:
    line = (
        '{"jsonrpc":"1.0","jsonrpc":"2.0","method":7,"method":"subtract","id":[],"id":9,'
        '"params":"x","params":{"minuend":"no","minuend":5,"subtrahend":1}}'
    )
    assert await answered(router, caller, line) == {"jsonrpc": "2.0", "result": 4, "id": 9}


async def test_unknown_members_of_a_request_are_ignored(router: Router, caller: Caller) -> None:
    line = '{"jsonrpc":"2.0","method":"sum","id":1,"trace":{"a":[1]}}'
    assert (await answered(router, caller, line))["result"] == 0


async def test_white_space_around_a_request_is_ignored(router: Router, caller: Caller) -> None:
    line = ' \t{ "jsonrpc" : "2.0" , "method" : "sum" , "params" :  [ 1 , 2 ] , "id" : 1 } \r\n'
    assert (await answered(router, caller, line))["result"] == 3


@pytest.mark.parametrize(
    ("params", "path", "word"),
    [
        ('{"minuend":"x","subtrahend":1}', "minuend", "int"),
        ('{"minuend":1}', "", "subtrahend"),
        ('{"minuend":1,"subtrahend":2,"other":3}', "", "other"),
        ("[1]", "", "subtrahend"),
        ("[1,2,3]", "", "at most 2"),
        ('[1,"x"]', "subtrahend", "int"),
    ],
)
async def test_wrong_params_are_refused_with_the_path_and_a_hint(
    router: Router, caller: Caller, params: str, path: str, word: str
) -> None:
    answer = await answered(
        router, caller, f'{{"jsonrpc":"2.0","method":"subtract","params":{params},"id":1}}'
    )
    error = answer["error"]
    assert error["code"] == -32602
    assert word in error["message"]
    assert [problem["path"] for problem in error["data"].get("problems", [])] in ([path], [])


async def test_no_params_at_all_are_refused_when_some_are_required(router: Router, caller: Caller) -> None:
    answer = await answered(router, caller, '{"jsonrpc":"2.0","method":"subtract","id":1}')
    assert answer["error"]["code"] == -32602


async def test_an_unknown_method_says_what_was_probably_meant(router: Router, caller: Caller) -> None:
    answer = await answered(router, caller, '{"jsonrpc":"2.0","method":"substract","id":1}')
    assert "did you mean subtract?" in answer["error"]["data"]["hint"]


async def test_the_name_of_an_unknown_method_is_not_repeated_at_length(
    router: Router, caller: Caller
) -> None:
    answer = await sent(router, caller, f'{{"jsonrpc":"2.0","method":"{"x" * 100_000}","id":1}}')
    assert len(answer) < 500


async def test_a_refusal_keeps_its_code_kind_and_hint(router: Router, caller: Caller) -> None:
    answer = await answered(router, caller, '{"jsonrpc":"2.0","method":"refuse","id":1}')
    assert answer["error"] == {
        "code": 1001,
        "message": "there is no app 'crm'",
        "data": {"kind": "app.unknown", "hint": "protoddfctl list"},
    }


@pytest.mark.parametrize("method", ["boom", "unencodable"])
async def test_a_fault_of_ours_is_logged_and_not_told(router: Router, caller: Caller, method: str) -> None:
    with capture_logs() as logs:
        text = await sent(router, caller, f'{{"jsonrpc":"2.0","method":"{method}","id":1}}')
    assert json.loads(text)["error"]["code"] == -32603
    assert b"secret" not in text
    assert b"object" not in text
    assert [(entry["event"], entry["method"]) for entry in logs] == [("rpc.failed", method)]
    assert logs[0]["exc_info"] is not None


async def test_a_notification_that_fails_is_silent_and_logged(router: Router, caller: Caller) -> None:
    with capture_logs() as logs:
        assert await sent(router, caller, '{"jsonrpc":"2.0","method":"boom"}') == b""
    assert len(logs) == 1


async def test_a_method_above_the_callers_role_is_refused(router: Router, caller: Caller) -> None:
    answer = await answered(router, caller, '{"jsonrpc":"2.0","method":"admin.only","id":1}')
    assert answer["error"]["code"] == 1602
    assert "admin" in answer["error"]["message"]


async def test_a_text_that_utf_8_cannot_carry_is_a_fault_of_ours(router: Router, caller: Caller) -> None:
    handlers = {"echo": lambda _caller, _params: "\udcff"}
    odd = Router(handlers, router._methods)
    with capture_logs():
        assert (await answered(odd, caller, '{"jsonrpc":"2.0","method":"echo","id":1}'))["error"][
            "code"
        ] == -32603


async def test_a_batch_runs_in_order_and_answers_together(router: Router, caller: Caller) -> None:
    calls = [{"jsonrpc": "2.0", "method": "later", "params": [n], "id": n} for n in range(50)]
    answers = await answered(router, caller, json.dumps(calls))
    assert [(answer["id"], answer["result"]) for answer in answers] == [(n, n) for n in range(50)]


async def test_a_batch_inside_a_batch_is_invalid(router: Router, caller: Caller) -> None:
    answers = await answered(router, caller, '[[{"jsonrpc":"2.0","method":"sum","id":1}]]')
    assert [answer["error"]["code"] for answer in answers] == [-32600]


async def test_a_batch_that_is_too_long_is_refused_as_a_whole(router: Router, caller: Caller) -> None:
    calls = [{"jsonrpc": "2.0", "method": "sum", "id": n} for n in range(BATCH_LIMIT + 1)]
    assert (await answered(router, caller, json.dumps(calls)))["error"]["code"] == 1603


async def test_a_batch_whose_answers_grow_too_long_is_cut_short(router: Router, caller: Caller) -> None:
    calls = [{"jsonrpc": "2.0", "method": "big", "params": [30_000_000], "id": n} for n in range(5)]
    answers = await answered(router, caller, json.dumps(calls))
    assert [answer.get("error", {}).get("code") for answer in answers] == [None, None, None, 1603, 1603]


async def test_handlers_of_no_method_are_a_mistake(router: Router) -> None:
    with pytest.raises(ValueError, match=r"app\.fly"):
        Router({"app.fly": lambda _caller, _params: None}, router._methods)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["a", "value"]), inner),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary() | st.text().map(str.encode) | JSON.map(lambda value: json.dumps(value).encode()))
async def test_whatever_comes_in_one_well_formed_answer_or_none_goes_out(
    router: Router, caller: Caller, data: bytes
) -> None:
    text = await sent(router, caller, data)
    answers = json.loads(text) if text else []
    for answer in answers if isinstance(answers, list) else [answers]:
        assert answer["jsonrpc"] == "2.0"
        assert ("result" in answer) != ("error" in answer)
        assert "id" in answer


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(JSON)
async def test_any_json_value_passes_through_a_call_unchanged(
    router: Router, caller: Caller, value: object
) -> None:
    request = {"jsonrpc": "2.0", "method": "echo", "params": {"value": value}, "id": "i"}
    try:
        line = json.dumps(request, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    answer = await answered(router, caller, line)
    assert answer["result"] == value
