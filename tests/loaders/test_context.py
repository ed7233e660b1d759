"""What an operation carries is let go with it."""

import gc
import weakref

import pytest

from datasources.actor import ANONYMOUS, Actor
from datasources.ids import utc_now
from loaders.batch import LoaderSet, value_by
from resolvers.context import Context


class Squares:
    """Stores of no source."""

    def __init__(self, sources: None, actor: Actor) -> None:
        pass

    async def of(self, keys: list[int]) -> dict[int, int]:
        return {key: key * key for key in keys}


class SquareLoaders(LoaderSet):
    domain = "squares"
    stores = Squares

    square = value_by(lambda squares: squares.of)


async def test_it_does_not_wait_for_the_collector(request: pytest.FixtureRequest) -> None:
    """What came next would be made in other memory, which has left the processor's caches."""
    gc.disable()
    request.addfinalizer(gc.enable)
    with Context(ANONYMOUS, {Squares: None}, utc_now) as context:
        assert await context.loaders.load_many(SquareLoaders.square, [2, 3], {}, alone=True) == {2: 4, 3: 9}
    left = weakref.ref(context)
    del context
    assert left() is None
