"""Who subscribes hears of what is theirs, in order, and from the beginning where they say so."""

from tests.finance.bank import Bank
from tests.listening import Listen

BALANCES = 'subscription { balanceChanged(after: "oldest") { type account { booked { amount } } } }'
TRANSFERS = 'subscription { transferChanged(after: "oldest") { type transfer { status amount { amount } } } }'
CASES = 'subscription { caseChanged(after: "oldest") { type case { status reasons } } }'
RATES = 'subscription { rateChanged(currency: USD, after: "oldest") { type rate { currency rate } } }'
ALL = """subscription { financeEvents(types: [TRANSFER_HELD, RATE_CHANGED], after: "oldest") {
  __typename type ... on TransferEvent { transfer { id } } } }"""


async def test_each_hears_of_what_it_sees(bank: Bank, listen: Listen) -> None:
    ada, bo = await bank.wallet(money=40_000_00), await bank.wallet(name="Bo Lindqvist")
    await bank.verify(ada)
    await bank.send(ada, bo, 5_00)
    await bank.send(ada, bo, 10_000_00)
    await bank.learn(USD="1.25", JPY="160")
    posted = {"status": "POSTED", "amount": {"amount": "5.00"}}
    held = {"status": "HELD", "amount": {"amount": "10000.00"}}
    async with listen(TRANSFERS, bo.owner) as next:
        assert await next() == {"type": "TRANSFER_RECEIVED", "transfer": posted}
    async with listen(TRANSFERS, ada.owner) as next:
        heard = [await next() for _ in range(3)]
        assert [one["type"] for one in heard] == ["TRANSFER_RECEIVED", "TRANSFER_POSTED", "TRANSFER_HELD"]
        assert heard[2]["transfer"] == held
    async with listen(BALANCES, bo.owner) as next:
        opened, booked = await next(), await next()
        assert (opened["type"], booked) == (
            "ACCOUNT_OPENED",
            {"type": "BALANCE_BOOKED", "account": {"booked": {"amount": "5.00"}}},
        )
        await bank.send(ada, bo, 1_00)
        assert (await next())["account"] == {"booked": {"amount": "6.00"}}
    async with listen(CASES, bank.officers[0]) as next:
        assert await next() == {"type": "CASE_OPENED", "case": {"status": "OPEN", "reasons": ["AMOUNT"]}}
    async with listen(RATES, bo.owner) as next:
        assert await next() == {"type": "RATE_CHANGED", "rate": {"currency": "USD", "rate": "1.25"}}
    async with listen(ALL, bank.staff("events:read")) as next:
        assert await next() == {"__typename": "TransferEvent", "type": "TRANSFER_HELD", "transfer": None}
        assert (await next())["__typename"] == "RateEvent"
