"""The stores of a domain, each made when an operation first asks for it: most ask for few."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

S = TypeVar("S")


class store(Generic[S]):
    """`orders = store(Orders)`: made of the sources, for the actor."""

    def __init__(self, make: Callable[[Any, Any], S]) -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, domain: None, _: type) -> "store[S]": ...
    @overload
    def __get__(self, domain: object, _: type) -> S: ...
    def __get__(self, domain: Any, _: type) -> Any:
        if domain is None:
            return self
        made = domain.__dict__[self._name] = self._make(domain.sources, domain.actor)
        return made
