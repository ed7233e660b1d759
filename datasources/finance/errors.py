"""What finance refuses, where there is more to say than a message."""

from typing import Any

from datasources.errors import Refusal
from datasources.money import Money


class InsufficientFunds(Refusal):
    """`available` is what the account could give."""

    code = "FINANCE_INSUFFICIENT_FUNDS"

    def __init__(self, available: Money) -> None:
        super().__init__(f"Only {available.amount} {available.currency} are available; take less, or pay in first.")
        self.available = available

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "available": f"{self.available.amount} {self.available.currency}"}


class LimitReached(Refusal):
    """`left` is what may still go out today, of the account or of its holder."""

    code = "FINANCE_LIMIT_REACHED"

    def __init__(self, left: Money) -> None:
        super().__init__(
            f"{left.amount} {left.currency} may still go out today; take less, wait until tomorrow (UTC), or have your "
            "identity verified."
        )
        self.left = left

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "left": f"{self.left.amount} {self.left.currency}"}


class NotScreened(Refusal):
    code = "FINANCE_NOT_SCREENED"

    def __init__(self) -> None:
        super().__init__("The name of this account's holder is not screened yet; it takes some minutes, try later.")


class QuoteExpired(Refusal):
    code = "FINANCE_QUOTE_EXPIRED"

    def __init__(self) -> None:
        super().__init__("The promise of this rate has ended, or was used; ask for a new quote.")


class RateUnknown(Refusal):
    code = "FINANCE_RATE_UNKNOWN"

    def __init__(self) -> None:
        super().__init__("There is no rate of this currency yet; try again in some minutes.")


class HoldEnded(Refusal):
    code = "FINANCE_HOLD_ENDED"

    def __init__(self) -> None:
        super().__init__("This hold was captured or released already, or belongs to a transfer.")


class NotReversible(Refusal):
    code = "FINANCE_NOT_REVERSIBLE"

    def __init__(self) -> None:
        super().__init__("Only what is posted can be reversed, and once.")


class CaseClosed(Refusal):
    code = "FINANCE_CASE_CLOSED"

    def __init__(self) -> None:
        super().__init__("This case is decided already.")


class FourEyes(Refusal):
    code = "FINANCE_FOUR_EYES"

    def __init__(self) -> None:
        super().__init__("Another officer has to decide: you did already, or you asked for it, or it is your own.")
