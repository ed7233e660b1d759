"""What is sent, what comes back typed, and which error each other reply is."""

import asyncio
from dataclasses import dataclass
from types import NoneType
from typing import Any
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel, TypeAdapter

from datasources.calls import collected
from datasources.errors import SourceError, SourceRefused, SourceUnavailable
from datasources.rest import RestService
from tests.rest.conftest import Connect
from tests.rest.outside import Outside, http, json


@dataclass(frozen=True)
class Item:
    id: str
    amount: int


class Price(BaseModel, frozen=True):
    currency: str


@pytest.mark.parametrize(
    ("answer", "body", "expected"),
    [
        (Item, {"id": "a", "amount": 3, "more": "ignored"}, Item("a", 3)),
        (Price, {"currency": "EUR"}, Price(currency="EUR")),
        (list[Item], [{"id": "a", "amount": 3}], [Item("a", 3)]),
        (TypeAdapter(dict[str, int]), {"a": 1}, {"a": 1}),
    ],
)
async def test_answers_come_in_their_type(
    outside: Outside, shop: RestService, answer: Any, body: Any, expected: Any
) -> None:
    outside.says(json(body))
    assert await shop.get("/items", answer=answer) == expected


async def test_a_get_sends_credentials_and_parameters(outside: Outside, connect: Connect) -> None:
    shop = connect(f"{outside.url}/v1/", headers={"Authorization": "Bearer key"})
    await shop.get(
        "/items/{}", UUID(int=7), answer=dict, params={"q": "a&b +é", "ids": [1, 2], "active": True, "none": None}
    )
    [asked] = outside.asked
    assert asked.target == ("/v1/items/00000000-0000-0000-0000-000000000007?q=a%26b+%2B%C3%A9&ids=1&ids=2&active=true")
    assert asked.headers["authorization"] == "Bearer key"


@pytest.mark.parametrize(
    ("id", "sent"),
    [
        ("a b", "a%20b"),
        ("é", "%C3%A9"),
        ("a?x=1#y", "a%3Fx%3D1%23y"),
        ("a%2Fb", "a%252Fb"),
        ("...", "..."),
        ("%2e%2e", "%252e%252e"),
        ("{}", "%7B%7D"),
    ],
)
async def test_an_id_stays_one_segment(outside: Outside, shop: RestService, id: str, sent: str) -> None:
    await shop.get("/items/{}/price", id, answer=dict)
    assert outside.targets == [f"/items/{sent}/price"]


@pytest.mark.parametrize("id", ["", ".", "..", "a/b", "../admin", "a\\b", "a\0b", "a\r\nb", "\ud800", "\u202e"])
async def test_an_id_that_cannot_be_a_segment_is_unknown_and_never_sent(
    outside: Outside, shop: RestService, id: str
) -> None:
    with pytest.raises(SourceRefused) as refused:
        await shop.get("/items/{}", id, answer=dict)
    assert refused.value.status == 404
    assert outside.asked == []


async def test_an_endless_id_is_refused(outside: Outside, shop: RestService) -> None:
    with pytest.raises(SourceRefused) as refused:
        await shop.get("/items/{}", "x" * 70_000, answer=dict)
    assert (refused.value.status, outside.asked) == (414, [])


async def test_posts_send_json_or_nested_forms(outside: Outside, shop: RestService) -> None:
    await shop.post("/items", answer=dict, json={"id": UUID(int=1)})
    form = {"amount": 12, "live": False, "none": None, "metadata": {"order": "7 & 8"}, "items": [{"sku": "A"}, "b"]}
    await shop.post("/items/{}/buy", "a", answer=dict, form=form, idempotency_key="k-1\r\nX: y")
    first, second = outside.asked
    assert (first.body, first.headers["content-type"]) == (
        b'{"id":"00000000-0000-0000-0000-000000000001"}',
        "application/json",
    )
    assert second.target == "/items/a/buy"
    assert second.headers["content-type"] == "application/x-www-form-urlencoded"
    assert second.headers["idempotency-key"] == "k-1%0D%0AX%3A%20y"
    assert second.body == (b"amount=12&live=false&metadata%5Border%5D=7+%26+8&items%5B0%5D%5Bsku%5D=A&items%5B1%5D=b")


async def test_no_body_is_null(outside: Outside, shop: RestService) -> None:
    outside.says(http(204))
    await shop.post("/items/{}/forget", "a", answer=NoneType)
    [asked] = outside.asked
    assert (asked.target, asked.body) == ("/items/a/forget", b"")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"id": "a", "amount": "ada@example.com"}', "/items/{}: amount: int_parsing"),
        (b'{"id": "a"}', "/items/{}: amount: missing"),
        (b"[]", "/items/{}: the body: dataclass_type"),
        (b'{"id": "a", "amo', "/items/{}: the body: json_invalid"),
        (b"<html>ada@example.com</html>", "/items/{}: the body: json_invalid"),
        (b"", "/items/{}: the body: dataclass_type"),
    ],
)
async def test_a_lie_is_unavailability_and_its_detail_holds_no_data(
    outside: Outside, shop: RestService, body: bytes, detail: str
) -> None:
    outside.says(http(200, body))
    with pytest.raises(SourceUnavailable) as failed:
        await shop.get("/items/{}", "ada", answer=Item)
    assert (failed.value.source, failed.value.detail) == ("shop", detail)
    assert failed.value.__cause__ is None
    assert len(outside.asked) == 1


