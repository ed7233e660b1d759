"""Messages are for the members of their conversation, by whatever field one gets near them."""

import asyncio
import json
from typing import Any

from datasources.actor import ANONYMOUS, Actor
from datasources.social.tables import MEMBERS, MESSAGES
from schema.graph import build
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway
from tests.social.town import Town

SECRET = "zqxsecret"
MINE = """
{
  conversations { totalCount nodes {
    id unreadCount members { handle } messages { totalCount nodes { number text author { handle } } }
  } }
}
"""
READ = "conversation { unreadCount }"
INSIDE = "{ id members { handle } messages { totalCount nodes { text } } }"
NEAR = {
    "Query.conversation": f"{{ conversation(id: $conversation) {INSIDE} }}",
    "Query.conversations": f"{{ conversations {{ nodes {INSIDE} }} }}",
    "Query.node": f"{{ node(id: $conversation) {{ ... on Conversation {INSIDE} }} }}",
    "Query.nodes": f"{{ nodes(ids: [$message]) {{ ... on Message {{ text conversation {INSIDE} }} }} }}",
    "Mutation.sendMessage": f"""mutation {{
        sendMessage(input: {{conversationId: $conversation, text: "Hi", idempotencyKey: "k"}}) {{
            message {{ conversation {INSIDE} }} problem {{ code }}
        }}
    }}""",
    "Mutation.readMessages": f"""mutation {{
        readMessages(input: {{conversationId: $conversation, number: 1}}) {{
            conversation {INSIDE} problem {{ code }}
        }}
    }}""",
    "Mutation.exportCustomer": "mutation { exportCustomer(input: {customerId: $customer}) { document } }",
    "Query.searchPosts": f'{{ searchPosts(text: "{SECRET}") {{ nodes {{ text }} }} }}',
    "Query.notifications": "{ notifications { nodes { kind post { text } } } }",
}
"""Every root field that can reach a message, and some that one might think of."""


async def test_nobody_else_gets_at_a_message_by_any_field(gateway: Gateway, town: Town, shop: Shop) -> None:
    ada, bo = await town.person("ada", actor=await shop.customer()), await town.person("bob")
    eve, clerk = await town.person("eve"), shop.staff("customers:write", "orders:read", "social:moderate")
    conversation = await town.conversation(ada, bo)
    customer = shop.id("Customer", ada.id)
    message = await town.message(ada, conversation, SECRET)
    for actor in (eve, ANONYMOUS, clerk):
        for query in NEAR.values():
            asked = query.replace("$conversation", json.dumps(conversation)).replace("$message", json.dumps(message))
            asked = asked.replace("$customer", json.dumps(customer))
            answer = await gateway.ask(asked, as_=actor)
            assert SECRET not in str(answer), query
            assert "'handle': 'bob'" not in str(answer), query
    assert await town.count(MESSAGES) == 1
    assert (await gateway.data(MINE, as_=bo))["conversations"]["nodes"][0]["messages"]["nodes"][0]["text"] == SECRET


def test_all_root_fields_that_reach_a_message_are_tried() -> None:
    schema = build()._schema
    reaching = {"Message", "Conversation"}
    found = {
        f"{root.name}.{name}"
        for root in (schema.query_type, schema.mutation_type)
        if root
        for name, field in root.fields.items()
        if reaching & _below(schema.type_map, field.type)
    }
    assert found - {"Mutation.startConversation"} <= NEAR.keys(), "who starts a conversation is a member of it"


def _below(types: Any, kind: Any, deep: int = 2) -> set[str]:
    """The names of the types to which a field leads soon: through a payload or a page."""
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    fields = getattr(kind, "fields", {}) if deep else {}
    return {kind.name, *(name for field in fields.values() for name in _below(types, field.type, deep - 1))}


