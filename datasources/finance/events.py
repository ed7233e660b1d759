"""What happens in finance, and is written into its log."""

from enum import StrEnum


class EventType(StrEnum):
    """The word before the dot says what the subject is: an account, a balance's account, a transfer, a case, a rate.

    A rate's subject is the currency's own id, `rate_id`. Of `transfer.received` the owner is who receives.
    """

    ACCOUNT_OPENED = "account.opened"
    ACCOUNT_CHANGED = "account.changed"
    BALANCE_BOOKED = "balance.booked"
    BALANCE_HELD = "balance.held"
    TRANSFER_POSTED = "transfer.posted"
    TRANSFER_RECEIVED = "transfer.received"
    TRANSFER_WAITING = "transfer.waiting"
    TRANSFER_HELD = "transfer.held"
    TRANSFER_REJECTED = "transfer.rejected"
    TRANSFER_REVERSED = "transfer.reversed"
    CASE_OPENED = "case.opened"
    CASE_DECIDED = "case.decided"
    RATE_CHANGED = "rate.changed"
