"""What enterprise refuses, where there is more to say than a message."""

from datasources.errors import Refusal


class Cycle(Refusal):
    code = "ENTERPRISE_CYCLE"

    def __init__(self) -> None:
        super().__init__("A department cannot be below itself; move it elsewhere.")


class ChangedMeanwhile(Refusal):
    code = "ENTERPRISE_CHANGED_MEANWHILE"

    def __init__(self) -> None:
        super().__init__("Somebody changed it since you read this `version`; read it again, and decide anew.")


class StageOutOfReach(Refusal):
    code = "ENTERPRISE_STAGE_OUT_OF_REACH"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class Decided(Refusal):
    code = "ENTERPRISE_DECIDED"

    def __init__(self) -> None:
        super().__init__("This was decided or withdrawn already; read it again.")


class FourEyes(Refusal):
    code = "ENTERPRISE_FOUR_EYES"

    def __init__(self) -> None:
        super().__init__("What you asked for or began yourself, somebody else has to approve.")


class OverLimit(Refusal):
    code = "ENTERPRISE_OVER_LIMIT"

    def __init__(self) -> None:
        super().__init__("This is more than you may approve; leave it to somebody who may approve more.")


class RunOver(Refusal):
    code = "ENTERPRISE_RUN_OVER"

    def __init__(self) -> None:
        super().__init__("Only what has not ended can be cancelled, and only what failed retried; read the run again.")


class NeedsApproval(Refusal):
    code = "ENTERPRISE_NEEDS_APPROVAL"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class InvoiceStatusRefused(Refusal):
    code = "ENTERPRISE_INVOICE_STATUS"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class InvoicedAlready(Refusal):
    code = "ENTERPRISE_INVOICED_ALREADY"

    def __init__(self) -> None:
        super().__init__("There is an invoice of this order, or with this number of the supplier, already.")


class OrderDiffers(Refusal):
    code = "ENTERPRISE_ORDER_DIFFERS"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class InvalidMove(Refusal):
    code = "ENTERPRISE_INVALID_MOVE"

    def __init__(self, message: str) -> None:
        super().__init__(message)


class OverReceived(Refusal):
    code = "ENTERPRISE_OVER_RECEIVED"

    def __init__(self, message: str) -> None:
        super().__init__(message)
