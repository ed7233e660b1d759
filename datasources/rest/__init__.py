"""Calls to REST services: typed, within the operation's deadline, and polite to a service in trouble.

service.py   RestService: what stores use
encoding.py  ids, parameters and forms into URLs and bodies
wire.py      one request and its whole reply
answers.py   a reply into a typed answer, or into the error that it is
attempts.py  a request repeated where that is safe, and what it tells the breaker
reads.py     reads that are shared and kept, until a write
flights.py   identical reads in flight are one request
cache.py     answers kept as long as the service allows
dates.py     as HTTP writes them
breaker.py   a dead service is left alone for a while
"""

from datasources.rest.service import RestService

__all__ = ["RestService"]
