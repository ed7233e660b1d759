"""What people write, made clean. Pure rules, which say what is wrong."""

import unicodedata

from datasources.errors import InvalidInput

_UNWRITABLE = {"Cc", "Cs"}
"""Unicode's categories of control characters, and of halves of characters."""
_BREAKS = {"\n", "\t", "\u2028", "\u2029"}


def plain(text: str, field: str, longest: int, *, lines: bool = False, empty: bool = False) -> str:
    """`text` without spaces around it and control characters in it; of several lines or none where that is said.

    Raises: InvalidInput.
    """
    clean = text.strip()
    if not (0 if empty else 1) <= len(clean) <= longest:
        raise InvalidInput(field, f"`{field}` has {0 if empty else 1} to {longest} characters.")
    if any(not lines if one in _BREAKS else unicodedata.category(one) in _UNWRITABLE for one in clean):
        raise InvalidInput(field, f"`{field}` has control characters in it; write it as plain text.")
    return clean
