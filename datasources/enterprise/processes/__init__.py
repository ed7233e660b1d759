"""Workflows, their runs and approvals, as the database has them."""

from datasources.enterprise.processes.approvals import Approvals, ApprovalStatus
from datasources.enterprise.processes.heads import heads_above
from datasources.enterprise.processes.runs import RUNNER, Runs, RunStatus, StepStatus
from datasources.enterprise.processes.workflows import Workflows

__all__ = [
    "RUNNER",
    "ApprovalStatus",
    "Approvals",
    "RunStatus",
    "Runs",
    "StepStatus",
    "Workflows",
    "heads_above",
]
