"""Customers: who sees whom, profiles and addresses, and what counts as an email address."""

import asyncio
from uuid import uuid4

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.people import person_by_email
from datasources.commerce.tables import ADDRESSES, CUSTOMERS, EVENTS, STAFF
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway

ME = "{ me { name email phone currency addresses { recipient street city postalCode country } } }"
CUSTOMERS_WITH_ADDRESSES = """
query ($email: String, $first: Int! = 20, $after: String) {
  customers(email: $email, first: $first, after: $after) {
    nodes { name addresses { street } } pageInfo { hasNextPage endCursor } totalCount
  }
}
"""
CREATE = """
mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) {
    customer { name email phone currency } problem { __typename code ... on InputProblem { field } }
  }
}
"""
UPDATE = """
mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    customer { name email phone currency } problem { code ... on InputProblem { field } }
  }
}
"""


def new_customer(**changes: object) -> dict[str, object]:
    return {"name": "Grace Hopper", "email": "grace@example.com", **changes}


async def test_customers_with_addresses_cost_two_statements(gateway: Gateway, shop: Shop) -> None:
    people = [await shop.customer(f"c{n}@example.com", name=f"C{n}") for n in range(20)]
    for n, person in enumerate(people):
        await shop.address(person, street=f"Street {n}")
        await shop.address(person, street=f"Lane {n}")
    page = (await gateway.data(CUSTOMERS_WITH_ADDRESSES, as_=shop.staff("customers:read")))["customers"]
    assert page["nodes"] == [
        {"name": f"C{n}", "addresses": [{"street": f"Street {n}"}, {"street": f"Lane {n}"}]} for n in range(19, -1, -1)
    ]
    assert page["totalCount"] == 20
    assert gateway.calls == {
        "commerce.customers": 1,
        "commerce.customers.count": 1,
        "commerce.addresses_by_customer": 1,
    }


async def test_lists_page_by_age_and_find_by_email(gateway: Gateway, shop: Shop) -> None:
    staff = shop.staff("customers:read")
    for name in ("Ada", "Bo", "Cy"):
        await shop.customer(f"{name}@example.com", name=name)
    seen, after = [], None
    while True:
        answer = await gateway.data(CUSTOMERS_WITH_ADDRESSES, {"first": 1, "after": after}, as_=staff)
        page = answer["customers"]
        seen += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == ["Cy", "Bo", "Ada"]
    for email, names in ((" BO@Example.com", ["Bo"]), ("nobody@example.com", []), ("", []), ("\0", [])):
        page = (await gateway.data(CUSTOMERS_WITH_ADDRESSES, {"email": email}, as_=staff))["customers"]
        assert ([node["name"] for node in page["nodes"]], page["totalCount"]) == (names, len(names))


async def test_a_customer_sees_itself_and_nobody_else(gateway: Gateway, shop: Shop) -> None:
    ada, bo = await shop.customer(), await shop.customer("bo@example.com", name="Bo")
    await shop.address(ada)
    address = shop.id("Address", await shop.address(bo))
    assert (await gateway.data(ME, as_=ada))["me"] == {
        "name": "Ada",
        "email": "ada@example.com",
        "phone": None,
        "currency": "EUR",
        "addresses": [
            {
                "recipient": "Ada",
                "street": "Analytical Way 1",
                "city": "Berlin",
                "postalCode": "10115",
                "country": "DE",
            }
        ],
    }
    looks = """query ($bo: ID!, $address: ID!) {
      customer(id: $bo) { name } node(id: $bo) { id } nodes(ids: [$bo, $address]) { id }
    }"""
    variables = {"bo": shop.id("Customer", bo.id), "address": address}
    nothing = {"customer": None, "node": None, "nodes": [None, None]}
    assert await gateway.data(looks, variables, as_=ada) == nothing
    assert await gateway.data(looks, variables, as_=shop.staff("orders:read")) == nothing
    for scope in ("customers:read", "customers:write", "*"):
        seen = await gateway.data(looks, variables, as_=shop.staff(scope))
        assert (seen["customer"]["name"], len(seen["nodes"])) == ("Bo", 2)
        assert None not in seen["nodes"]
    assert await gateway.data("{ me { name } }", as_=shop.staff("*")) == {"me": None}


