"""Traces for OpenTelemetry, over OTLP: a span for each operation, each batch, each statement and each call.

They go where the standard variable `OTEL_EXPORTER_OTLP_ENDPOINT` says; without it nothing is imported, and nothing is
paid. Spans say what was asked of whom, how much and how long: no variables, no parameters, no people.
"""

import asyncio
import os
from collections.abc import Mapping
from threading import Thread
from typing import TYPE_CHECKING, Any

from datasources import calls
from datasources.calls import Call, named
from datasources.settings import WrongSetting

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

    from gateway.operation import Operation

FLUSH_S = 2.0
"""How long the end waits for the last spans to be taken."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def wanted() -> bool:
    """Whether the environment says where traces go. Raises: WrongSetting."""
    if not any(map(os.environ.get, _ENDPOINTS)):
        return False
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if os.environ.get("OTEL_TRACES_EXPORTER", "otlp") != "otlp":
        return False
    for name in _PROTOCOLS:
        if (protocol := os.environ.get(name, "http/protobuf")) != "http/protobuf":
            raise WrongSetting(f"{name} is '{protocol}', but traces are sent by http/protobuf alone; leave it out")
    return True


class Traces:
    """What becomes of operations, batches and calls is sent as spans."""

    def __init__(self, provider: "TracerProvider") -> None:
        from opentelemetry import context, trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("heddle")
        self._context = context
        self._trace = trace
        self._propagator = TraceContextTextMapPropagator()
        calls.began.append(self._began)
        calls.ended.append(self._ended)

    async def close(self) -> None:
        """Sends what is left. A collector that is gone cannot hold the end up."""
        calls.began.remove(self._began)
        calls.ended.remove(self._ended)
        sending = Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, FLUSH_S)

    def extracted(self, headers: Mapping[bytes, bytes]) -> "Context":
        names = ("traceparent", "tracestate")
        given = {name: headers[name.encode()].decode("latin-1") for name in names if name.encode() in headers}
        return self._propagator.extract(given)

    def operation_began(self, operation: "Operation") -> Any:
        attributes = {"graphql.operation.type": operation.kind, "heddle.request": operation.caller.request_id}
        if operation.name:
            attributes["graphql.operation.name"] = operation.name
        if operation.document.hash:
            attributes["heddle.document"] = operation.document.hash
        kind = self._trace.SpanKind.SERVER
        return self._entered(operation.kind, operation.caller.trace, kind, attributes)

    def operation_ended(self, operation: "Operation", entered: Any) -> str:
        """The id of its trace."""
        span, _ = entered
        span.set_attributes(
            {
                "heddle.outcome": operation.outcome,
                "heddle.codes": operation.codes,
                "heddle.cost": round(operation.spent),
                "heddle.shared": operation.shared,
            }
        )
        if operation.outcome == "failed":
            span.set_status(self._trace.StatusCode.ERROR, ", ".join(operation.codes))
        self._left(entered)
        return f"{span.get_span_context().trace_id:032x}"

    def _began(self, what: Call | named) -> None:
        # Background work and checks are no part of a trace.
        if not self._trace.get_current_span().get_span_context().is_valid:
            return
        if isinstance(what, named):
            attributes = {} if what.keys is None else {"heddle.keys": what.keys}
            what.span = self._entered(what.name, None, self._trace.SpanKind.INTERNAL, attributes)
            return
        whom, where = ("db.namespace", "db.collection.name") if what.kind == "sql" else ("peer.service", "url.template")
        what.span = self._tracer.start_span(
            f"{what.source} {what.target}",
            kind=self._trace.SpanKind.CLIENT,
            attributes={whom: what.source, where: what.target},
        )
        if what.kind == "rest":
            carried: dict[str, str] = {}
            self._propagator.inject(carried, self._trace.set_span_in_context(what.span))
            what.headers = carried

    def _ended(self, what: Call | named) -> None:
        if what.span is None:
            return
        if isinstance(what, named):
            self._left(what.span)
            return
        what.span.set_attribute("heddle.rows", what.rows)
        if what.kind == "rest":
            what.span.set_attributes(
                {"heddle.requests": what.size, "heddle.cached": what.cached, "heddle.retries": what.retries}
            )
        if what.failed:
            what.span.set_status(self._trace.StatusCode.ERROR)
        what.span.end()

    def _entered(self, name: str, parent: "Context | None", kind: Any, attributes: Mapping[str, Any]) -> Any:
        """A span that those that begin inside belong to, and how to leave it."""
        span = self._tracer.start_span(name, parent, kind, attributes)
        return span, self._context.attach(self._trace.set_span_in_context(span, parent))

    def _left(self, entered: Any) -> None:
        span, token = entered
        self._context.detach(token)
        span.end()


active: Traces | None = None


def start() -> None:
    """From now on, if the environment says where to. Raises: WrongSetting."""
    global active
    if not wanted():
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named_by_operator = OTELResourceDetector().detect().attributes
    provider = TracerProvider(
        resource=Resource.create({"service.name": "heddle", **named_by_operator}), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    active = Traces(provider)


def context_of(headers: Mapping[bytes, bytes]) -> "Context | None":
    """The trace that a request is part of, as its headers say; None without traces."""
    return active.extracted(headers) if active else None


async def stop() -> None:
    global active
    if active is not None:
        ending, active = active, None
        await ending.close()
