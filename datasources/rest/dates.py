"""Dates as HTTP writes them."""

from datetime import datetime
from email.utils import parsedate_to_datetime


def moment_of(date: str) -> datetime | None:
    """None where it is no date, or one without a zone."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):  # no date; one with endless digits
        return None
    return moment if moment.tzinfo else None
