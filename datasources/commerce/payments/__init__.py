"""Payments: what we asked for, in our database, and what is so, at the payment service."""

from datasources.actor import Actor
from datasources.commerce.payments.provider import NO_SUCH_METHOD, PaymentProvider
from datasources.commerce.payments.records import PaymentRecords, RefundStep, Step
from datasources.commerce.payments.signatures import check_signature
from datasources.commerce.payments.stripe import PaymentStatus, ProviderPayment
from datasources.commerce.sources import CommerceSources

__all__ = ["NO_SUCH_METHOD", "PaymentStatus", "Payments", "ProviderPayment", "RefundStep", "Step", "check_signature"]


class Payments:
    """Reached only by an order, whose policy decides; so it asks for no actor of its own."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self.records = PaymentRecords(sources.database, sources.clock)
        self.provider = PaymentProvider(sources.payments, sources.clock)
        self.by_ids = self.provider.by_ids
