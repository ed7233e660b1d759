"""Where webhooks may go by name: to public addresses, in whatever form these are written."""

import pytest

from datasources.enterprise.webhooks import is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_these_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.0.0.1", "127.0.0.1", "100.64.0.1", "169.254.169.254", "224.0.0.1"),
        *("::", "::1", "fd00::1", "fe80::1", "fec0::1", "ff0e::1", "::127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a9fe:a9fe::1"),
    ],
)
def test_these_lead_inside(address: str) -> None:
    assert not is_public(address)
