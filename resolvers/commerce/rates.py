"""Exchange rates, for whoever wants to see them."""

from typing import Any

from datasources.commerce.stores import Commerce
from resolvers.context import Context


async def exchange_rates(context: Context, base: str) -> Any:
    """The newest rates. Raises: SourceUnavailable, SourceTimeout."""
    return await context.of(Commerce).sources.rates.rates(base)
