"""What is reported, and what moderation decides: each decision stays."""

from datasources.social.tables import DECISIONS, REPORTS
from tests.gateway_client import Gateway
from tests.social.town import Town

REPORTED = """
{ reports { totalCount nodes { reason reporter { handle } post { text } comment { text } decidedAt } } }
"""
DECIDED = "{ decisions { nodes { action note moderatorSubject moderator { handle } post { text } comment { text } } } }"
MODERATE = ("moderate", "ModerateInput", "decision { action }")


async def test_what_is_reported_is_decided_and_each_decision_stays(gateway: Gateway, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    moderator = await town.person("moderator", actor=town.moderator())
    post = await town.post(bo, "rude")
    comment = await town.comment(bo, post, "ruder")
    for subject in (post, comment, post):
        await town.reports(ada, subject)
    reported = (await gateway.data(REPORTED, as_=moderator))["reports"]
    assert reported["totalCount"] == 2
    assert reported["nodes"][0] == {
        "reason": "Rude",
        "reporter": {"handle": "ada"},
        "post": {"text": "rude"},
        "comment": None,
        "decidedAt": None,
    }
    for action, shown in (("DISMISS", True), ("HIDE", False), ("RESTORE", True)):
        town.clock.forward(seconds=1)
        decision = {"subjectId": comment, "action": action, "note": f"to {action}"}
        assert await town.does(*MODERATE, decision, as_=moderator) == {"decision": {"action": action}, "problem": None}
        seen = await gateway.data("query ($id: ID!) { node(id: $id) { id } }", {"id": comment}, as_=ada)
        assert (seen["node"] is not None) is shown
    assert (await gateway.data(REPORTED, as_=moderator))["reports"]["totalCount"] == 1
    decided = (await gateway.data(DECIDED, as_=moderator))["decisions"]["nodes"]
    assert [one["action"] for one in decided] == ["RESTORE", "HIDE", "DISMISS"]
    assert decided[0] == {
        "action": "RESTORE",
        "note": "to RESTORE",
        "moderatorSubject": str(moderator.id),
        "moderator": {"handle": "moderator"},
        "post": None,
        "comment": {"text": "ruder"},
    }


async def test_others_decide_nothing_and_see_no_reports(gateway: Gateway, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    hidden = await town.post(bo, "mine", "ME")
    report = {"subjectId": hidden, "reason": "I cannot even see it"}
    refused = await town.does("report", "ReportInput", "subjectId", report, as_=ada)
    assert refused["problem"]["code"] == "NOT_FOUND"
    profile = await town.does("report", "ReportInput", "subjectId", report | {"subjectId": town.id(bo)}, as_=ada)
    assert profile["problem"]["code"] == "INVALID_INPUT"
    for query in (REPORTED, DECIDED):
        assert await gateway.refused(query, as_=ada) == ["FORBIDDEN"]
    post = await town.post(bo)
    query = f'mutation {{ moderate(input: {{subjectId: "{post}", action: HIDE}}) {{ problem {{ code }} }} }}'
    assert await gateway.refused(query, as_=ada) == ["FORBIDDEN"]
    assert (await town.count(REPORTS), await town.count(DECISIONS)) == (0, 0)
