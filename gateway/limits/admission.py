"""Which operations may run at all, and who may run one now."""

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import OperationDefinitionNode

from gateway.limits import Limits
from gateway.limits.rate import WINDOW_S, Payer, Quota, Rate, payer_of
from gateway.limits.refusals import CostExceeded, LimitExceeded, TooManyOperations
from gateway.plan import Plans
from gateway.plan.compile import MAX_FIELDS
from gateway.plan.field import TooLarge
from gateway.request import Caller

if TYPE_CHECKING:
    from gateway.limits.shared_rate import SharedRate

MAX_OPERATIONS = 100
MAX_SUBSCRIPTIONS = 1_000
"""Of one caller at a time, in one process, over all connections."""
MAX_INTROSPECTION = 25_000
"""Twice what tools ask for: it holds the loop for some 2 µs a unit, without a pause."""
CHARACTERS = 4
"""Of a document that nobody sent before, to the unit of cost: to read it takes longer than to answer most.

To compile a plan is a unit for each of its fields.
"""


class Admission:
    def __init__(self, limits: Limits) -> None:
        self._max_cost = limits.max_cost
        self.rate = _rate(limits)
        self._running = Running()
        self._lasting = Running()

    def affordable(
        self, caller: Caller, plans: Plans, operation: OperationDefinitionNode, variables: dict[str, Any]
    ) -> "Estimate":
        """What the operation will cost. Whom the plan is new for pays for it. Raises: LimitExceeded, CostExceeded."""
        compiled = plans.compiled
        try:
            plan = plans.foreseen(operation, variables)
        except TooLarge:
            raise LimitExceeded("fields", None, MAX_FIELDS) from None
        finally:
            if plans.compiled > compiled:
                self.rate.add(payer_of(caller), plans.compiled - compiled)
        formula = plan.cost
        estimate = Estimate(formula.of(variables), formula.introspection, plan.shared)
        if estimate.introspection > MAX_INTROSPECTION:
            raise CostExceeded(estimate.introspection, MAX_INTROSPECTION, ["__schema"])
        if estimate.cost > self._max_cost:
            raise CostExceeded(estimate.cost, self._max_cost, formula.dearest(variables))
        return estimate

    async def admitted(self, caller: Caller, estimate: "Estimate", *, lasts: bool = False) -> "Admitted":
        """`with` it the operation runs; one that `lasts` is counted apart. Raises: TooManyOperations, RateLimited."""
        payer = payer_of(caller)
        if lasts:
            running, most, remedy = self._lasting, MAX_SUBSCRIPTIONS, "end one of them"
        else:
            running, most, remedy = self._running, MAX_OPERATIONS, "wait until one of them has ended"
        running.begin(payer, most, remedy)
        admitted = Admitted(self, running, payer, estimate)
        try:
            await self.rate.take(payer, estimate.cost)
        except BaseException:
            running.end(payer)
            raise
        return admitted

    async def pay(self, caller: Caller, cost: float) -> None:
        """For what an operation that lasts has done by now; waits as long as it takes to owe nothing."""
        payer = payer_of(caller)
        self.rate.add(payer, cost)
        owed_s = self.rate.quota(payer).full_in_s - WINDOW_S
        if owed_s > 0:
            await asyncio.sleep(owed_s)

    def quota(self, caller: Caller) -> Quota:
        return self.rate.quota(payer_of(caller))


def _rate(limits: Limits) -> "Rate | SharedRate":
    own = Rate(limits.cost_per_minute)
    if limits.redis_url is None:
        return own
    from gateway.limits.shared_rate import SharedRate  # redis imports much, which takes long

    return SharedRate(own, limits.redis_url)


class Estimate(NamedTuple):
    """What is known of an operation before it runs. `introspection` is the part of `cost` that is known exactly.

    `shared` says whether one execution may serve those who ask the same at that moment.
    """

    cost: float
    introspection: float
    shared: bool


class Running:
    """How many operations each caller runs."""

    def __init__(self) -> None:
        self._of: dict[Payer, int] = {}

    def begin(self, payer: Payer, most: int, remedy: str) -> None:
        """Raises: TooManyOperations."""
        running = self._of.get(payer, 0)
        if running >= most:
            raise TooManyOperations("You run", most, remedy)
        self._of[payer] = running + 1

    def end(self, payer: Payer) -> None:
        running = self._of[payer] - 1
        if running:
            self._of[payer] = running
        else:
            del self._of[payer]


class Admitted:
    """An operation that runs, at the cost of `payer`: as estimated, until it is known better."""

    __slots__ = ("_admission", "_estimate", "_payer", "_running")

    def __init__(self, admission: Admission, running: Running, payer: Payer, estimate: Estimate) -> None:
        self._admission = admission
        self._running = running
        self._payer = payer
        self._estimate = estimate

    def __enter__(self) -> "Admitted":
        return self

    def __exit__(self, *_: object) -> None:
        self._running.end(self._payer)

    def settle(self, spent: float) -> None:
        """Gives back what was estimated too much, and takes what was too little. Who leaves early pays the estimate."""
        self._admission.rate.add(self._payer, spent - self._estimate.cost)
