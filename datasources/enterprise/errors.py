"""What enterprise refuses, where there is more to say than a message."""

from datasources.errors import Refusal


class Cycle(Refusal):
    code = "ENTERPRISE_CYCLE"

    def __init__(self) -> None:
        super().__init__("A department cannot be below itself; move it elsewhere.")
