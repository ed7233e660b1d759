"""Payments, as their orders lead to them."""

from datetime import datetime

import strawberry

from datasources.commerce.errors import PaymentDeclined
from datasources.commerce.payments import PaymentStatus
from datasources.money import Currency
from schema.access import INHERITED, policy
from schema.fields import computed
from schema.money import Money
from schema.problems import Problem

strawberry.enum(PaymentStatus, description="How far a payment is. Money is taken when it is captured.")


@strawberry.type(
    description="A payment, as the payment service has it now.", directives=[policy("whoever may see its order")]
)
class Payment:
    id: strawberry.ID = strawberry.field(description="Its id at the payment service; not for `node`.")
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
