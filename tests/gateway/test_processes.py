"""What a process that serves asks of its system."""

import resource
import socket
import sys

import pytest

from gateway.processes import HELD_BYTES, TAKES_NOTHING_S, bound, open_many_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")


def test_connections_inherit_how_long_and_how_much_is_kept_for_them() -> None:
    with bound("127.0.0.1", 0) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            options = (socket.TCP_USER_TIMEOUT, socket.TCP_NOTSENT_LOWAT)
            kept = [accepted.getsockopt(socket.IPPROTO_TCP, option) for option in options]
    assert kept == [TAKES_NOTHING_S * 1000, HELD_BYTES]


def test_many_files_can_be_open() -> None:
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1_000, most))
        open_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 1_000
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        open_many_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
