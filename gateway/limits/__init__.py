"""What one caller may ask for, before anything is done for it.

document.py     what a document may be, counted before it is validated
merging.py      a rule of validation, in time that grows with the fields
admission.py    which operations may run at all, and who may run one now
rate.py         how much each caller may ask for in a time
shared_rate.py  the same, of all processes that share a Redis
connections.py  how many sockets and streams stay open
refusals.py     what callers are told who may not
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What operators choose; all other limits are constants, beside what they bound.

    `max_depth` is of fields below one another, `max_cost` of one operation, as gateway/plan/cost.py has it, and
    `cost_per_minute` of all operations of one caller, in all processes that share a Redis, else in each. With
    `introspection`, clients may ask for the schema, and are told the names that are close to a wrong one.
    `max_connections` are sockets and streams in one process; one caller may have a tenth of them.
    """

    max_depth: int = 15
    max_cost: float = 100_000
    cost_per_minute: float = 1_000_000
    redis_url: str | None = None
    introspection: bool = True
    max_connections: int = 10_000


DEFAULT = Limits()
