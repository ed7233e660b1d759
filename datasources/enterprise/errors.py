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
