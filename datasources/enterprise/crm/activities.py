"""Activities: what somebody is to do, by when, and about what."""

from enum import StrEnum

from datasources.actor import Actor
from datasources.enterprise.lists import Lists, equals
from datasources.enterprise.policies import visible_activities
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import ACTIVITIES
from datasources.pages import Sort
from datasources.statements import Condition, met


class ActivityKind(StrEnum):
    CALL = "call"
    MAIL = "mail"
    MEETING = "meeting"
    TASK = "task"


class Activities:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        visible = visible_activities(actor)
        wanted = {"done": _done, **equals(ACTIVITIES.c.owner_id)}
        self.all = Lists(sources, ACTIVITIES, _DUE, visible, wanted)
        self.of_contacts = self.all.by(ACTIVITIES.c.contact_id)
        self.of_opportunities = self.all.by(ACTIVITIES.c.opportunity_id)


def _done(done: bool) -> Condition:
    return met(_IS_DONE if done else _IS_OPEN)


_IS_DONE, _IS_OPEN = ACTIVITIES.c.done_at.is_not(None), ACTIVITIES.c.done_at.is_(None)
_DUE = Sort("due", (ACTIVITIES.c.due_at, ACTIVITIES.c.id))
