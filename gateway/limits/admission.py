"""Which operations may run at all, and who may run one now."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from graphql import OperationDefinitionNode

from gateway.limits.refusals import CostExceeded, LimitExceeded, TooManyOperations
from gateway.plan import Plans, Unplanned
from gateway.plan.compile import MAX_FIELDS
from gateway.request import Caller

MAX_OPERATIONS = 100
"""Of one caller at a time, in one process."""

Payer = UUID | str
"""Whose operations count together: an actor's, or those of an address that nobody signed in from."""


def payer_of(caller: Caller) -> Payer:
    return caller.address if caller.actor.id is None else caller.actor.id


def affordable(plans: Plans, operation: OperationDefinitionNode, variables: dict[str, Any], max_cost: float) -> float:
    """What the operation will cost. Raises: LimitExceeded, CostExceeded."""
    try:
        formula = plans.cost(operation, variables)
    except Unplanned:
        raise LimitExceeded("fields", None, MAX_FIELDS) from None
    cost = formula.of(variables)
    if cost > max_cost:
        raise CostExceeded(cost, max_cost, formula.dearest(variables))
    return cost


class Admission:
    def __init__(self) -> None:
        self._running: Counter[Payer] = Counter()

    @contextmanager
    def admitted(self, caller: Caller) -> Iterator[None]:
        """For as long as the operation runs. Raises: TooManyOperations."""
        payer = payer_of(caller)
        if self._running[payer] >= MAX_OPERATIONS:
            raise TooManyOperations("You run", MAX_OPERATIONS, "wait until one of them has ended")
        self._running[payer] += 1
        try:
            yield
        finally:
            self._running[payer] -= 1
            if not self._running[payer]:
                del self._running[payer]
