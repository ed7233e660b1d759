"""A collector of traces: a real server that takes spans over OTLP and reads them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

from gateway import traces
from tests.rest.outside import Outside, http


@dataclass(frozen=True)
class Span:
    name: str
    kind: str  # SERVER, CLIENT, INTERNAL
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    error: str | None  # what its status says; None where it is no error
    duration_ns: int


class Collector:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.resources: list[dict[str, Any]] = []
        self.bodies = b""

    def named(self, name: str) -> Span:
        (span,) = (span for span in self.spans if span.name == name)
        return span

    def below(self, parent: Span) -> list[Span]:
        return [span for span in self.spans if span.parent == parent.id]

    def read(self, body: bytes) -> None:
        self.bodies += body
        for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resources.append(_values(of_resource.resource.attributes))
            self.spans += [_read(span) for scope in of_resource.scope_spans for span in scope.spans]


@asynccontextmanager
async def collected() -> AsyncIterator[Collector]:
    """What is traced inside; it is there when the block has ended."""
    collector = Collector()
    async with Outside().running() as server:
        server.says(http())
        with patch.dict(os.environ, {"OTEL_EXPORTER_OTLP_ENDPOINT": server.url}):
            traces.start()
        try:
            yield collector
        finally:
            await traces.stop()
        assert set(server.targets) <= {"/v1/traces"}
        for asked in server.asked:
            collector.read(asked.body)


def _read(span: Sent) -> Span:
    return Span(
        span.name,
        Sent.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        _values(span.attributes),
        span.status.message if span.status.code == 2 else None,
        span.end_time_unix_nano - span.start_time_unix_nano,
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {attribute.key: _value(attribute.value) for attribute in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind)
