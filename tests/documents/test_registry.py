"""What is registered stays what it was, for every client that named it."""

import asyncio

import pytest

from datasources.house.documents import IdTaken, RegisteredDocuments

ONE, TWO = "query One { takes(number: 1) }", "query Two { takes(number: 2) }"


async def test_documents_are_added_for_clients_and_removed(registered: RegisteredDocuments) -> None:
    assert await registered.add("web", {"1": ONE, "2": TWO}) == 2
    assert await registered.add("ios", {"1": ONE}) == 1
    assert await registered.texts() == {"1": ONE, "2": TWO}
    assert [(one.client, one.id, one.text) for one in await registered.all()] == [
        ("ios", "1", ONE),
        ("web", "1", ONE),
        ("web", "2", TWO),
    ]
    assert await registered.remove("web", ["1", "3"]) == 1
    assert await registered.texts() == {"1": ONE, "2": TWO}, "ios has it too"
    assert await registered.remove("ios") == 1
    assert await registered.texts() == {"2": TWO}
    assert [one.id for one in await registered.all("web")] == ["2"]


async def test_adding_again_adds_what_is_new(registered: RegisteredDocuments) -> None:
    await registered.add("web", {"1": ONE})
    (before,) = await registered.all()
    assert await registered.add("web", {"1": ONE, "2": TWO}) == 1
    assert before in await registered.all()
    assert await registered.add("web", {"1": ONE, "2": TWO}) == 0


async def test_an_id_never_changes_its_meaning(registered: RegisteredDocuments) -> None:
    await registered.add("ios", {"1": ONE})
    for client in ("ios", "web"):
        with pytest.raises(IdTaken) as caught:
            await registered.add(client, {"0": TWO, "1": TWO})
        assert caught.value.ids == {"1": "ios"}
    assert await registered.texts() == {"1": ONE}


async def test_of_two_who_want_one_id_at_once_one_gets_it(registered: RegisteredDocuments) -> None:
    told = await asyncio.gather(*(registered.add("web", {"1": text}) for text in (ONE, TWO)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in told) == ["IdTaken", "int"]


async def test_every_change_counts(registered: RegisteredDocuments) -> None:
    numbers = [await registered.number()]
    await registered.add("web", {"1": ONE})
    numbers.append(await registered.number())
    await registered.remove("web")
    numbers.append(await registered.number())
    assert numbers == [0, 1, 2]
