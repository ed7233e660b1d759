"""Figures for Prometheus, of this process or of all workers together.

Labels have few values, and none that a stranger could make up: the names of operations are left to the log.
"""

import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources import calls
from datasources.calls import Call, named
from datasources.events.offsets import lagging
from datasources.rest import breaker
from gateway.later import flush, later

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names where several workers keep their figures; prometheus-client reads it when it is imported."""

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
KEYS = (1, 2, 5, 10, 20, 50, 100, 200, 500)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nobody draws

OPERATIONS = Histogram("heddle_operation_seconds", "Operations.", ("kind", "outcome"), buckets=SECONDS)
RUNNING = Gauge("heddle_operations_running", "Operations that have not ended.", multiprocess_mode="livesum")
SHARED = Counter("heddle_operations_shared", "Operations that an identical one ran for.")
ERRORS = Counter("heddle_errors", "Operations and requests that had an error of this code.", ("code",))
SOCKETS = Gauge("heddle_sockets_open", "WebSockets.", multiprocess_mode="livesum")
STREAMS = Gauge("heddle_streams_open", "Event streams and multipart subscriptions.", multiprocess_mode="livesum")
DOCUMENTS = Counter("heddle_documents_read", "Documents parsed and validated; the others were known.")
FALLBACKS = Counter("heddle_plan_fallbacks", "Operations that plans do not cover, by the reason.", ("reason",))
BATCHES = Histogram("heddle_batch_keys", "Keys that were loaded at once, by the edge.", ("batch",), buckets=KEYS)
CALLS = Histogram(
    "heddle_call_seconds", "Statements, and batches of requests to services.", ("source", "outcome"), buckets=SECONDS
)
REQUESTS = Counter(
    "heddle_service_requests", "Requests to services: sent, answered from the cache, retried.", ("service", "how")
)
LEFT_ALONE = Gauge(
    "heddle_service_left_alone", "Workers whose breaker is open.", ("service",), multiprocess_mode="livesum"
)
LAG = Gauge(
    "heddle_consumer_lag_seconds",
    "Age of the event that a consumer has to handle next.",
    ("consumer",),
    multiprocess_mode="livemax",
)

# Looking a label's child up costs more than what it does.
_operations = cache(OPERATIONS.labels)
_batches = cache(BATCHES.labels)
_calls = cache(CALLS.labels)
_requests = cache(REQUESTS.labels)


def count_operation(kind: str, outcome: str, codes: list[str], duration_s: float, *, shared: bool) -> None:
    _operations(kind, outcome).observe(duration_s)
    for code in codes:
        ERRORS.labels(code).inc()
    if shared:
        SHARED.inc()


def _count(ended: list[Call | named]) -> None:
    for what in ended:
        if isinstance(what, Call):
            _count_call(what)
        elif what.keys is not None:
            _batches(what.name).observe(what.keys)


def _count_call(call: Call) -> None:
    _calls(call.source, "failed" if call.failed else "ok").observe(call.duration_s)
    if call.kind == "rest":
        _requests(call.source, "sent").inc(call.size - call.cached)
        _requests(call.source, "cached").inc(call.cached)
        _requests(call.source, "retried").inc(call.retries)


def _lagging(consumer: str, seconds: float) -> None:
    LAG.labels(consumer).set(seconds)


def _moved(service: str, is_open: bool) -> None:
    LEFT_ALONE.labels(service).set(is_open)


calls.ended.append(partial(later, _count))
breaker.moved.append(_moved)
lagging.append(_lagging)


def routes(token: SecretStr | None, *, public: bool) -> list[Route]:
    """`/metrics`, for those who send the token; without one for everybody or, unless `public`, for nobody."""
    if not token and not public:
        return []

    wanted = f"Bearer {token.get_secret_value()}".encode() if token else b""

    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if token and not hmac.compare_digest(given.encode(), wanted):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        flush()
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(await run_in_threadpool(lambda: encode(_registry())), media_type=media_type)

    return [Route("/metrics", metrics)]


def _registry() -> CollectorRegistry:
    directory = os.environ.get(DIRECTORY)
    if directory is None:
        return REGISTRY
    _forget_the_dead(Path(directory))
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


def _forget_the_dead(directory: Path) -> None:
    """A worker that was killed has left behind what it was doing."""
    for file in directory.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            with suppress(FileNotFoundError):  # another worker answers too
                mark_process_dead(pid)  # type: ignore[no-untyped-call]
        except PermissionError:
            pass


@contextmanager
def of_all_workers(workers: int) -> Iterator[None]:
    """Workers that are started inside keep their figures together, so that each can tell those of all."""
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="heddle-metrics-") as directory:
        os.environ[DIRECTORY] = directory
        yield
