"""Exchange rates from a service that speaks Frankfurter's API."""

from datasources.ids import Clock
from datasources.rest import RestService


class ExchangeRates:
    def __init__(self, service: RestService, clock: Clock) -> None:
        self.service = service
        self._clock = clock
