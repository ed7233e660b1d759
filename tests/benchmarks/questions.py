"""What the benchmark asks, and by whom."""

from dataclasses import dataclass

from datasources.ids import utc_now, uuid7
from gateway.identity import Tokens
from house import configured


@dataclass(frozen=True, slots=True)
class Question:
    """`selection` is of one root field; `path` is where the floor answers the same by hand."""

    name: str
    path: str
    selection: str
    variable: str = ""

    @property
    def query(self) -> str:
        variables = f"({self.variable})" if self.variable else ""
        return f"query {variables} {{ {self.selection} }}"

    def renamed(self, name: str) -> str:
        """The same as a document that nobody sent before; with `$run` false, it executes nothing."""
        variables = f"$run: Boolean! = true {self.variable}"
        return f"query ({variables}) {{ ... @include(if: $run) {{ {name}: {self.selection} }} }}"


NESTED = Question(
    "nested, SQL",
    "/nested",
    """customers(first: 20) { nodes { id name orders(first: 5) { nodes {
    number placedAt total { amount currency }
    lines { quantity unitPrice { amount currency } product { sku name } }
    } } } }""",
)
NESTED_REST = Question(
    "nested, SQL and REST",
    "/nested-rest",
    """customers(first: 20, after: $after) { nodes { id orders(first: 5) { nodes {
    number payment { status amount { amount currency } } shipment { status trackingNumber }
    lines { product { sku available priceIn(currency: USD) { amount currency } stockLevels { onHand reserved } } }
    } } } }""",
    variable="$after: String",
)
LOOKUP = Question(
    "single lookup", "/lookup", "product(id: $id) { id sku name price { amount currency } }", variable="$id: ID!"
)
LONG_LIST = Question(
    "list of 1,000 rows",
    "/list",
    """customers(first: 100) { nodes { orders(first: 10) { nodes {
    id number placedAt subtotal { amount currency } tax { amount currency }
    } } } }""",
)
QUESTIONS = [NESTED, NESTED_REST, LOOKUP, LONG_LIST]

PEERS = Question("nested, SQL, no names", "/peers", NESTED.selection.replace(" name ", " ", 1))
"""A customer's name is encrypted in the database, which says nothing about peers."""


ROW = "id number placedAt status total { amount currency }"


def growing(customers: int, orders: int) -> Question:
    """A list of customers * orders rows."""
    selection = f"customers(first: {customers}) {{ nodes {{ orders(first: {orders}) {{ nodes {{ {ROW} }} }} }} }}"
    return Question(f"{customers * orders:,} rows", "", selection)


def tokens(count: int) -> list[str]:
    """Of so many actors, each with all rights."""
    settings, _ = configured()
    issuer = Tokens.configured(settings)
    return [issuer.issue(uuid7(utc_now()), {"*"}, 3600) for _ in range(count)]


def callers(count: int) -> list[dict[str, str]]:
    """The headers of so many actors, each with all rights."""
    return [{"Authorization": f"Bearer {token}", "Content-Type": "application/json"} for token in tokens(count)]
