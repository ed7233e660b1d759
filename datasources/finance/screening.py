"""Names, matched against lists of persons to whom nobody may give money, by a service that speaks yente's API."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasources.actor import Actor
from datasources.errors import SourceError, SourceUnavailable
from datasources.finance.sources import FinanceSources

MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Result:
    id: str
    match: bool


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    results: list[_Result]


@dataclass(frozen=True, slots=True)
class _Answer:
    responses: dict[str, _Response]


class Screening:
    """The service knows no actors."""

    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self._service = sources.screening
        self._dataset = sources.screening_dataset

    async def hits(self, names: Sequence[str]) -> list[bool | SourceError]:
        """Whether each of these persons, MOST_AT_ONCE at most, is on a list; an error where nobody could tell.

        Source: screening, one call of `POST /match/{dataset}`.
        """
        queries = {str(at): {"schema": "Person", "properties": {"name": [name]}} for at, name in enumerate(names)}
        (answer,) = await self._service.post_many(f"/match/{self._dataset}", [{"queries": queries}], answer=_Answer)
        if isinstance(answer, SourceError):
            return [answer] * len(names)
        return [self._hit(answer.responses.get(str(at))) for at in range(len(names))]

    def _hit(self, response: _Response | None) -> bool | SourceError:
        if response is None or response.status != 200:
            return SourceUnavailable(self._service.name, "a name was not matched")
        return any(result.match for result in response.results)