async def test_there_is_one_conversation_of_two_and_unread_counts_are_of_others(gateway: Gateway, town: Town) -> None:
    ada, bo, cy = [await town.person(handle) for handle in ("ada", "bob", "cyd")]
    pair = await town.conversation(ada, bo)
    assert await town.conversation(bo, ada) == pair
    group = await town.conversation(ada, bo, cy)
    assert await town.conversation(ada, bo, cy) != group
    for author in (ada, bo, ada):
        await town.message(author, pair, f"of {author.id}")
    assert await _unread(gateway, bo, pair) == 1, "he wrote after the first, and so has read it"
    read = {"conversationId": pair, "number": 3}
    done = await town.does("readMessages", "ReadMessagesInput", READ, read, as_=bo)
    assert done == {"conversation": {"unreadCount": 0}, "problem": None}
    again = await town.does("readMessages", "ReadMessagesInput", READ, read | {"number": 1}, as_=bo)
    assert again["conversation"] == {"unreadCount": 0}, "it never goes back"
    beyond = await town.does("readMessages", "ReadMessagesInput", READ, read | {"number": 4}, as_=bo)
    assert beyond["problem"]["code"] == "INVALID_INPUT"
    assert await _unread(gateway, ada, pair) == 0


async def test_blocks_hide_messages_and_end_conversations_of_two(gateway: Gateway, town: Town) -> None:
    ada, bo, cy = [await town.person(handle) for handle in ("ada", "bob", "cyd")]
    pair, group = await town.conversation(ada, bo), await town.conversation(ada, bo, cy)
    for conversation in (pair, group):
        await town.message(bo, conversation, SECRET)
    await town.message(cy, group, "Hello")
    await town.blocks(ada, bo)
    mine = (await gateway.data(MINE, as_=ada))["conversations"]["nodes"]
    assert SECRET not in str(mine)
    assert "bob" not in str(mine)
    assert [(one["unreadCount"], one["messages"]["totalCount"]) for one in mine] == [(1, 1), (0, 0)]
    for author in (ada, bo):
        sent = {"conversationId": pair, "text": "Hello?", "idempotencyKey": "after"}
        refused = await town.does("sendMessage", "SendMessageInput", "message { id }", sent, as_=author)
        assert refused["problem"]["code"] == "NOT_FOUND"
    await town.message(bo, group, SECRET)
    assert SECRET not in str(await gateway.data(MINE, as_=ada))
    assert SECRET in str(await gateway.data(MINE, as_=cy))


async def test_who_write_at_once_get_numbers_without_gaps(gateway: Gateway, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    starts = [_start(town, ada, bo, "1"), _start(town, bo, ada, "2"), _start(town, ada, bo, "3")]
    started = await asyncio.gather(*starts)
    (conversation,) = {one["conversation"]["id"] for one in started}
    assert await town.count(MEMBERS) == 2
    authors = [(ada, bo)[n % 2] for n in range(12)]
    sends = [_send(town, author, conversation, n // 2) for n, author in enumerate(authors)]
    sent = await asyncio.gather(*sends)
    assert sorted(sent) == list(range(1, 13))
    assert await _send(town, ada, conversation, 0) == sent[0], "a repeat sends nothing more"
    assert await town.count(MESSAGES) == 12
    for actor in (ada, bo):
        # Each has read up to its own last message, and the other may have written after that.
        last = max(number for number, author in zip(sent, authors, strict=True) if author is actor)
        others = sum(number > last for number, author in zip(sent, authors, strict=True) if author is not actor)
        assert await _unread(gateway, actor, conversation) == others


async def _start(town: Town, one: Actor, other: Actor, key: str) -> Any:
    values = {"profileIds": [town.id(other)], "idempotencyKey": key}
    kind = "StartConversationInput"
    return await town.does("startConversation", kind, "conversation { id }", values, as_=one)


async def _send(town: Town, author: Actor, conversation: str, n: int) -> int:
    """The message's number."""
    values = {"conversationId": conversation, "text": f"{n}", "idempotencyKey": f"message {n}"}
    sent = await town.does("sendMessage", "SendMessageInput", "message { number }", values, as_=author)
    number: int = sent["message"]["number"]
    return number


async def _unread(gateway: Gateway, actor: Actor, conversation: str) -> int:
    query = "query ($id: ID!) { conversation(id: $id) { unreadCount } }"
    unread: int = (await gateway.data(query, {"id": conversation}, as_=actor))["conversation"]["unreadCount"]
    return unread
