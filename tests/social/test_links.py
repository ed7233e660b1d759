"""Edges between social and commerce, and lists of many parents: one statement for each, whatever hangs on how many."""

from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway
from tests.social.town import Town

PRODUCTS = """
{
  products(sort: PRICE_LOW) { nodes {
    name
    posts(first: 2) { totalCount nodes { text products { position product { name } } } }
    reviews(first: 1) { totalCount nodes { text author { handle } } }
    reviewSummary { count stars }
  } }
}
"""
PEOPLE = """
{
  searchProfiles(text: "person") { nodes {
    handle
    followers(first: 1) { totalCount nodes { handle } }
    following(first: 2) { totalCount nodes { handle } }
    posts(first: 1) { totalCount nodes { text } }
    reviews { totalCount }
  } }
}
"""
ME = "{ me { name profile { handle } } }"


async def test_products_have_posts_and_reviews_in_one_statement_each(gateway: Gateway, town: Town, shop: Shop) -> None:
    category = await shop.category("Kitchen")
    mug, pot = [await shop.product(name, price=price, category=category) for name, price in (("Mug", 1), ("Pot", 2))]
    ids = [shop.id("Product", id) for id in (mug, pot)]
    ada = await town.person("ada", actor=await shop.customer())
    bo = await town.person("bob", actor=await shop.customer("bo@example.com"))
    for number, shown in enumerate(([ids[1], ids[0]], [ids[0]], [ids[0]])):
        await town.post(ada, f"post {number}", productIds=shown)
    await town.post(ada, "for her alone", "ME", productIds=ids)
    for author, stars in ((ada, 5), (bo, 2)):
        await shop.order(author, Sold(mug), status="shipped")
        await town.review(author, ids[0], stars, f"{stars} stars")
    found = (await gateway.data(PRODUCTS, as_=bo))["products"]["nodes"]
    one = [{"position": 1, "product": {"name": "Mug"}}]
    both = [{"position": 1, "product": {"name": "Pot"}}, {"position": 2, "product": {"name": "Mug"}}]
    review = {"text": "2 stars", "author": {"handle": "bob"}}
    assert found == [
        {
            "name": "Mug",
            "posts": {"totalCount": 3, "nodes": [{"text": f"post {n}", "products": one} for n in (2, 1)]},
            "reviews": {"totalCount": 2, "nodes": [review]},
            "reviewSummary": {"count": 2, "stars": 3.5},
        },
        {
            "name": "Pot",
            "posts": {"totalCount": 1, "nodes": [{"text": "post 0", "products": both}]},
            "reviews": {"totalCount": 0, "nodes": []},
            "reviewSummary": None,
        },
    ]
    assert max(gateway.calls.values()) == 1
    assert await gateway.data(ME, as_=ada) == {"me": {"name": "Ada", "profile": {"handle": "ada"}}}


async def test_lists_of_many_people_take_one_statement_each(gateway: Gateway, town: Town) -> None:
    people = [await town.person(f"person{number}") for number in range(4)]
    for number, one in enumerate(people):
        for other in people[number + 1 :]:
            await town.follows(one, other)
        for post in range(number):
            await town.post(one, f"{post} of {number}")
    found = (await gateway.data(PEOPLE, as_=people[0]))["searchProfiles"]["nodes"]
    assert sorted(found, key=lambda profile: profile["handle"]) == [
        {
            "handle": f"person{number}",
            "followers": {"totalCount": number, "nodes": [{"handle": f"person{number - 1}"}][:number]},
            "following": {
                "totalCount": 3 - number,
                "nodes": [{"handle": f"person{other}"} for other in range(3, number, -1)][:2],
            },
            "posts": {"totalCount": number, "nodes": [{"text": f"{number - 1} of {number}"}][:number]},
            "reviews": {"totalCount": 0},
        }
        for number in range(4)
    ]
    assert max(gateway.calls.values()) == 1
