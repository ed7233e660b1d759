"""A short run of chaos: each fault once."""

import random
from pathlib import Path

from tests.chaos.faults import Kind
from tests.chaos.run import Plan, chaos
from tests.database_servers import Postgres

EVERY_S = 0.7


async def test_nothing_is_lost_doubled_or_left_behind(postgres: Postgres, tmp_path: Path) -> None:
    seed = random.randrange(10_000)  # another one each time: a failure says which
    figures = await chaos(Plan(seed, len(Kind) * EVERY_S, EVERY_S), postgres, tmp_path)
    assert figures.findings == [], f"python -m tests.chaos --seed {seed}\n{figures}"
    assert set(figures.faults) == set(Kind)
    print(figures)  # noqa: T201
