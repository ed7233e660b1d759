"""Operations over HTTP responses that stay open: subscriptions, and whatever else a client asks for in this way.

kinds.py         server-sent events and multipart: how results are framed, and which of them a client wants
live.py          a response that stays open: kept alive, and ended with its session or its server
distinct.py      such a response for one operation
reserved.py      one for all operations of a client, and the requests that open and ask it
single.py        that stream, while it is open
reservations.py  the tokens by which it is opened and asked
relay.py         requests that reach another process than the one that it is open in
"""
