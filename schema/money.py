"""Money as clients see it."""

from decimal import Decimal

import strawberry

from datasources import money
from datasources.money import Currency
from schema.access import INHERITED
from schema.fields import computed

strawberry.enum(Currency, description="An ISO 4217 currency code.")


@strawberry.type(description="An amount of money, exact.", directives=[INHERITED])
class Money:
    amount: Decimal = computed(
        money.written,
        "minor",
        "currency",
        description="In major units, with the currency's own decimals: 12.34, or 1234 JPY.",
    )
    currency: Currency

    of = staticmethod(money.Money)


@strawberry.input(description="An amount of money.")
class MoneyInput:
    amount: Decimal = strawberry.field(
        description="In major units, as 12.34; with no more decimals than the currency has."
    )
    currency: Currency

    def value(self, field: str) -> money.Money:
        """Raises: InvalidInput."""
        return money.Money.parse(self.amount, self.currency.value, field)
