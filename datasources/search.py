"""Full-text search: what is typed, and the rows that match it, the best match first."""

import re
from typing import Any, NamedTuple

import sqlalchemy as sa

from datasources.errors import InvalidInput
from datasources.pages import Sort
from datasources.statements import Columns, Condition, kept, projection

MAX_SEARCH = 200
MAX_WORDS = 10


class Index(NamedTuple):
    """Where `table` is searched: on SQLite in the FTS5 table `name`, whose `key` is the id of the row and whose other
    `columns` are searched; on PostgreSQL in its column `search`.
    """

    table: sa.Table
    name: str
    key: str
    columns: tuple[str, ...]

    def typed(self, text: str, dialect: str, field: str) -> Condition:
        """Of rows that have all words of what was typed into `field`; the last may be unfinished.

        Raises: InvalidInput.
        """
        words = re.findall(r"\w+", text)[:MAX_WORDS] if len(text) <= MAX_SEARCH else []
        if not words:
            raise InvalidInput(field, f"Search for one to {MAX_WORDS} words, in {MAX_SEARCH} characters at most.")
        if dialect == "sqlite":
            quoted = " ".join(f'"{word}"' for word in words)
            return Condition(sa.true(), {"search": f"{{{' '.join(self.columns)}}} : ({quoted}*)"})
        return Condition(sa.true(), {"search": " & ".join(words) + ":*"})


@kept
def matching(index: Index, columns: Columns, dialect: str) -> tuple[sa.Select[Any], Sort]:
    """Rows that match what was `typed`, and the order in which the best match comes first."""
    table = index.table
    matches = (_fts5(index) if dialect == "sqlite" else _tsvector(table)).subquery("matches")
    select = projection(table, columns).select_from(table.join(matches, matches.c.id == table.c.id))
    return select, Sort("relevance", (matches.c.relevance, table.c.id), descending=True)


def _fts5(index: Index) -> sa.Select[Any]:
    words = sa.table(index.name, sa.column(index.key, sa.Uuid()), sa.column("rank", sa.Float()))
    relevance: sa.Label[float] = sa.cast(-words.c.rank, sa.Double()).label("relevance")
    matching = sa.column(index.name).op("MATCH")(_SEARCH)
    return sa.select(words.c[index.key].label("id"), relevance).where(matching)


def _tsvector(table: sa.Table) -> sa.Select[Any]:
    words = sa.table(table.name, sa.column("id", sa.Uuid()), sa.column("search")).alias("searched")
    query = sa.func.to_tsquery(sa.literal_column("'simple'"), _SEARCH)
    relevance: sa.Label[float] = sa.cast(sa.func.ts_rank(words.c.search, query), sa.Double()).label("relevance")
    return sa.select(words.c.id, relevance).where(words.c.search.op("@@")(query))


_SEARCH = sa.bindparam("search", type_=sa.Text)