async def test_strangers_and_customers_may_not_list(gateway: Gateway, shop: Shop) -> None:
    ada = await shop.customer()
    id = {"id": shop.id("Customer", ada.id)}
    assert await gateway.refused(ME) == ["UNAUTHENTICATED"]
    assert await gateway.refused("query ($id: ID!) { customer(id: $id) { name } }", id) == ["UNAUTHENTICATED"]
    assert await gateway.data("query ($id: ID!) { node(id: $id) { id } }", id) == {"node": None}
    assert await gateway.refused(CUSTOMERS_WITH_ADDRESSES) == ["UNAUTHENTICATED"]
    assert await gateway.refused(CUSTOMERS_WITH_ADDRESSES, as_=ada) == ["FORBIDDEN"]
    assert await gateway.refused(CUSTOMERS_WITH_ADDRESSES, {"email": "ada@example.com"}, as_=ada) == ["FORBIDDEN"]


async def test_a_broken_seal_is_a_hole_in_its_own_field(gateway: Gateway, shop: Shop) -> None:
    for name in ("Ada", "Bo"):
        await shop.address(await shop.customer(f"{name}@example.com", name=name), street=f"{name} Street")
    async with shop.database.transaction() as transaction:
        foreign = sa.select(CUSTOMERS.c.sealed_name).where(CUSTOMERS.c.sealed_phone.is_(None))
        names = [row.sealed_name for row in await transaction.rows(foreign.order_by(CUSTOMERS.c.created_at))]
        await transaction.write(
            sa.update(CUSTOMERS).where(CUSTOMERS.c.sealed_name == names[1]).values(sealed_name=names[0])
        )
        first = (await transaction.rows(sa.select(ADDRESSES.c.id).order_by(ADDRESSES.c.created_at)))[0].id
        await transaction.write(sa.update(ADDRESSES).where(ADDRESSES.c.id == first).values(sealed=b"nonsense"))
    answer = await gateway.ask(
        "{ customers { nodes { name email addresses { street } } } }", as_=shop.staff("customers:read")
    )
    assert answer["data"]["customers"]["nodes"] == [
        {"name": None, "email": "Bo@example.com", "addresses": [{"street": "Bo Street"}]},
        {"name": "Ada", "email": "Ada@example.com", "addresses": [{"street": None}]},
    ]
    assert [(error["path"][3:], error["extensions"]["code"]) for error in answer["errors"]] == [
        (["name"], "INTERNAL"),
        (["addresses", 0, "street"], "INTERNAL"),
    ]


async def test_staff_create_customers_who_then_keep_their_profile(gateway: Gateway, shop: Shop) -> None:
    writer = shop.staff("customers:write")
    created = await gateway.data(CREATE, {"input": new_customer(phone="+1 (202) 555-0143", currency="USD")}, as_=writer)
    assert created["createCustomer"] == {
        "customer": {
            "name": "Grace Hopper",
            "email": "grace@example.com",
            "phone": "+1 (202) 555-0143",
            "currency": "USD",
        },
        "problem": None,
    }
    grace = await person_by_email(shop.sources, "GRACE@example.com")
    assert grace is not None
    changed = await gateway.data(UPDATE, {"input": {"name": " Grace H. ", "phone": "", "currency": "SEK"}}, as_=grace)
    assert changed["updateProfile"] == {
        "customer": {"name": "Grace H.", "email": "grace@example.com", "phone": None, "currency": "SEK"},
        "problem": None,
    }
    events = await shop.database.rows(sa.select(EVENTS.c.type, EVENTS.c.data).order_by(EVENTS.c.sequence))
    assert [tuple(event) for event in events] == [
        ("customer.created", {}),
        ("customer.changed", {"changed": ["currency", "name", "phone"]}),
    ]


