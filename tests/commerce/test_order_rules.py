"""The rules of orders, on values."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.commerce.errors import InvalidMove
from datasources.commerce.orders import OrderStatus
from datasources.errors import InvalidInput
from datasources.ids import utc_now, uuid7
from resolvers.commerce.rules import (
    MOVES,
    Refundable,
    all_that_is_left,
    must_move,
    order_number,
    refund_amount,
    status_after_refund,
)


def test_every_status_says_where_it_leads() -> None:
    assert MOVES.keys() == set(OrderStatus)
    ends = {status for status, onward in MOVES.items() if not onward}
    assert ends == {OrderStatus.CANCELLED, OrderStatus.REFUNDED}


@pytest.mark.parametrize("status", list(OrderStatus))
@pytest.mark.parametrize("wanted", list(OrderStatus))
def test_moves_outside_the_table_are_refused(status: OrderStatus, wanted: OrderStatus) -> None:
    if wanted in MOVES[status]:
        must_move(status, wanted)
    else:
        with pytest.raises(InvalidMove) as refused:
            must_move(status, wanted)
        assert (refused.value.status, refused.value.wanted) == (status, wanted)


LINES = st.lists(st.tuples(st.integers(1, 7), st.integers(0, 10_000)), min_size=1, max_size=4).map(
    lambda drawn: [Refundable(UUID(int=n), quantity, 0, total) for n, (quantity, total) in enumerate(drawn)]
)


@given(lines=LINES, data=st.data())
def test_refunds_in_any_parts_add_up_to_the_cent(lines: list[Refundable], data: st.DataObject) -> None:
    left_minor = total = sum(line.total_minor for line in lines)
    given_back = []
    while left := all_that_is_left(lines):
        id = data.draw(st.sampled_from(sorted(left)))
        quantity = data.draw(st.integers(1, left[id]))
        try:
            amount = refund_amount(lines, {id: quantity}, left_minor)
        except InvalidInput:
            amount = 0  # a part that is worth nothing
        else:
            assert amount > 0
        given_back.append(amount)
        left_minor -= amount
        assert left_minor >= 0
        lines = [
            Refundable(line.id, line.quantity, line.refunded + (quantity if line.id == id else 0), line.total_minor)
            for line in lines
        ]
        assert status_after_refund(lines) is (
            OrderStatus.PARTIALLY_REFUNDED if all_that_is_left(lines) else OrderStatus.REFUNDED
        )
    assert sum(given_back) == total


@given(lines=LINES, quantity=st.integers(-3, 10))
def test_only_what_is_left_can_be_refunded(lines: list[Refundable], quantity: int) -> None:
    total = sum(line.total_minor for line in lines)
    if not 1 <= quantity <= lines[0].quantity:
        with pytest.raises(InvalidInput):
            refund_amount(lines, {lines[0].id: quantity}, total)
    for wanted in ({}, {UUID(int=99): 1}):
        with pytest.raises(InvalidInput):
            refund_amount(lines, wanted, total)


def test_never_more_than_is_left_of_the_payment() -> None:
    lines = [Refundable(UUID(int=1), 3, 0, 900)]
    assert refund_amount(lines, {UUID(int=1): 2}, 900) == 600
    assert refund_amount(lines, {UUID(int=1): 2}, 500) == 500
    assert refund_amount(lines, {UUID(int=1): 3}, 500) == 500
    with pytest.raises(InvalidInput):
        refund_amount(lines, {UUID(int=1): 1}, 0)


def test_numbers_of_orders_are_for_people() -> None:
    assert order_number(UUID(int=0)) == "00000-00000"
    assert order_number(UUID(int=2**128 - 1)) == "ZZZZZ-ZZZZZ"
    now = utc_now()
    numbers = {order_number(uuid7(now)) for _ in range(1_000)}
    assert len(numbers) == 1_000
    assert not any(set("ILOU") & set(number) for number in numbers)
