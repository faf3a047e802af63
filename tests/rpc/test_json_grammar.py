"""What is JSON and what is not, after the cases that a public suite of parser tests collects."""
# ruff: noqa: E501  # the lists of cases are read as blocks

import json
from types import CoroutineType
from typing import Any

import pytest

from protoddfd.core.access import Caller
from protoddfd.rpc.router import Router

pytestmark = pytest.mark.anyio

NOT_JSON = rb"""
[1 true] | ["": 1] | [""], | [,1] | [1,,2] | ["x",,] | ["x"]] | ["",] | ["x" | [3[4]] | [-] | [ , ""] | [, | [1,] | [*]
[fals] | [nul] | [tru] | [++1234] | [+1] | [+Inf] | [-01] | [-1.0.] | [-2.] | [-NaN] | [.-1] | [.2e-3] | [0.1.2] | [0.3e+]
[0.3e] | [0.e1] | [0E+] | [0E] | [1.0e+] | [1.0e-] | [1.0e] | [1 000.0] | [1eE2] | [2.e+3] | [2.e-3] | [2.e3] | [9.e+] | [Inf]
[NaN] | [1+2] | [0x1] | [0x42] | [Infinity] | [0e+-1] | [-123.123foo] | [123\xe5] | [1e1\xe5] | [0\xe5] | [-Infinity] | [-foo]
[- 1] | [-012] | [-.123] | [-1x] | [1ea] | [1e\xe5] | [1.] | [.123] | [1.2a-3] | [1.8011670033376514H-308] | [012]
[\xef\xbc\x91] | ["x", truth] | {[: "x"} | {"x", null} | {"x"::"b"} | {"a":"a" 123} | {key: 'value'}
{"\xb9":"0",} | {"a" b} | {:"b"} | {"a" "b"} | {"a": | {"a" | {1:1} | {9999E9999:1} | {null:null,null:null} | {"id":0,,,,,}
{'a':0} | {"id":0,} | {"a":"b"}/**/ | {"a":"b"}/**// | {"a":"b"}// | {"a":"b"}/ | {"a":"b",,"c":"d"} | {a: "b"} | {"a":"a
{ "foo" : "bar", "a" } | {"a":"b"}# | ["\uD800\"] | ["\uD800\u"] | ["\uD800\u1"] | ["\uD800\u1x"] | [\xc3\xa9] | ["\
["\x00"] | ["\\\"] | ["\<TAB>"] | ["\xf0\x9f\x8c\x80\] | ["\\] | ["\u00A"] | ["\uD834\uDd"] | ["\uD800\uD800\x"] | ["\u\xe5"]
["\a"] | ["\uqqqq"] | ["\\xe5"] | [\u0020"asd"] | [\n] | " | ['single quote'] | abc | ["\ | ["a<NUL>a"] | ["<TAB>"] | "\UA66D"
<.> | [<null>] | [1]x | [1]] | ["asd] | a\xc3\xa5 | [True] | 1] | {"x": true, | [][] | ] | \xef\xbb\xbf{} | \xe5 | [
<NUL> | 2@ | {}} | {"":<NUL>} | {"a":/*comment*/"b"} | {"a": true} "x" | ['| [,| {,| {" | {"a | {'a' | ["\{["\{["\{["\{
\xc3\xa9 | * | {"a":"b"}#{} | [\u000A""] | [1 | [ false, nul | [ true, fals | [ false, tru | {"asd":"asd" | \xc3\xa5
\xe2\x81\xa0 | \xef\xbb\xbf | [<FF>] | [\xe2\x81\xa0] | [0,1,\xff] | ["\xff"] | ["\xe6\x97\xa5\xd1\x88\xfa"] | ["\xc0\xaf"]
["\xed\xa0\x80"] | ["\xf4\xbf\xbf\xbf"] | ["\x81"] | ["\xfc\x83\xbf\xbf\xbf\xbf"] | ["\xe0\xff"] | [1\x00]
"""

