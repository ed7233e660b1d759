"""`uv run python -m tests.chaos --minutes 10`: a long run of chaos, whose figures it prints.

Two gateways on PostgreSQL and Redis behind a load balancer, people who buy and staff who count stock, and subscribers
over every transport, while workers are killed, Redis and PostgreSQL are stopped, hung up and restarted, and connections
are cut. A seed tells the same faults again. Logs of the workers are left where it says.
"""

import argparse
import asyncio
import random
import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.chaos.figures import Figures
from tests.chaos.run import Plan, chaos
from tests.database_servers import Postgres

EVERY_S = 3.0


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m tests.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--every", type=float, default=EVERY_S, metavar="S", help="seconds between faults")
    options.add_argument("--seed", type=int, default=random.randrange(10_000))
    options.add_argument("--no-redis", action="store_true", help="wakes go through PostgreSQL")
    given = options.parse_args()
    directory = Path(mkdtemp(prefix="heddle-chaos-"))
    print(f"seed {given.seed}, logs in {directory}", flush=True)  # noqa: T201
    plan = Plan(given.seed, given.minutes * 60, given.every, redis=not given.no_redis)
    figures = asyncio.run(_run(plan, directory))
    print(figures)  # noqa: T201
    return 1 if figures.findings else 0


async def _run(plan: Plan, directory: Path) -> Figures:
    postgres = Postgres()
    try:
        return await chaos(plan, postgres, directory)
    finally:
        await postgres.stop()


if __name__ == "__main__":
    sys.exit(main())
