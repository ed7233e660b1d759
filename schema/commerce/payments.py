"""Payments, as their orders lead to them."""

from datetime import datetime

import strawberry

from datasources.commerce.errors import PaymentDeclined
from datasources.commerce.payments import PaymentStatus
from datasources.money import Currency
from schema.access import INHERITED, policy
from schema.enums import told
from schema.fields import computed
from schema.money import Money
from schema.problems import Problem

told(
    PaymentStatus,
    "How far a payment is.",
    PENDING="The payment service has not decided yet.",
    AUTHORISED="The amount is reserved on the card, and not taken.",
    CAPTURED="The money was taken.",
    VOIDED="It was given up, and nothing was taken.",
)


@strawberry.type(
    description="A payment, as the payment service has it now.", directives=[policy("whoever may see its order")]
)
class Payment:
    provider_id: str = computed(str, "id", description="What the payment service calls it.")
    status: PaymentStatus
    amount: Money = computed(Money.of, "amount_minor", "currency", description="What was authorised.")
    captured: Money = computed(Money.of, "captured_minor", "currency", description="What was taken.")
    refunded: Money = computed(Money.of, "refunded_minor", "currency", description="What was given back.")
    currency: Currency
    created_at: datetime


@strawberry.type(description="The card was declined; nothing was ordered, and nothing taken.", directives=[INHERITED])
class PaymentDeclinedProblem(Problem):
    refusal = PaymentDeclined

    decline_code: str = strawberry.field(
        description="The payment service's word for why: insufficient_funds, expired_card, …"
    )
