"""How an opportunity moves: which stage comes after which, and how likely each is unless somebody knows better."""

from collections.abc import Mapping

from datasources.enterprise.crm.pipeline import Stage
from datasources.enterprise.errors import StageOutOfReach

MOVES: Mapping[Stage, frozenset[Stage]] = {
    Stage.LEAD: frozenset({Stage.QUALIFIED, Stage.LOST}),
    Stage.QUALIFIED: frozenset({Stage.LEAD, Stage.PROPOSAL, Stage.LOST}),
    Stage.PROPOSAL: frozenset({Stage.QUALIFIED, Stage.NEGOTIATION, Stage.WON, Stage.LOST}),
    Stage.NEGOTIATION: frozenset({Stage.PROPOSAL, Stage.WON, Stage.LOST}),
    Stage.WON: frozenset(),
    Stage.LOST: frozenset({Stage.QUALIFIED}),
}
USUAL: Mapping[Stage, int] = {
    Stage.LEAD: 10,
    Stage.QUALIFIED: 25,
    Stage.PROPOSAL: 50,
    Stage.NEGOTIATION: 75,
    Stage.WON: 100,
    Stage.LOST: 0,
}
"""In percent."""
ENDED = frozenset({Stage.WON, Stage.LOST})


def moved(before: Stage, after: Stage) -> Stage:
    """Raises: StageOutOfReach."""
    if after != before and after not in MOVES[before]:
        reachable = ", ".join(stage.name for stage in Stage if stage in MOVES[before]) or "nowhere"
        raise StageOutOfReach(f"From {before.name} it goes to {reachable}, not to {after.name}.")
    return after


def likely(before: Stage, after: Stage, was: int, wanted: int | None) -> int:
    """In percent: what is wanted; else what is usual after a move, and what it was without one.

    What has ended is certain, whatever is wanted.
    """
    if after in ENDED:
        return USUAL[after]
    if wanted is not None:
        return wanted
    return was if after == before else USUAL[after]
