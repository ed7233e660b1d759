"""The catalogue: its tree, its lists and search, and how staff keep it."""

import pytest

from datasources.commerce.tables import EVENTS, PRODUCTS
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway

NAMES = """
query ($filter: ProductFilterInput, $sort: ProductSort, $first: Int! = 20, $after: String) {
  products(filter: $filter, sort: $sort, first: $first, after: $after) {
    nodes { name } pageInfo { hasNextPage endCursor } totalCount
  }
}
"""


async def names(gateway: Gateway, **variables: object) -> list[str]:
    return [node["name"] for node in (await gateway.data(NAMES, variables))["products"]["nodes"]]


async def test_tree_of_categories_costs_one_statement_an_edge(gateway: Gateway, shop: Shop) -> None:
    home = await shop.category("Home")
    kitchen = await shop.category("Kitchen", parent=home)
    cups = await shop.category("Cups", parent=kitchen)
    await shop.category("Garden")
    mug = await shop.product("Mug", category=cups)
    answer = await gateway.data(
        """query ($mug: ID!) {
          categories { name children { name children { name } parent { name } } }
          product(id: $mug) { category { name ancestors { name } } }
        }""",
        {"mug": shop.id("Product", mug)},
    )
    assert answer == {
        "categories": [
            {"name": "Garden", "children": []},
            {
                "name": "Home",
                "children": [{"name": "Kitchen", "children": [{"name": "Cups"}], "parent": {"name": "Home"}}],
            },
        ],
        "product": {"category": {"name": "Cups", "ancestors": [{"name": "Home"}, {"name": "Kitchen"}]}},
    }
    assert gateway.calls["commerce.children_by_category"] == 2
    assert gateway.calls["commerce.ancestors_by_category"] == 1


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("PRICE_LOW", ["Cup", "Mug", "Pot"]),
        ("PRICE_HIGH", ["Pot", "Mug", "Cup"]),
        ("NEWEST", ["Pot", "Cup", "Mug"]),
        ("BEST_SELLING", ["Mug", "Pot", "Cup"]),
    ],
)
async def test_sorts_page_without_gaps_or_repeats(gateway: Gateway, shop: Shop, sort: str, expected: list[str]) -> None:
    await shop.product("Mug", price=900, units_sold=7)
    await shop.product("Cup", price=500, units_sold=0)
    await shop.product("Pot", price=2500, units_sold=3)
    seen, after = [], None
    while True:
        page = (await gateway.data(NAMES, {"sort": sort, "first": 1, "after": after}))["products"]
        assert page["totalCount"] == 3
        seen += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == expected


async def test_search_ranks_names_above_descriptions_and_completes_the_last_word(gateway: Gateway, shop: Shop) -> None:
    await shop.product("Teapot", description="Goes with every espresso cup")
    await shop.product("Espresso cup", description="Small and thick")
    await shop.product("Chair", description="Wood")
    assert await names(gateway, filter={"search": "espres"}) == ["Espresso cup", "Teapot"]
    assert await names(gateway, filter={"search": "ESPRESSO thick"}) == ["Espresso cup"]
    assert await names(gateway, filter={"search": "sofa"}) == []


@pytest.mark.parametrize(
    "search", ['"', "NEAR(", "a* OR b", "'; DROP TABLE products; --", "cup\0", "%", "wörter & | !"]
)
async def test_search_takes_whatever_people_type(gateway: Gateway, shop: Shop, search: str) -> None:
    await shop.product("Mug")
    answer = await gateway.ask(NAMES, {"filter": {"search": search}})
    assert answer.get("errors", [{}])[0].get("extensions", {"code": "INVALID_INPUT"})["code"] == "INVALID_INPUT"
    assert await shop.count(PRODUCTS) == 1


async def test_filters_by_tree_price_stock_and_state(gateway: Gateway, shop: Shop) -> None:
    home = await shop.category("Home")
    cups = await shop.category("Cups", parent=home)
    await shop.product("Mug", category=cups, price=900, stock={"BER": 3})
    await shop.product("Cup", category=cups, price=500, stock={"BER": 0})
    await shop.product("Rug", category=home, price=5000, stock={"BER": 1, "LYS": 1})
    await shop.product("Old", price=100, active=False)
    assert await names(gateway, sort="NEWEST", filter={"categoryId": shop.id("ProductCategory", home)}) == [
        "Rug",
        "Cup",
        "Mug",
    ]
    assert await names(gateway, filter={"minPrice": "5.00", "maxPrice": "9.00"}) == ["Cup", "Mug"]
    assert await names(gateway, filter={"inStock": True}) == ["Rug", "Mug"]
    assert "Old" not in await names(gateway, filter={"includeRetired": True})
    staff = await gateway.data(NAMES, {"filter": {"includeRetired": True}}, as_=shop.staff("catalogue:write"))
    assert staff["products"]["totalCount"] == 4


CREATE = """
mutation ($input: CreateProductInput!) {
  createProduct(input: $input) {
    product { sku name price { amount currency } attributes { name value } active }
    problem { __typename code message ... on InputProblem { field } }
  }
}
"""


def new_product(category: str, **changes: object) -> dict[str, object]:
    return {
        "sku": "MUG-01",
        "name": "Mug",
        "description": "Holds tea",
        "categoryId": category,
        "price": {"amount": "12.50", "currency": "EUR"},
        "attributes": [{"name": "colour", "value": "blue"}],
        **changes,
    }


