"""Full-text search: what is typed, and the rows that match it, the best match first.

On SQLite a table is searched by the FTS5 table of its name, `posts_search`; on PostgreSQL by its column `search`.
"""

import re
from collections.abc import Sequence

import sqlalchemy as sa

from datasources.errors import InvalidInput
from datasources.pages import Sort
from datasources.statements import Columns, Condition, kept, projection

MAX_SEARCH = 200
MAX_WORDS = 10


def typed(text: str, columns: Sequence[str], dialect: str, field: str = "search") -> Condition:
    """Of rows that have all these words in the columns; the last may be unfinished. Raises: InvalidInput."""
    words = re.findall(r"\w+", text)[:MAX_WORDS] if len(text) <= MAX_SEARCH else []
    if not words:
        raise InvalidInput(field, f"Search for one to {MAX_WORDS} words, in {MAX_SEARCH} characters at most.")
    if dialect == "sqlite":
        quoted = " ".join(f'"{word}"' for word in words)
        return Condition(sa.true(), {"search": f"{{{' '.join(columns)}}} : ({quoted}*)"})
    return Condition(sa.true(), {"search": " & ".join(words) + ":*"})


@kept
def matching(table: sa.Table, columns: Columns, dialect: str) -> tuple[sa.Select[tuple[object, ...]], Sort]:
    """Rows that match the parameter `search`, and the order in which the best match comes first."""
    matches = (_fts5(table) if dialect == "sqlite" else _tsvector(table)).subquery("matches")
    select = projection(table, columns).select_from(table.join(matches, matches.c.id == table.c.id))
    return select, Sort("relevance", (matches.c.relevance, table.c.id), descending=True)


def _fts5(table: sa.Table) -> sa.Select[tuple[object, ...]]:
    index = sa.table(f"{table.name}_search", sa.column("id", sa.Uuid()), sa.column("rank", sa.Float()))
    relevance: sa.Label[float] = sa.cast(-index.c.rank, sa.Double()).label("relevance")
    return sa.select(index.c.id, relevance).where(sa.column(index.name).op("MATCH")(_SEARCH))


def _tsvector(table: sa.Table) -> sa.Select[tuple[object, ...]]:
    index = sa.table(table.name, sa.column("id", sa.Uuid()), sa.column("search")).alias("searched")
    query = sa.func.to_tsquery(sa.literal_column("'simple'"), _SEARCH)
    relevance: sa.Label[float] = sa.cast(sa.func.ts_rank(index.c.search, query), sa.Double()).label("relevance")
    return sa.select(index.c.id, relevance).where(index.c.search.op("@@")(query))


_SEARCH = sa.bindparam("search", type_=sa.Text)
