"""Personal data at rest: sealed with AES-256-GCM, found again by a keyed hash.

A sealed value is
    version (1 byte) | length of key id (1 byte) | key id | nonce (12 bytes) | ciphertext and tag (16 bytes)
and is bound to its place, such as `b"customers.email:" + id.bytes`: copied to another row or column it does not open.
"""

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")  # too short to be a key that was written in the id's place
KEY_BYTES = 32

HOW_TO_MAKE = """python -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())\""""


class SealBroken(Exception):
    """Sealed data does not open: its key is gone, or it was changed or moved. A fault, so clients see it masked."""


class Cipher:
    """Seals texts with the first of its keys and opens them with any, so that keys can be rotated.

    A key serves 2**32 texts before its random nonces become likely to meet; rotate long before.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        """`keys` by key id, 32 bytes each, the one that seals first."""
        if not keys:
            raise ValueError(f"There is no key; write 'k1:KEY', with a KEY made by: {HOW_TO_MAKE}")
        for key_id, key in keys.items():
            _check_id(key_id)
            if len(key) != KEY_BYTES:
                raise ValueError(f"Key '{key_id}' has {len(key)} bytes, not {KEY_BYTES}; make one by: {HOW_TO_MAKE}")
        self._keys = {key_id.encode(): AESGCM(key) for key_id, key in keys.items()}
        self._sealing_id, self._sealing_key = next(iter(self._keys.items()))

    @classmethod
    def from_setting(cls, setting: str) -> "Cipher":
        """Reads 'k2:BASE64,k1:BASE64', the key that seals first.

        Raises: ValueError that says what to write instead, and shows no key.
        """
        keys: dict[str, bytes] = {}
        for number, part in enumerate(filter(None, map(str.strip, setting.split(","))), start=1):
            key_id, colon, encoded = part.partition(":")
            if not colon:
                # Without a colon the part may be a bare key: it must not be shown.
                raise ValueError(f"Key number {number} has no id; write 'k{number}:KEY', several with commas between.")
            _check_id(key_id)
            if key_id in keys:
                raise ValueError(f"Two keys have the id '{key_id}'; give each key an id of its own.")
            keys[key_id] = _decoded(key_id, encoded)
        return cls(keys)

    def __repr__(self) -> str:
        return f"Cipher(keys: {', '.join(key_id.decode() for key_id in self._keys)})"

    def seal(self, text: str, place: bytes) -> bytes:
        """`text` encrypted; it opens only at the same place."""
        header = bytes([_VERSION, len(self._sealing_id)]) + self._sealing_id
        nonce = os.urandom(_NONCE_BYTES)
        return header + nonce + self._sealing_key.encrypt(nonce, text.encode(), header + place)

    def open(self, sealed: bytes, place: bytes) -> str:
        """The text that was sealed at this place.

        Raises: SealBroken where its key is not in the ring, or anything of it was changed or moved.
        """
        key_id, header, nonce, ciphertext = _parts(sealed)
        key = self._keys.get(key_id)
        if key is None:
            raise SealBroken(f"No key has the id {key_id!r}; put that key back into the setting, after the first one.")
        try:
            return key.decrypt(nonce, ciphertext, header + place).decode()
        except InvalidTag:
            raise SealBroken(f"Data sealed with the key {key_id!r} was changed, or moved from its place.") from None

    def needs_resealing(self, sealed: bytes) -> bool:
        """Whether another key than the first sealed it: seal it anew, then the old key can go.

        Raises: SealBroken where this is not sealed data at all.
        """
        return _parts(sealed)[0] != self._sealing_id


class BlindIndex:
    """A keyed hash of an email: equal for equal addresses, and says nothing without the key."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"The index key is shorter than {KEY_BYTES} bytes; make one by: {HOW_TO_MAKE}")
        self._key = key

    def of(self, email: str) -> bytes:
        """32 bytes, the same for every way to write the address: letter case, spaces around it, width of letters."""
        return hmac.digest(self._key, _normalised(email).encode(), hashlib.sha256)


def _normalised(email: str) -> str:
    # Folding can undo the normal form, therefore it is restored afterwards.
    folded = unicodedata.normalize("NFKC", email).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def _check_id(key_id: str) -> None:
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError("A key's id is 1 to 16 letters, digits, '-' or '_'; write it before the key, like 'k1:KEY'.")


def _decoded(key_id: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except ValueError:
        raise ValueError(f"Key '{key_id}' is not base64; make one by: {HOW_TO_MAKE}") from None


def _parts(sealed: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """Key id, header, nonce, ciphertext."""
    header_end = 2 + sealed[1] if len(sealed) > 1 else 2
    nonce_end = header_end + _NONCE_BYTES
    if len(sealed) < nonce_end + _TAG_BYTES or sealed[0] != _VERSION:
        raise SealBroken("This is not data that was sealed here.")
    return sealed[2:header_end], sealed[:header_end], sealed[header_end:nonce_end], sealed[nonce_end:]