async def test_staff_create_change_and_retire(gateway: Gateway, shop: Shop) -> None:
    staff = shop.staff("catalogue:write")
    category = shop.id("ProductCategory", await shop.category("Cups"))
    created = await gateway.data(CREATE, {"input": new_product(category)}, as_=staff)
    assert created["createProduct"] == {
        "product": {
            "sku": "MUG-01",
            "name": "Mug",
            "price": {"amount": "12.50", "currency": "EUR"},
            "attributes": [{"name": "colour", "value": "blue"}],
            "active": True,
        },
        "problem": None,
    }
    listed = await gateway.data("{ products { nodes { id } } }")
    id = listed["products"]["nodes"][0]["id"]
    changed = await gateway.data(
        """mutation ($id: ID!) {
          changeProduct(input: {productId: $id, name: "Big mug"}) { product { name sku } }
          retireProduct(input: {productId: $id}) { product { active } }
        }""",
        {"id": id},
        as_=staff,
    )
    assert changed == {
        "changeProduct": {"product": {"name": "Big mug", "sku": "MUG-01"}},
        "retireProduct": {"product": {"active": False}},
    }
    assert await names(gateway) == []
    assert await names(gateway, filter={"search": "big"}) == []
    await gateway.data(
        "mutation ($id: ID!) { restoreProduct(input: {productId: $id}) { product { id } } }", {"id": id}, as_=staff
    )
    assert await names(gateway, filter={"search": "big"}) == ["Big mug"]
    assert await shop.count(EVENTS) == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": "mug 1"}, "sku"),
        ({"sku": "TAKEN"}, "sku"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"price": {"amount": "-1", "currency": "EUR"}}, "price"),
        ({"price": {"amount": "1.001", "currency": "EUR"}}, "price"),
        ({"price": {"amount": "1e40", "currency": "EUR"}}, "price"),
        ({"price": {"amount": "NaN", "currency": "EUR"}}, "price"),
        ({"price": {"amount": "1", "currency": "USD"}}, "price"),
        ({"categoryId": "garbage"}, "categoryId"),
        ({"categoryId": "UHJvZHVjdDowMTljYWU0MC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA"}, "categoryId"),
        ({"categoryId": "Q2F0ZWdvcnk6MDE5Y2FlNDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw"}, "categoryId"),
        ({"attributes": [{"name": "", "value": "x"}]}, "attributes"),
    ],
)
async def test_bad_input_is_told_and_changes_nothing(
    gateway: Gateway, shop: Shop, change: dict[str, object], field: str
) -> None:
    await shop.product("Taken", sku="TAKEN")
    category = shop.id("ProductCategory", await shop.category("Cups"))
    answer = await gateway.data(CREATE, {"input": new_product(category, **change)}, as_=shop.staff("catalogue:write"))
    problem = answer["createProduct"]["problem"]
    assert (problem["__typename"], problem["code"], problem["field"]) == ("InputProblem", "INVALID_INPUT", field)
    assert await shop.count(PRODUCTS) == 1
    assert await shop.count(EVENTS) == 0


async def test_writing_needs_the_scope(gateway: Gateway, shop: Shop) -> None:
    category = shop.id("ProductCategory", await shop.category("Cups"))
    ada = await shop.customer()
    assert await gateway.refused(CREATE, {"input": new_product(category)}) == ["UNAUTHENTICATED"]
    assert await gateway.refused(CREATE, {"input": new_product(category)}, as_=ada) == ["FORBIDDEN"]
    assert await shop.count(PRODUCTS) == 0


@pytest.mark.parametrize("after", ["", "x", "AAAA", "é", "a" * 5000])
async def test_foreign_cursors_are_refused(gateway: Gateway, after: str) -> None:
    assert await gateway.refused(NAMES, {"after": after}) == ["INVALID_INPUT"]


async def test_a_cursor_of_another_sort_is_refused(gateway: Gateway, shop: Shop) -> None:
    await shop.product("Mug")
    page = (await gateway.data(NAMES, {"sort": "NEWEST"}))["products"]
    assert await gateway.refused(NAMES, {"sort": "PRICE_LOW", "after": page["pageInfo"]["endCursor"]}) == [
        "INVALID_INPUT"
    ]


@pytest.mark.parametrize("first", [-1, 101, 2**31 - 1])
async def test_pages_are_bounded(gateway: Gateway, first: int) -> None:
    assert await gateway.refused(NAMES, {"first": first}) == ["INVALID_INPUT"]


async def test_node_finds_any_record_by_its_global_id(gateway: Gateway, shop: Shop) -> None:
    mug = await shop.product("Mug", category=await shop.category("Cups"))
    found = await gateway.data(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Product { category { __typename name } } } }",
        {"ids": [shop.id("Product", mug), shop.id("ProductCategory", mug)]},
    )
    assert found["nodes"] == [
        {
            "__typename": "Product",
            "id": shop.id("Product", mug),
            "category": {"__typename": "ProductCategory", "name": "Cups"},
        },
        None,
    ]
    assert await gateway.refused('{ node(id: "UHJvZHVjdDoxZTA") { id } }') == ["INVALID_INPUT"]
