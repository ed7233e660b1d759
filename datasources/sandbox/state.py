"""What the sandbox remembers across restarts: one SQLite file of JSON documents and answers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import orjson

Json = dict[str, Any]

_BUSY_MS = 5000
"""How long a sandbox waits for one before it, which is still ending."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, id)
);
CREATE INDEX IF NOT EXISTS documents_by_parent ON documents (parent) WHERE parent IS NOT NULL;
CREATE TABLE IF NOT EXISTS answers (
    service TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (service, key)
);
"""


class Document(NamedTuple):
    kind: str
    body: Json
    parent: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a change says, and what must be kept before it is said; events are (type, object) pairs."""

    status: int
    body: Json
    keeps: Sequence[Document] = ()
    events: Sequence[tuple[str, Json]] = ()


class Keyed(NamedTuple):
    """An answer's idempotency key and the request that it stands for."""

    service: str
    key: str
    request: str


class State:
    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path))
        self._db.set_busy_timeout(_BUSY_MS)
        self._db.execute("PRAGMA journal_mode = WAL")  # a commit survives a kill of the process, which is all we need
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    def find(self, kind: str, document_id: str) -> Json | None:
        found = self._db.execute("SELECT body FROM documents WHERE kind = ? AND id = ?", (kind, document_id)).fetchone()
        return orjson.loads(found[0]) if found else None

    def children(self, kind: str, parent: str) -> list[Json]:
        """The documents of a parent, those kept last first."""
        rows = self._db.execute(
            "SELECT body FROM documents WHERE kind = ? AND parent = ? ORDER BY rowid DESC", (kind, parent)
        )
        return [orjson.loads(body) for (body,) in rows]

    def since(self, kind: str, created: int) -> list[Json]:
        """The documents that were created at that second or later, the newest first."""
        rows = self._db.execute(
            "SELECT body, json_extract(CAST(body AS TEXT), '$.created') AS created FROM documents"
            " WHERE kind = ? AND created >= ? ORDER BY created DESC, rowid DESC",
            (kind, created),
        )
        return [orjson.loads(body) for body, _ in rows]

    def keep(self, documents: Iterable[Document]) -> None:
        """Inserts or replaces them, by kind and id, in one transaction."""
        with self._db:
            self._put(documents)

    def keep_answer(self, keyed: Keyed, answer: Answer) -> None:
        """The answer and all that it must keep, in one transaction."""
        with self._db:
            self._put(answer.keeps)
            self._db.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?)", (*keyed, answer.status, orjson.dumps(answer.body))
            )

    def answered(self, service: str, key: str) -> tuple[str, Answer] | None:
        """The request that first used this key, and its answer."""
        found = self._db.execute(
            "SELECT request, status, body FROM answers WHERE service = ? AND key = ?", (service, key)
        ).fetchone()
        return (found[0], Answer(found[1], orjson.loads(found[2]))) if found else None

    def forget_answers(self, service: str) -> None:
        """As a service does with keys that are some time old: what was done stays done."""
        with self._db:
            self._db.execute("DELETE FROM answers WHERE service = ?", (service,))

    def _put(self, documents: Iterable[Document]) -> None:
        self._db.executemany(
            "INSERT INTO documents (kind, id, parent, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            ((kind, body["id"], parent, orjson.dumps(body)) for kind, body, parent in documents),
        )