@pytest.mark.parametrize(("body", "decoded"), [(b'{"error": "no"}', {"error": "no"}), (b"<html>", None), (b"", None)])
async def test_a_4xx_is_a_refusal_with_its_body(
    outside: Outside, shop: RestService, body: bytes, decoded: object
) -> None:
    outside.says(http(402, body))
    with pytest.raises(SourceRefused) as refused:
        await shop.get("/items", answer=dict)
    assert (refused.value.source, refused.value.status, refused.value.body) == ("shop", 402, decoded)
    assert len(outside.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_are_our_fault(outside: Outside, shop: RestService, status: int) -> None:
    outside.says(json({"token": "secret"}, status))
    with pytest.raises(SourceUnavailable) as failed:
        await shop.get("/items", answer=dict)
    assert failed.value.detail == f"/items: HTTP {status}: our credentials are refused"
    assert len(outside.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(outside: Outside, shop: RestService, status: int) -> None:
    outside.says(http(status, location=f"{outside.url}/elsewhere"))
    with pytest.raises(SourceUnavailable) as failed:
        await shop.get("/items", answer=dict)
    assert failed.value.detail == f"/items: HTTP {status}: redirects are not followed"
    assert outside.targets == ["/items"]


@pytest.mark.parametrize(
    ("status", "why"), [(304, "there is no answer that it could confirm"), (101, "nobody asked for another protocol")]
)
async def test_what_nobody_asked_for_is_no_answer(outside: Outside, shop: RestService, status: int, why: str) -> None:
    outside.says(http(status, upgrade="h2c", connection="upgrade"))
    with pytest.raises(SourceUnavailable) as failed:
        await shop.get("/items", answer=dict)
    assert failed.value.detail == f"/items: HTTP {status}: {why}"


async def test_cookies_are_not_kept(outside: Outside, shop: RestService) -> None:
    outside.says(json({}, set_cookie="session=1"))
    await shop.get("/items", answer=dict)
    await shop.get("/items", answer=dict)
    assert ["cookie" in asked.headers for asked in outside.asked] == [False, False]


async def test_many_are_one_call_each_answer_in_its_place(outside: Outside, shop: RestService) -> None:
    at_once = most = 0

    async def by_id(asked: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)  # so that requests overlap
        at_once -= 1
        id = asked.target.rpartition("/")[2]
        writer.write(
            {"gone": json({}, 404), "bad": json({}, 400), "lie": json("?")}.get(id, json({"id": id, "amount": 1}))
        )

    outside.says(by_id)
    ids = ["a", "gone", "bad", "lie", "..", "b", "a", *map(str, range(20))]
    with collected() as calls:
        found = await shop.get_many("/items/{}", ids, answer=Item, concurrency=4)
    errors = [(place, type(one).code) for place, one in enumerate(found) if isinstance(one, SourceError)]
    assert errors == [(2, "SOURCE_REFUSED"), (3, "SOURCE_UNAVAILABLE")]
    assert [one.id if isinstance(one, Item) else None for one in found] == [
        "a", None, None, None, None, "b", "a", *map(str, range(20))
    ]  # fmt: skip
    assert [(call.source, call.kind, call.name, call.size, call.rows, call.failed) for call in calls] == [
        ("shop", "rest", "/items/{}", 27, 23, True)
    ]
    assert most == 4


async def test_many_posts_are_one_call_each_answer_in_its_place(outside: Outside, shop: RestService) -> None:
    async def by_ids(asked: Any, writer: asyncio.StreamWriter) -> None:
        ids = orjson.loads(asked.body)["ids"]
        writer.write(json({}, 400) if "bad" in ids else json([{"id": id, "amount": 1} for id in ids]))

    outside.says(by_ids)
    bodies = [{"ids": ["a", "b"]}, {"ids": ["bad"]}, {"ids": ["c"]}]
    with collected() as calls:
        found = await shop.post_many("/items:batchGet", bodies, answer=list[Item])
    assert [found[0], found[2]] == [[Item("a", 1), Item("b", 1)], [Item("c", 1)]]
    assert isinstance(found[1], SourceRefused)
    assert [(call.name, call.size, call.rows, call.failed) for call in calls] == [("/items:batchGet", 3, 3, True)]


async def test_many_of_none_ask_nothing(outside: Outside, shop: RestService) -> None:
    assert await shop.get_many("/items/{}", [], answer=Item) == []
    assert await shop.post_many("/items:batchGet", [], answer=list[Item]) == []
    assert outside.asked == []


async def test_calls_are_recorded(outside: Outside, shop: RestService) -> None:
    outside.says(json([1, 2]), json({}, 500), json({}, 500), json({}), json({}, 400))
    with collected() as calls:
        await shop.get("/items", answer=list[int])
        await shop.get("/items/{}", "a", answer=dict)
        with pytest.raises(SourceRefused):
            await shop.post("/items", answer=dict)
    assert [(call.name, call.size, call.rows, call.retries, call.failed) for call in calls] == [
        ("/items", 1, 2, 0, False),
        ("/items/{}", 1, 1, 2, False),
        ("/items", 1, 0, 0, True),
    ]
