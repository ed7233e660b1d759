"""The gateway beside the floor, its peers and itself, in one run, on one machine, on this repository's own graph.

`uv run python -m tests.benchmarks` makes every comparison, in some six minutes; `--seconds 1 --rounds 1` in two.

floor      the hand-written endpoint of floor.py, the gateway, and the same graph on graphql-core; four queries
peers      Mercurius with its JIT and GraphQL Yoga with graphql-jit, over the same SQLite file; one query
identical  many send the same query of the same actor at once, which the gateway executes once
documents  documents known and new: rates, what the first time costs, what is kept, what hostile ones take
feed       a page of the feed, of 10, 100 and 1,000 followed, among 10,000 and 100,000 posts
growth     lists of 10, 100, 1,000 and 10,000 rows: time a row, memory of an answer beside its JSON
subscribers  200 on WebSockets hear of the same events, of the gateway and of the peers; then 1,000 of the gateway, of
           whom 100 do not read

Some of it: `--only floor,peers --servers gateway,floor,yoga`. The peers need node 20.9 or later and, once,
`npm ci --prefix tests/benchmarks/peers`. The load comes from wrk where it is installed (`apt install wrk`). All servers
must answer the same data before they are measured; `failed` counts the answers under load that tell of errors. Tokens
and rights are checked by the gateway and the floor, not by the peers. But for `identical`, each request in flight is
another actor's, so that the gateway shares no execution; and where services are asked, each is about other customers:
gateway and floor send identical calls to a service once, and how many are in flight together is chance. The gateway's
limits are on: every request is counted, and paid for, by a caller who can.

How Python was built counts for as much as what it runs. Another one, beside the environment of the project:
`UV_PROJECT_ENVIRONMENT=/tmp/other uv run --python /usr/bin/python3 -m tests.benchmarks`.

Subscribers have ids, as front ends choose them, and at the gateway each another token of the same rights. They are
one process that keeps what comes, and looks afterwards whether each got each event once, in order, as it happened.
Bursts follow one another as fast as they arrive, with two under way; events one by one wait for the one before. Peers
publish in their own process, by the means that their documentation names, when a mutation asks for it; they tell what
that mutation has read, a statement an event, and read nothing else. What the gateway tells was written into its log
by another process, 25 events in a transaction, or one; Redis wakes it, and it reads the log, and what the events are
about, once for all. Delays are from the commit of an event, 20 of them a second. Memory is that of a subscriber, and
of one that does not read.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from datasources.sandbox.process import Sandbox
from tests.benchmarks.comparisons import Benchmark
from tests.benchmarks.data import fill, top_up
from tests.benchmarks.report import Report, Row
from tests.benchmarks.servers import SERVERS

COMPARISONS = ("floor", "peers", "identical", "documents", "growth", "subscribers", "feed")


def main() -> None:
    given = _options()
    report = Report()
    with tempfile.TemporaryDirectory() as directory, Sandbox(Path(directory)) as sandbox:
        os.environ |= {
            "HEDDLE_DATA": directory,
            "HEDDLE_PAYMENTS_URL": f"{sandbox.url}/payments",
            "HEDDLE_CARRIERS_URL": f"{sandbox.url}/carriers",
            "HEDDLE_RATES_URL": f"{sandbox.url}/rates",
            "HEDDLE_RECOMMENDATIONS_URL": f"{sandbox.url}/recommendations",
            "HEDDLE_SCREENING_URL": f"{sandbox.url}/screening",
            "HEDDLE_OPERATION_TIMEOUT_S": "100",
            "HEDDLE_COST_PER_MINUTE": "1000000000000",
        }
        asyncio.run(fill(sandbox.url))
        top_up(Path(directory), customers=100, orders=10)
        runs_it: Row = {"python": sys.version, "sqlite": apsw.sqlite_lib_version(), "cores": os.cpu_count() or 0}
        report.add("What runs it", [runs_it])
        benchmark = Benchmark(Path(directory), given.servers, given.connections, given.rounds, given.seconds, report)
        for name in given.only:
            getattr(benchmark, name)()
    if given.json:
        report.write(given.json)


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--only", type=_some(COMPARISONS), default=COMPARISONS, help="comparisons, by commas")
    options.add_argument("--servers", type=_some(SERVERS), default=SERVERS, help="servers, by commas")
    options.add_argument("--seconds", type=float, default=2, help="of each round; longer where little is answered")
    options.add_argument("--rounds", type=int, default=3, help="of each server and query; the median counts")
    options.add_argument("--connections", type=int, default=50)
    options.add_argument("--json", type=Path, metavar="FILE", help="writes the figures there too")
    return options.parse_args()


def _some(of: Sequence[str]) -> Callable[[str], list[str]]:
    def chosen(text: str) -> list[str]:
        names = text.split(",")
        if unknown := set(names) - set(of):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(of)}")
        return names

    return chosen


if __name__ == "__main__":
    main()
