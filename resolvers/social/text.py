"""What handles and texts look like. Pure rules, which say what is wrong."""

import re
from collections.abc import Sequence

from datasources.errors import InvalidInput

MAX_POST = 2_000
MAX_COMMENT = 1_000
MAX_MESSAGE = 4_000
MAX_REVIEW = 4_000
MAX_MENTIONS = 20
_HANDLE = re.compile(r"[a-z0-9][a-z0-9_]{2,29}")
_MENTION = re.compile(r"(?<![\w@/.])@([A-Za-z0-9][A-Za-z0-9_]{2,29})(?!\w)")


def handle(text: str) -> str:
    """In lower case, as it is kept. Raises: InvalidInput, as all of these do."""
    clean = text.strip().lower()
    if not _HANDLE.fullmatch(clean):
        raise InvalidInput("handle", "A handle has 3 to 30 of a-z, 0-9 and _, and begins with a letter or digit.")
    return clean


def mentions(text: str) -> Sequence[str]:
    """The handles that `text` mentions, each once, in their order; no email addresses. Raises: InvalidInput."""
    found = tuple(dict.fromkeys(one.lower() for one in _MENTION.findall(text)))
    if len(found) > MAX_MENTIONS:
        raise InvalidInput("text", f"It mentions {len(found)} people; mention {MAX_MENTIONS} at most.")
    return found
