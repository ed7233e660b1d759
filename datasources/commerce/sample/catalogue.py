"""Sample categories and products."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from datasources.commerce.sample import words
from datasources.commerce.sample.draft import HISTORY, Draft
from datasources.commerce.tables import BASE_CURRENCY, CATEGORIES, PRODUCTS


@dataclass(frozen=True, slots=True)
class SampleProduct:
    id: UUID
    sku: str
    name: str
    price_minor: int
    active: bool


@dataclass(frozen=True, slots=True)
class _Leaf:
    category_id: UUID
    materials: tuple[str, ...]
    group: words.Group
    nouns: tuple[str, ...]


def add_catalogue(draft: Draft) -> list[SampleProduct]:
    """The products, the most popular first."""
    leaves = list(_add_categories(draft))
    draft.random.shuffle(leaves)
    count = draft.scaled(500, at_least=20)
    return [_add_product(draft, number, leaves[number % len(leaves)]) for number in range(1, count + 1)]


def _add_categories(draft: Draft) -> Iterator[_Leaf]:
    for department_name, department in words.DEPARTMENTS.items():
        department_id = _add_category(draft, None, department_name)
        for group_name, group in department.groups.items():
            group_id = _add_category(draft, department_id, department_name, group_name)
            for name, nouns in group.leaves.items():
                category_id = _add_category(draft, group_id, department_name, group_name, name)
                yield _Leaf(category_id, department.materials, group, nouns)


def _add_category(draft: Draft, parent_id: UUID | None, *path: str) -> UUID:
    slug = "-".join(path).lower().replace(" ", "-")
    return draft.add(CATEGORIES, draft.start - HISTORY, parent_id=parent_id, slug=slug, name=path[-1])


def _add_product(draft: Draft, number: int, leaf: _Leaf) -> SampleProduct:
    pick = draft.random.choice
    noun, material, series, colour = pick(leaf.nouns), pick(leaf.materials), pick(words.SERIES), pick(words.COLOURS)
    name = f"{series} {material} {noun}"
    sku = f"{series[:3]}-{material[:3]}-{number:05}".upper()
    price_minor = draft.random.randrange(leaf.group.low_minor, leaf.group.high_minor, 100) - 10
    active = draft.random.random() > 0.04
    created_at = draft.before_the_start()
    id = draft.add(
        PRODUCTS,
        created_at,
        sku=sku,
        name=name,
        description=f"{noun} in {material.lower()}, {colour}. {pick(words.VIRTUES)} {pick(words.CARE)}",
        category_id=leaf.category_id,
        price_minor=price_minor,
        currency=BASE_CURRENCY,
        attributes={
            "material": material.lower(),
            "colour": colour,
            "origin": pick(words.ORIGINS),
            "weight": f"{draft.random.randrange(50, 4000, 10)} g",
        },
        active=active,
        units_sold=0,
        created_at=created_at,
        updated_at=created_at if active else draft.now - timedelta(days=1),
    )
    return SampleProduct(id, sku, name, price_minor, active)