IS_JSON = rb"""
[[] ] | [""] | [] | ["a"] | [false] | [null, 1, "1", {}] | [null] | [1 ] |  [1] | [1,null,null,null,2] | [2 ] | [123e65]
[0e+1] | [0e1] | [ 4] | [-0.000000000000000000000000000000000000000000000000000000000000000000000000000001] | [20e1] | [-0]
[-123] | [-1] | [1E22] | [1E-2] | [1E+2] | [123e45] | [123.456e78] | [1e-2] | [1e+2] | [123] | [123.456789]
{"asd":"sdf", "dfg":"fgh"} | {"asd":"sdf"} | {"a":"b","a":"c"} | {"a":"b","a":"b"} | {} | {"":0} | {"foo\u0000bar": 42}
{ "min": -1.0e+28, "max": 1.0e+28 } | {"x":[{"id": "xx"}], "id": "xx"} | {"a":[]} | {"title":"\u041f\u043e\u043b" }
["\u0060\u012a\u12AB"] | ["\uD801\udc37"] | ["\ud83d\ude39\ud83d\udc8d"] | ["\"\\\/\b\f\n\r\t"] | ["\\u0000"] | ["\""]
["a/*b*/c/*d//e"] | ["\\a"] | ["\\n"] | ["\u0012"] | ["\uFFFF"] | ["asd"] | [ "asd"] | ["\uDBFF\uDFFF"] | ["new\u00A0line"]
["\xf4\x8f\xbf\xbf"] | ["\xef\xbf\xbf"] | ["\u0000"] | ["\u002c"] | ["\xcf\x80"] | ["\xf0\x9b\xbf\xbf"] | ["asd "] | " "
["\uD834\uDd1e"] | ["\u0821"] | ["\u0123"] | ["\xe2\x80\xa8"] | ["\xe2\x80\xa9"] | ["\u0061\u30af\u30EA\u30b9"] | ["<DEL>"]
["\uA66D"] | ["\u005C"] | ["\xe2\x8d\x82"] | ["\u200B"] | ["\u2064"] | ["\uFDD0"] | ["\u0022"] | ["a<DEL>a"] | false | 42 | -0.1
null | "asd" | true | "" | ["a"] | [true] |  []  | ["\uDBFF\uDFFE"] | ["\uD83F\uDFFE"] | ["\xe2\x82\xac\xf0\x9d\x84\x9e"]
"""


def cases(text: bytes) -> list[bytes]:
    """Return the cases of a list; bytes that an editor would spoil are written as escapes or in words."""
    found = []
    for case in (case for line in text.strip().splitlines() for case in line.split(b" | ")):
        for number in (number for number in range(0x80, 0x100) if b"\\x%02x" % number in case):
            case = case.replace(b"\\x%02x" % number, bytes([number]))
        for word, byte in ((b"<TAB>", b"\t"), (b"<NUL>", b"\0"), (b"<FF>", b"\f"), (b"<DEL>", b"\x7f")):
            case = case.replace(word, byte)
        found.append(case)
    return found


async def codes(router: Router, caller: Caller, line: bytes) -> set[Any]:
    """Return the error codes of the answer to one line, None for a result."""
    reply = router.handle(line, caller)
    answer = json.loads((await reply if isinstance(reply, CoroutineType) else reply).text)  # type: ignore[union-attr]  # an Answer
    return {one.get("error", {}).get("code") for one in (answer if isinstance(answer, list) else [answer])}


@pytest.mark.parametrize("text", cases(NOT_JSON))
async def test_what_is_not_json_is_refused_as_a_line_and_inside_a_request(
    router: Router, caller: Caller, text: bytes
) -> None:
    assert await codes(router, caller, text) == {-32700}
    request = b'{"jsonrpc":"2.0","id":1,"method":"echo","params":{"value":%b}}' % text
    assert await codes(router, caller, request) == {-32700}
    assert await codes(router, caller, b"[%b]" % request) == {-32700}


@pytest.mark.parametrize("text", cases(IS_JSON))
async def test_what_is_json_is_taken_as_a_line_and_inside_a_request(
    router: Router, caller: Caller, text: bytes
) -> None:
    assert await codes(router, caller, text) == {-32600}
    request = b'{"jsonrpc":"2.0","id":1,"method":"echo","params":{"value":%b}}' % text
    assert await codes(router, caller, request) == {None}
    assert await codes(router, caller, b"[%b]" % request) == {None}
