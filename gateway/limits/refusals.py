"""What callers are told who ask for too much: the figure, the limit and the remedy."""

from datasources.errors import Refusal


class Throttled(Refusal):
    """Not now; the same may be asked again after `retry_after_s` seconds."""

    retry_after_s = 1


class TooManyOperations(Throttled):
    code = "TOO_MANY_OPERATIONS"

    def __init__(self, who: str, limit: int, remedy: str) -> None:
        super().__init__(f"{who} {limit} operations already; {remedy}.")