async def test_an_email_address_belongs_to_one_customer(gateway: Gateway, shop: Shop) -> None:
    writer = shop.staff("customers:write")
    asks = [
        gateway.data(CREATE, {"input": new_customer(email=email)}, as_=writer)
        for email in ("g@example.com", "G@example.com", "G@EXAMPLE.COM")
    ]
    problems = [answer["createCustomer"]["problem"] for answer in await asyncio.gather(*asks)]
    taken = {"__typename": "InputProblem", "code": "INVALID_INPUT", "field": "email"}
    assert sorted(problems, key=str) == sorted([None, taken, taken], key=str)
    assert (await shop.count(CUSTOMERS), await shop.count(EVENTS)) == (1, 1)


BAD_PROFILES = [
    ({"name": " "}, "name"),
    ({"name": "x" * 121}, "name"),
    ({"name": "Ada\0"}, "name"),
    ({"name": "Ada\nLovelace"}, "name"),
    ({"name": "Ada\u2028Lovelace"}, "name"),
    ({"email": ""}, "email"),
    ({"email": "ada"}, "email"),
    ({"email": "ada@example"}, "email"),
    ({"email": "ada@@example.com"}, "email"),
    ({"email": "ada love@example.com"}, "email"),
    ({"email": "ada\0@example.com"}, "email"),
    ({"email": "a" * 65 + "@example.com"}, "email"),
    ({"email": "a@" + "b" * 250 + ".com"}, "email"),
    ({"phone": "call me"}, "phone"),
    ({"phone": "12"}, "phone"),
    ({"phone": "1" * 16}, "phone"),
    ({"phone": "12345\0"}, "phone"),
    ({"phone": "(" * 100 + "12345"}, "phone"),
]


async def test_bad_profiles_are_told_and_change_nothing(gateway: Gateway, shop: Shop) -> None:
    for change, field in BAD_PROFILES:
        answer = await gateway.data(CREATE, {"input": new_customer(**change)}, as_=shop.staff("customers:write"))
        problem = {"__typename": "InputProblem", "code": "INVALID_INPUT", "field": field}
        assert answer["createCustomer"] == {"customer": None, "problem": problem}, change
    assert (await shop.count(CUSTOMERS), await shop.count(EVENTS)) == (0, 0)


async def test_profiles_are_changed_by_their_customers_only(gateway: Gateway, shop: Shop) -> None:
    ada = await shop.customer()
    change = {"input": {"name": "Eve"}}
    assert await gateway.refused(UPDATE, change) == ["UNAUTHENTICATED"]
    refused = (await gateway.data(UPDATE, change, as_=shop.staff("*")))["updateProfile"]
    assert refused == {"customer": None, "problem": {"code": "NOT_FOUND"}}
    nothing = (await gateway.data(UPDATE, {"input": {}}, as_=ada))["updateProfile"]["problem"]
    assert nothing == {"code": "INVALID_INPUT", "field": "input"}
    assert await gateway.refused(CREATE, {"input": new_customer()}) == ["UNAUTHENTICATED"]
    assert await gateway.refused(CREATE, {"input": new_customer()}, as_=ada) == ["FORBIDDEN"]
    assert await gateway.refused(CREATE, {"input": new_customer()}, as_=shop.staff("customers:read")) == ["FORBIDDEN"]
    assert (await gateway.data(ME, as_=ada))["me"]["name"] == "Ada"
    assert (await shop.count(CUSTOMERS), await shop.count(EVENTS)) == (1, 0)


async def test_people_are_found_by_their_email_for_tokens(shop: Shop) -> None:
    ada = await shop.customer()
    id = uuid4()
    async with shop.database.transaction() as transaction:
        row = {"id": id, "name": "Admin", "scopes": "orders:read customers:write"}
        index = shop.sources.email_index.of("admin@example.com")
        await transaction.write(sa.insert(STAFF).values(**row, email_index=index))
    assert await person_by_email(shop.sources, "Ada@example.com") == Actor(ada.id)
    admin = Actor(id, frozenset({"orders:read", "customers:write"}))
    assert await person_by_email(shop.sources, "admin@EXAMPLE.com") == admin
    assert await person_by_email(shop.sources, "eve@example.com") is None
