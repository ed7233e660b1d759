"""Conversations and their messages, for their members alone."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.social.errors import NoProfile
from loaders.social import SocialLoaders
from resolvers.social import messages
from resolvers.social.messages import MAX_MEMBERS
from schema.access import INHERITED, SIGNED_IN, policy
from schema.connection import Connection
from schema.cost import Cost
from schema.fields import edge, edge_page, root, root_page
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload
from schema.social.profiles import Profile

_MEMBERS = policy("members of the conversation")


@strawberry.type(description="Two people or more who write to each other.", directives=[_MEMBERS])
class Conversation(Node, batch=SocialLoaders.conversation_by_id):
    created_at: datetime
    members: list[Profile] = edge(
        SocialLoaders.members_by_conversation,
        key="id",
        cost=Cost(size=3),
        description="You and the others, by handle; those that you may see.",
    )
    messages: Connection[Annotated["Message", strawberry.lazy("schema.social.messages")]] = edge_page(
        SocialLoaders.messages_by_conversation, key="id", description="The newest first; those that you may see."
    )
    unread_count: int = edge(
        SocialLoaders.unread_by_conversation, key="id", description="Messages of others that you have not read."
    )


@strawberry.type(description="What somebody wrote in a conversation.", directives=[_MEMBERS])
class Message(Node, batch=SocialLoaders.message_by_id):
    conversation: Conversation | None = edge(
        SocialLoaders.conversation_by_id, key="conversation_id", description="Where it was written."
    )
    number: int = strawberry.field(description="Counts up in its conversation, from 1.")
    author: Profile | None = edge(
        SocialLoaders.profile_by_id, key="author_id", description="Null where they have erased their profile."
    )
    text: str | None = strawberry.field(description="Null where its author has erased their profile.")
    sent_at: datetime


@strawberry.type
class MessagesQuery:
    conversations: Connection[Conversation] | None = root_page(
        SocialLoaders.conversations, SIGNED_IN, "Your conversations, the last active first."
    )
    conversation: Conversation | None = root(
        SocialLoaders.conversation_by_id,
        SIGNED_IN,
        "The conversation with this id; null where there is none that you are a member of.",
        key=id_of("Conversation"),
    )


@strawberry.input(description="Whom to write to.")
class StartConversationInput:
    profile_ids: list[strawberry.ID] = strawberry.field(description=f"1 to {MAX_MEMBERS - 1} people besides you.")
    idempotency_key: str = strawberry.field(description="New for each conversation; a repeat starts no other.")

    def value(self) -> list[Any]:
        """Raises: InvalidInput."""
        return [uuid_of(id, "Profile", "profileIds") for id in self.profile_ids]


@strawberry.input(description="What to write.")
class SendMessageInput:
    conversation_id: strawberry.ID
    text: str
    idempotency_key: str = strawberry.field(description="New for each message; a repeat sends nothing more.")


@strawberry.input(description="How far you have read.")
class ReadMessagesInput:
    conversation_id: strawberry.ID
    number: int = strawberry.field(description="That of the last message that you have read.")


@strawberry.type(description="The conversation as it is now, or why it was refused.", directives=[INHERITED])
class ConversationPayload:
    conversation: Conversation | None = None
    problem: Problem | None = None


@strawberry.type(description="The message, or why it was refused.", directives=[INHERITED])
class MessagePayload:
    message: Message | None = None
    problem: Problem | None = None


@strawberry.type
class MessagesMutation:
    @mutation(
        SIGNED_IN,
        "Starts a conversation; of you and one other there is one, which is given again.",
        InvalidInput,
        NoProfile,
        NotFound,
        KeyReused,
    )
    async def start_conversation(
        self, info: strawberry.Info, input: StartConversationInput
    ) -> ConversationPayload | None:
        return await payload(
            ConversationPayload,
            conversation=lambda: messages.start_conversation(info.context, input.value(), input.idempotency_key),
        )

    @mutation(SIGNED_IN, "Writes into a conversation of yours.", InvalidInput, NoProfile, NotFound, KeyReused)
    async def send_message(self, info: strawberry.Info, input: SendMessageInput) -> MessagePayload | None:
        return await payload(
            MessagePayload,
            message=lambda: messages.send_message(
                info.context,
                uuid_of(input.conversation_id, "Conversation", "conversationId"),
                input.text,
                input.idempotency_key,
            ),
        )

    @mutation(SIGNED_IN, "Remembers how far you have read; it never goes back.", InvalidInput, NotFound)
    async def read_messages(self, info: strawberry.Info, input: ReadMessagesInput) -> ConversationPayload | None:
        return await payload(
            ConversationPayload,
            conversation=lambda: messages.read_messages(
                info.context, uuid_of(input.conversation_id, "Conversation", "conversationId"), input.number
            ),
        )
