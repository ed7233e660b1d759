"""What the benchmark asks: each query, and the path where the floor answers the same by hand."""

from dataclasses import dataclass

NESTED = """
query { customers(first: 20) { nodes { id name orders(first: 5) { nodes {
  number placedAt total { amount currency }
  lines { quantity unitPrice { amount currency } product { sku name } }
} } } } }
"""

NESTED_REST = """
query { customers(first: 20) { nodes { id orders(first: 5) { nodes {
  number payment { status amount { amount currency } } shipment { status trackingNumber }
  lines { product { sku available priceIn(currency: USD) { amount currency } stockLevels { onHand reserved } } }
} } } } }
"""

LOOKUP = "query ($id: ID!) { product(id: $id) { id sku name price { amount currency } } }"

LONG_LIST = """
query { customers(first: 100) { nodes { orders(first: 10) { nodes {
  id number placedAt subtotal { amount currency } tax { amount currency }
} } } } }
"""


@dataclass(frozen=True, slots=True)
class Question:
    name: str
    query: str
    path: str  # at the floor


QUESTIONS = [
    Question("nested, SQL", NESTED, "/nested"),
    Question("nested, SQL and REST", NESTED_REST, "/nested-rest"),
    Question("single lookup", LOOKUP, "/lookup"),
    Question("long list", LONG_LIST, "/list"),
]
