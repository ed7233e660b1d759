import base64
import re

import pytest

from datasources.cipher import BlindIndex, Cipher, SealBroken
from datasources.errors import HeddleError

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLACE = b"customers.email:" + bytes(16)
TEXT = "Ada Lovelace, Łódź 🧵"


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


@pytest.fixture
def cipher() -> Cipher:
    return Cipher({"k1": OLD})


@pytest.mark.parametrize("text", [TEXT, "", "x" * 100_000])
def test_what_was_sealed_opens_at_its_place(cipher: Cipher, text: str) -> None:
    assert cipher.open(cipher.seal(text, PLACE), PLACE) == text


def test_sealed_data_shows_nothing_of_the_text_and_never_repeats(cipher: Cipher) -> None:
    first, second = cipher.seal(TEXT, PLACE), cipher.seal(TEXT, PLACE)
    assert first != second
    assert b"Ada" not in first


def test_the_sealed_form_is_version_key_id_nonce_ciphertext_tag(cipher: Cipher) -> None:
    sealed = cipher.seal("abc", PLACE)
    assert sealed[:4] == b"\x01\x02k1"
    assert len(sealed) == 4 + 12 + 3 + 16


@pytest.mark.parametrize("place", [b"customers.phone:" + bytes(16), b"customers.email:" + b"\1" * 16, b""])
def test_moved_to_another_row_or_column_it_does_not_open(cipher: Cipher, place: bytes) -> None:
    with pytest.raises(SealBroken, match="moved"):
        cipher.open(cipher.seal(TEXT, PLACE), place)


def test_no_byte_can_be_changed_cut_or_added(cipher: Cipher) -> None:
    sealed = cipher.seal("abc", PLACE)
    changed = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    cut = [sealed[:at] for at in range(len(sealed))]
    for broken in [*changed, *cut, sealed + b"\0", b"\x01\xff" + sealed]:
        with pytest.raises(SealBroken):
            cipher.open(broken, PLACE)


def test_a_header_moved_between_keys_of_equal_bytes_is_noticed() -> None:
    ring = Cipher({"k1": OLD, "k2": OLD})
    sealed = ring.seal(TEXT, PLACE)
    with pytest.raises(SealBroken):
        ring.open(sealed.replace(b"k1", b"k2", 1), PLACE)


def test_a_new_first_key_seals_while_the_old_one_still_opens(cipher: Cipher) -> None:
    old = cipher.seal(TEXT, PLACE)
    rotated = Cipher({"k2": NEW, "k1": OLD})
    assert rotated.open(old, PLACE) == TEXT
    assert rotated.needs_resealing(old)

    new = rotated.seal(rotated.open(old, PLACE), PLACE)
    assert not rotated.needs_resealing(new)
    assert Cipher({"k2": NEW}).open(new, PLACE) == TEXT


def test_a_key_that_is_gone_is_named(cipher: Cipher) -> None:
    with pytest.raises(SealBroken, match="No key has the id b'k1'"):
        Cipher({"k2": NEW}).open(cipher.seal(TEXT, PLACE), PLACE)


def test_other_data_is_never_said_to_be_well_sealed(cipher: Cipher) -> None:
    with pytest.raises(SealBroken, match="not data that was sealed here"):
        cipher.needs_resealing(b"ada@example.com")


def test_a_broken_seal_is_a_fault_that_clients_see_masked() -> None:
    assert not issubclass(SealBroken, HeddleError)


def test_the_setting_gives_keys_by_id_the_first_one_seals() -> None:
    ring = Cipher.from_setting(f" k2:{encoded(NEW)} , k1:{encoded(OLD)}\n")
    sealed = ring.seal(TEXT, PLACE)
    assert Cipher({"k2": NEW}).open(sealed, PLACE) == TEXT
    assert ring.open(Cipher({"k1": OLD}).seal(TEXT, PLACE), PLACE) == TEXT


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("", "There is no key; write 'k1:KEY'"),
        (encoded(NEW), "Key number 1 has no id; write 'k1:KEY'"),
        (f"k2:{encoded(NEW)},{encoded(OLD)}", "Key number 2 has no id; write 'k2:KEY'"),
        (f"k1:{encoded(NEW)},k1:{encoded(OLD)}", "Two keys have the id 'k1'"),
        (f"{encoded(NEW)}:k1", "A key's id is 1 to 16 letters"),
        (f":{encoded(NEW)}", "A key's id is 1 to 16 letters"),
        (f"k1:{encoded(NEW)[:-1]}", "Key 'k1' is not base64; make one by: python -c"),
        (f"k1:{encoded(NEW)}é", "Key 'k1' is not base64; make one by: python -c"),
        (f"k1:{encoded(NEW[:16])}", "Key 'k1' has 16 bytes, not 32; make one by: python -c"),
        ("k1:", "Key 'k1' has 0 bytes, not 32; make one by: python -c"),
    ],
)
def test_a_wrong_setting_says_what_to_write_and_shows_no_key(setting: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        Cipher.from_setting(setting)
    for key in (OLD, NEW):
        assert encoded(key)[:8] not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_representations_show_no_key() -> None:
    assert repr(Cipher({"k2": NEW, "k1": OLD})) == "Cipher(keys: k2, k1)"
    assert not any(part in repr(BlindIndex(NEW)) for part in (repr(NEW)[2:10], encoded(NEW)[:8], NEW.hex()[:8]))


@pytest.mark.parametrize(
    "same", ["ada@example.com", "  Ada@Example.COM\n", "ADA@EXAMPLE.COM", "\uff41\uff44\uff41\uff20example.com"]
)
def test_an_email_is_found_however_it_is_written(same: str) -> None:
    assert BlindIndex(OLD).of(same) == BlindIndex(OLD).of("ada@example.com")


def test_composed_and_sharp_letters_are_found() -> None:
    index = BlindIndex(OLD)
    assert index.of("zoe\u0301@example.com") == index.of("ZO\u00c9@example.com")
    assert index.of("STRASSE@example.com") == index.of("stra\u00dfe@example.com")


def test_other_emails_and_other_keys_give_other_hashes() -> None:
    index = BlindIndex(OLD)
    assert len(index.of("ada@example.com")) == 32
    assert index.of("ada@example.com") != index.of("ada+1@example.com")
    assert index.of("ada@example.com") != BlindIndex(NEW).of("ada@example.com")


def test_a_short_index_key_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than 32 bytes"):
        BlindIndex(b"short")
