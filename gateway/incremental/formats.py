"""The two forms in which clients read parts, as JSON objects."""

from collections.abc import Callable
from typing import Any

from gateway.incremental.parts import End, Fragment, Items, Part, Place

Form = Callable[[Part], dict[str, Any] | None]
"""None where the form has no words for what a part says."""


def by_id(part: Part) -> dict[str, Any]:
    """`incrementalSpec=v0.2`: places are announced as `pending`, and told by their ids from then on."""
    said = {
        "pending": [_place(place) for place in part.begun],
        "incremental": [_arrival(one) for one in part.arrived],
        "completed": [_with_errors({"id": end.place.id}, end.errors) for end in part.ended],
    }
    return part.answer | {name: members for name, members in said.items() if members} | {"hasNext": not part.is_last}


def by_path(part: Part) -> dict[str, Any] | None:
    """`deferSpec=20220824`: each piece has its whole path, and what failed as a whole is null there."""
    pieces = [_piece(one) for one in part.arrived] + [_failure(end) for end in part.ended if end.errors]
    if not pieces and not part.answer and not part.is_last:
        return None
    incremental = {"incremental": pieces} if pieces else {}
    return part.answer | incremental | {"hasNext": not part.is_last}


def _place(place: Place) -> dict[str, Any]:
    return {"id": place.id, "path": place.path} | _label(place)


def _arrival(one: Fragment | Items) -> dict[str, Any]:
    arrival: dict[str, Any] = {"id": one.place.id}
    if isinstance(one, Items):
        return _with_errors(arrival | {"items": one.items}, one.errors)
    if one.sub_path:
        arrival["subPath"] = one.sub_path
    return _with_errors(arrival | {"data": one.data}, one.errors)


def _piece(one: Fragment | Items) -> dict[str, Any]:
    if isinstance(one, Items):
        piece: dict[str, Any] = {"items": one.items, "path": [*one.place.path, one.index]}
    else:
        piece = {"data": one.data, "path": [*one.place.path, *one.sub_path]}
    return _with_errors(piece | _label(one.place), one.errors)


def _failure(end: End) -> dict[str, Any]:
    place = end.place
    if place.index is None:
        piece: dict[str, Any] = {"data": None, "path": place.path}
    else:
        piece = {"items": None, "path": [*place.path, place.index]}
    return _with_errors(piece | _label(place), end.errors)


def _label(place: Place) -> dict[str, Any]:
    return {} if place.label is None else {"label": place.label}


def _with_errors(members: dict[str, Any], errors: list[dict[str, Any]]) -> dict[str, Any]:
    return members | {"errors": errors} if errors else members
