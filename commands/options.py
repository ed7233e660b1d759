"""The options of the command line, with what its help says of them."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter, validators
from cyclopts.validators import Number

from datasources.house.tables import MAX_CLIENT

A_FILE = validators.Path(exists=True, dir_okay=False)
RUNS, ASKS, GRAPH, DATA = map(
    Group.create_ordered, ("Serve, and see how it is", "Ask, and be somebody", "The graph and its clients", "Data")
)
DEFAULTS = Parameter(show_default=False, negative_iterable=())


def _positive(_: object, ttl: timedelta) -> None:
    if ttl <= timedelta():
        raise ValueError("Write for example 30m.")


def _client(_: object, name: str) -> None:
    if not re.fullmatch(rf"[\w.@/-]{{1,{MAX_CLIENT}}}", name, re.ASCII):
        raise ValueError("Write letters, digits and -_.@/, for example web.")


Host = Annotated[str | None, Parameter(help="The address to serve on; 127.0.0.1 unless given.")]
Port = Annotated[
    int | None,
    Parameter(help="The port to serve on, 0 for a free one; 8000 unless given.", validator=Number(gte=0, lte=65535)),
]
Data = Annotated[Path | None, Parameter(help="The directory of the databases; ./data unless given.")]
Workers = Annotated[
    int | None, Parameter(help="Processes that serve; 1 unless given.", validator=Number(gte=1, lte=64))
]
Scale = Annotated[
    float, Parameter(help="How much sample data; 1, the default, is 10,000 orders.", validator=Number(gt=0, lte=100))
]
StandIns = Annotated[bool, Parameter(help="Whether services that have no address get a stand-in; they do.")]
As = Annotated[str, Parameter(name="--as", help="Whose token: an email address.")]
Scopes = Annotated[list[str] | None, Parameter(name="--scope", help="Instead of the person's own; may be repeated.")]
Ttl = Annotated[timedelta, Parameter(help="How long it holds, like 30m or 2d; 1h unless given.", validator=_positive)]
Email = Annotated[str | None, Parameter(name="--as", help="Whose tokens: an email address.")]
Subject = Annotated[str | None, Parameter(help="Or the `sub` that they say.")]
Until = Annotated[
    datetime | None,
    Parameter(help="Tokens issued before then are refused, like 2030-12-31T18:00 in UTC; before now unless given."),
]
Undo = Annotated[bool, Parameter(negative=(), help="Take the tokens of before again, those that have not expired.")]
Check = Annotated[
    bool, Parameter(negative=(), help="Compare it with schema/schema.graphql, and exit with 1 where they differ.")
]
AsJson = Annotated[bool, Parameter(name="--json", negative=(), help="As JSON, for programs.")]
Query = Annotated[str, Parameter(help="The text of an operation.")]
Asked = Annotated[
    str, Parameter(help="The text of an operation, or - to read it from standard input.", allow_leading_hyphen=True)
]
Asking = Annotated[str | None, Parameter(name="--as", help="Who asks: an email address; nobody unless given.")]
Url = Annotated[
    str | None, Parameter(help="A gateway that runs, like http://127.0.0.1:8000; the graph itself unless given.")
]
Variables = Annotated[str, Parameter(help="The values of the query's variables, as JSON.")]
Client = Annotated[str, Parameter(help="Whose documents: a name such as web or ios.", validator=_client)]
OneClient = Annotated[str | None, Parameter(help="Of this client, one by one.")]
Manifest = Annotated[Path, Parameter(help="As graphql-codegen, Relay or Apollo's tools wrote it.", validator=A_FILE)]
Ids = Annotated[str, Parameter(help="Which documents.")]
All = Annotated[bool, Parameter(name="--all", negative=(), help="All documents of the client.")]
Against = Annotated[
    Path | None,
    Parameter(help="The released schema, as `schema` printed it; the committed one unless given.", validator=A_FILE),
]
