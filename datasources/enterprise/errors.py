"""What enterprise refuses, where there is more to say than a message."""

from datasources.errors import Refusal


class Cycle(Refusal):
    code = "ENTERPRISE_CYCLE"
    said = "A department cannot be below itself; move it elsewhere."


class ChangedMeanwhile(Refusal):
    code = "ENTERPRISE_CHANGED_MEANWHILE"
    said = "Somebody changed it since you read this `version`; read it again, and decide anew."


class Decided(Refusal):
    code = "ENTERPRISE_DECIDED"
    said = "This was decided or withdrawn already; read it again."


class FourEyes(Refusal):
    code = "ENTERPRISE_FOUR_EYES"
    said = "What you asked for or began yourself, somebody else has to approve."


class OverLimit(Refusal):
    code = "ENTERPRISE_OVER_LIMIT"
    said = "This is more than you may approve; leave it to somebody who may approve more."


class RunOver(Refusal):
    code = "ENTERPRISE_RUN_OVER"
    said = "Only what has not ended can be cancelled, and only what failed retried; read the run again."


class InvoicedAlready(Refusal):
    code = "ENTERPRISE_INVOICED_ALREADY"
    said = "There is an invoice of this order, or with this number of the supplier, already."


class StageOutOfReach(Refusal):
    code = "ENTERPRISE_STAGE_OUT_OF_REACH"


class NeedsApproval(Refusal):
    code = "ENTERPRISE_NEEDS_APPROVAL"


class InvoiceStatusRefused(Refusal):
    code = "ENTERPRISE_INVOICE_STATUS"


class OrderDiffers(Refusal):
    code = "ENTERPRISE_ORDER_DIFFERS"


class InvalidMove(Refusal):
    code = "ENTERPRISE_INVALID_MOVE"


class OverReceived(Refusal):
    code = "ENTERPRISE_OVER_RECEIVED"
