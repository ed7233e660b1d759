"""Requests that name their document: registered ones, and those that clients persist themselves."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from datasources.errors import SourceUnavailable
from datasources.house.documents import RegisteredDocuments
from gateway import persisted as persisted_module
from gateway.persisted import Persisted, Policy, sha256_of
from tests.gateway.example import TOKENS, Script, example
from tests.gateway.serving import served
from tests.gateway_client import Gateway

TEXT = "query Seven { takes(number: 7) }"
OTHER = "query Eight { takes(number: 8) }"
MUTATION = 'mutation { write(word: "x") }'
HASH = sha256_of(TEXT)
SEVEN = {"data": {"takes": 7}}
NOT_FOUND = ("DOCUMENT_NOT_FOUND", "No document '8' is registered here; register it by 'server.py documents add'.")
NOT_TRUSTED = (
    "DOCUMENT_NOT_TRUSTED",
    "Only registered documents are served here; register it by 'server.py documents add', and send its "
    "`documentId` in place of `query`.",
)
UNKNOWN_HASH = ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
NO_HASHES = ("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")
POLICIES: tuple[Policy, ...] = ("trusted", "any", "automatic")


class Registry:
    """What workers see of registered documents, for tests that need no database."""

    def __init__(self, **texts: str) -> None:
        self._texts = texts

    async def number(self) -> int:
        return len(self._texts)

    async def texts(self) -> dict[str, str]:
        return self._texts


Asking = Callable[[Policy], AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def asking(script: Script) -> Asking:
    """A gateway of this policy, where TEXT is registered as '7'."""

    @asynccontextmanager
    async def asking(policy: Policy) -> AsyncIterator[Gateway]:
        persisted = Persisted(policy)
        await persisted.refresh(Registry(**{"7": TEXT}))
        gateway = Gateway(example(script, persisted=persisted), TOKENS)
        async with gateway.http:
            yield gateway

    return asking


@pytest.fixture
def script() -> Script:
    return Script()


def apq(sha256: str) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256}}}


async def told(gateway: Gateway, **payload: Any) -> Any:
    """The answer, or the code and message of its one error."""
    answer = (await gateway.http.post("/graphql", json=payload)).json()
    if "data" in answer:
        return answer
    assert list(answer) == ["errors"]
    (error,) = answer["errors"]
    return error["extensions"]["code"], error["message"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("id", ["7", HASH, f"sha256:{HASH}"])
async def test_a_registered_document_is_served_by_its_id_and_by_its_hash(
    asking: Asking, policy: Policy, id: str
) -> None:
    async with asking(policy) as gateway:
        assert await told(gateway, documentId=id) == SEVEN
        assert await told(gateway, documentId=id, query="", variables={}, operationName="Seven") == SEVEN
        assert await told(gateway, **apq(id)) == SEVEN
        assert await told(gateway, query=TEXT, **apq(id)) == SEVEN
        assert (await gateway.http.get("/graphql", params={"documentId": id})).json() == SEVEN
        extensions = json.dumps(apq(id)["extensions"])
        assert (await gateway.http.get("/graphql", params={"extensions": extensions})).json() == SEVEN


@pytest.mark.parametrize("policy", POLICIES)
async def test_an_id_that_is_not_registered_is_told(asking: Asking, policy: Policy) -> None:
    async with asking(policy) as gateway:
        assert await told(gateway, documentId="8") == NOT_FOUND
        assert "'" + "x" * 80 + "'" in (await told(gateway, documentId="x" * 1000))[1]
        response = await gateway.http.get(
            "/graphql", params={"documentId": "8"}, headers={"Accept": "application/graphql-response+json"}
        )
        assert response.status_code == 400


async def test_trusted_documents_alone_are_served(asking: Asking, script: Script) -> None:
    async with asking("trusted") as gateway:
        assert await told(gateway, query=TEXT) == NOT_TRUSTED
        assert await told(gateway, query="{ __schema { types { name } } }") == NOT_TRUSTED
        assert await told(gateway, query="no GraphQL at all") == NOT_TRUSTED
        assert await told(gateway, query=OTHER, **apq(sha256_of(OTHER))) == NOT_TRUSTED
        assert await told(gateway, query=OTHER, **apq(HASH)) == NOT_TRUSTED
        assert await told(gateway, query=MUTATION) == NOT_TRUSTED
        assert (await told(gateway, **apq(sha256_of(OTHER))))[0] == "DOCUMENT_NOT_FOUND"
        assert (await gateway.http.get("/graphql", params={"query": TEXT})).json()["errors"][0]["extensions"] == {
            "code": "DOCUMENT_NOT_TRUSTED"
        }
    assert script.contexts == []


async def test_trusted_documents_alone_are_served_in_batches(asking: Asking) -> None:
    async with asking("trusted") as gateway:
        batch = [{"documentId": "7"}, {"query": TEXT}, {"documentId": "8"}, apq(HASH)]
        answers = (await gateway.http.post("/graphql", json=batch)).json()
    assert (answers[0], answers[3]) == (SEVEN, SEVEN)
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers[1:3]] == [NOT_TRUSTED[0], NOT_FOUND[0]]


async def test_trusted_documents_alone_are_served_over_websocket(script: Script) -> None:
    persisted = Persisted("trusted")
    await persisted.refresh(Registry(**{"7": TEXT}))
    spoken = [Subprotocol("graphql-transport-ws")]
    async with (
        served(example(script, persisted=persisted)) as port,
        connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=spoken, proxy=None) as socket,
    ):

        async def ask(**payload: Any) -> Any:
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            return json.loads(await socket.recv())

        await socket.send(json.dumps({"type": "connection_init"}))
        await socket.recv()
        assert await ask(documentId="7") == {"id": "1", "type": "next", "payload": SEVEN}
        assert json.loads(await socket.recv()) == {"id": "1", "type": "complete"}
        for payload, (code, message) in (({"query": TEXT}, NOT_TRUSTED), ({"documentId": "8"}, NOT_FOUND)):
            assert await ask(**payload) == {
                "id": "1",
                "type": "error",
                "payload": [{"message": message, "extensions": {"code": code}}],
            }


async def test_clients_persist_documents_themselves(asking: Asking) -> None:
    eight = {"data": {"takes": 8}}
    async with asking("automatic") as gateway:
        assert await told(gateway, **apq(sha256_of(OTHER))) == UNKNOWN_HASH
        assert await told(gateway, query=OTHER, **apq(sha256_of(OTHER))) == eight
        assert await told(gateway, **apq(sha256_of(OTHER))) == eight
        assert await told(gateway, documentId=sha256_of(OTHER)) != eight, "it is not registered"


async def test_a_hash_of_another_text_is_refused_and_not_kept(asking: Asking) -> None:
    async with asking("automatic") as gateway:
        wrong = sha256_of("{ a { x } }")
        code, message = await told(gateway, query=OTHER, **apq(wrong))
        assert code == "BAD_REQUEST"
        assert message == "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`; send its hash."
        assert await told(gateway, **apq(wrong)) == UNKNOWN_HASH


async def test_a_persisted_mutation_is_not_run_by_get(asking: Asking, script: Script) -> None:
    async with asking("automatic") as gateway:
        hashed = apq(sha256_of(MUTATION))
        assert await told(gateway, query=MUTATION + " ", **hashed) != UNKNOWN_HASH
        script.work.let_go.set()  # type: ignore[attr-defined] # it is Held
        assert await told(gateway, query=MUTATION, **hashed) == {"data": {"write": "x"}}
        response = await gateway.http.get("/graphql", params={"extensions": json.dumps(hashed["extensions"])})
        assert response.status_code == 405
    assert script.written == ["x"]


async def test_what_clients_persist_is_bounded(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"query Q{number} {{ takes(number: {number}) }}" for number in range(5)]
    monkeypatch.setattr(
        persisted_module, "MAX_AUTOMATIC_CHARACTERS", 3 * (len(texts[0]) + persisted_module.ENTRY_CHARACTERS)
    )
    async with asking("automatic") as gateway:
        for text in texts[:3]:
            for _ in range(2):
                await told(gateway, query=text, **apq(sha256_of(text)))
        await told(gateway, **apq(sha256_of(texts[0])))
        await told(gateway, query=texts[3], **apq(sha256_of(texts[3])))
        known = [await told(gateway, **apq(sha256_of(text))) != UNKNOWN_HASH for text in texts]
    assert known == [True, False, True, True, False], "the one that was not asked for longest has left"


async def test_where_clients_may_not_persist_they_are_told_to_send_texts(asking: Asking) -> None:
    async with asking("any") as gateway:
        assert await told(gateway, **apq(sha256_of(OTHER))) == NO_HASHES
        assert await told(gateway, query=OTHER, **apq(sha256_of(OTHER))) == {"data": {"takes": 8}}
        assert await told(gateway, **apq(sha256_of(OTHER))) == NO_HASHES


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({}, "`query` must be a string, unless `documentId` names a registered document."),
        ({"documentId": None, "query": None}, "`query` must be a string, unless"),
        ({"documentId": 7}, "`documentId` must be a string."),
        (
            {"documentId": "7", "query": TEXT},
            "`documentId` names the whole document; send it without `query` and `persistedQuery`.",
        ),
        ({"documentId": "7", **apq(HASH)}, "`documentId` names the whole document"),
        ({"extensions": {"persistedQuery": HASH}}, "`extensions.persistedQuery` must be an object: "),
        ({"extensions": {"persistedQuery": {"sha256Hash": HASH}}}, "`extensions.persistedQuery` must be an object: "),
        (
            {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": HASH}}},
            '`extensions.persistedQuery` must be an object: {"version": 1, "sha256Hash": "…"}.',
        ),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}}, "`extensions.persistedQuery` must be"),
        ({"query": TEXT, "extensions": {"persistedQuery": []}}, "`extensions.persistedQuery` must be an object"),
    ],
)
async def test_requests_that_name_no_document_or_two_are_told_so(
    asking: Asking, payload: dict[str, Any], said: str
) -> None:
    async with asking("automatic") as gateway:
        code, message = await told(gateway, **payload)
    assert code == "BAD_REQUEST"
    assert message.startswith(said)


async def test_workers_learn_of_what_is_added_and_removed(script: Script, registered: RegisteredDocuments) -> None:
    persisted = Persisted("trusted")
    async with Gateway(example(script, persisted=persisted), TOKENS).http as http:

        async def code_of_seven() -> str | None:
            await persisted.refresh(registered)
            answer = (await http.post("/graphql", json={"documentId": "7"})).json()
            return None if answer == SEVEN else answer["errors"][0]["extensions"]["code"]

        assert await code_of_seven() == "DOCUMENT_NOT_FOUND"
        await registered.add("web", {"7": TEXT})
        assert await code_of_seven() is None
        await registered.remove("web", ["7"])
        assert await code_of_seven() == "DOCUMENT_NOT_FOUND"


async def test_a_dead_database_leaves_workers_with_what_they_know(script: Script) -> None:
    class Dead(Registry):
        async def number(self) -> int:
            raise SourceUnavailable("house")

    persisted = Persisted("trusted")
    await persisted.refresh(Registry(**{"7": TEXT}))
    with pytest.raises(SourceUnavailable):
        await persisted.refresh(Dead())
    async with Gateway(example(script, persisted=persisted), TOKENS).http as http:
        assert (await http.post("/graphql", json={"documentId": "7"})).json() == SEVEN
