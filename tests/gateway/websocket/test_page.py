"""A page is written for a socket as if each of its messages were."""

from gateway.frames import frame
from gateway.page import Page


def test_it_is_written_for_ids_of_any_length() -> None:
    page = Page(b"x" * size for size in (0, 70, 124, 200, 65_535, 70_000))
    for before in (b"one", b"two", b"three", b"one"):
        assert page.framed(before) == b"".join(frame(before + result + b"}") for result in page)
    assert Page().framed(b"one") == b""
