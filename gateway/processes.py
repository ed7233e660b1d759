"""Serving: from a bound port to the last connection, in one process or in several."""

import asyncio
import gc
import http.client
import ipaddress
import logging
import math
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryFile
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from uvicorn.supervisors import Multiprocess

from gateway.draining import Draining
from gateway.frames import FramedWebSocket
from gateway.protocol import BoundedHTTP

GRACE_S = 1.0
"""After its own deadline; what still runs then is cut off."""
LOOK_S = 0.1

LEAVE = signal.SIGUSR1
"""Tells a worker that all of them will end soon."""

SILENT_S = 30
"""A worker that says nothing for so long is replaced. On a busy machine one needs ten seconds to load."""


TAKES_NOTHING_S = 60
"""A client that takes nothing of what it is sent for so long is hung up on: it is gone, or does not read."""
MANY_FILES = 65_536
HELD_BYTES = 131_072
"""Of what could not be sent yet, the system holds so much for one client; else it would be megabytes for each."""


class CannotStart(Exception):
    """For the operator, in one line: what is in the way, and the remedy."""


def usable(directory: Path) -> None:
    """Makes the directory, for this user alone, if it is not there.

    Raises: CannotStart where nothing can be written into it.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise CannotStart(f"'{directory}' cannot keep data: {error.strerror}; name another: --data DIR") from None


def bound(host: str, port: int) -> socket.socket:
    """A socket that holds the address, but takes no connections yet. Raises: CannotStart."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as unless_bound:
            listening = unless_bound.enter_context(socket.socket(family, kind, protocol))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if sys.platform == "linux":  # connections inherit it
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TAKES_NOTHING_S * 1000)
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, HELD_BYTES)
            listening.bind(address)
            unless_bound.pop_all()
            return listening
    except OSError as error:
        raise CannotStart(
            f"{host}, port {port}, cannot be served: {error.strerror}; choose another by --port"
        ) from None


def is_private(listening: socket.socket) -> bool:
    """Whether only this machine can reach it."""
    return ipaddress.ip_address(listening.getsockname()[0]).is_loopback


def address_of(listening: socket.socket) -> str:
    """How a program on this machine reaches it: `http://127.0.0.1:8000`."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    app: str,
    listening: socket.socket,
    *,
    workers: int,
    max_message_bytes: int,
    drain_s: float,
    operation_timeout_s: float,
    when_ready: Callable[[], None],
) -> None:
    """Serves what the factory `module:function` makes, until a SIGINT or SIGTERM, which raise KeyboardInterrupt.

    By then readiness failed for `drain_s`, streams were ended within as long, and operations had their time-out; a
    second signal ends all at once. `when_ready` is called from another thread, as soon as a request was answered.

    Raises: CannotStart.
    """
    config = uvicorn.Config(
        app,
        factory=True,
        workers=workers,
        loop="uvloop",
        http=BoundedHTTP,
        ws=FramedWebSocket,  # on wsproto, the one that passes all of Autobahn's cases
        ws_max_size=max_message_bytes,
        ws_per_message_deflate=False,  # 0.3 MB and 20 µs a message for each subscriber, where all get the same bytes
        ws_ping_interval=None,  # the application pings
        timeout_graceful_shutdown=math.ceil(drain_s + operation_timeout_s + GRACE_S),
        timeout_worker_healthcheck=SILENT_S,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # it would believe everybody on this machine; the application knows whom to believe
    )
    open_many_files()
    ready = threading.Event()
    threading.Thread(target=_watch, args=(address_of(listening), ready, when_ready), daemon=True).start()
    if workers == 1:
        uvicorn.Server(config).run([listening])
    else:
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)  # which is where it tells of workers that died
        Supervisor(config, [listening], drain_s).run()
    if not ready.is_set():
        raise CannotStart("The gateway ended before it could serve; the lines above say why.")


def open_many_files() -> None:
    """MANY_FILES, or as many as the system lets this process: each connection is one, and 1,024 are soon used up."""
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if most == resource.RLIM_INFINITY else min(MANY_FILES, most)
    if few != resource.RLIM_INFINITY and few < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Supervisor(Multiprocess):
    """uvicorn's, which first has the workers say that they are leaving, and whom a second signal makes hurry.

    Where one worker is replaced the others go on, so that it need not say so.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], drain_s: float) -> None:
        super().__init__(config, sockets)
        self._drain_s = drain_s

    def terminate_all(self) -> None:
        for worker in self._running():
            os.kill(worker.pid, LEAVE)
        self._wait(self._drain_s)
        super().terminate_all()

    def join_all(self) -> None:
        self._wait(math.inf)

    def _wait(self, at_most_s: float) -> None:
        """Until no worker is left, or for so long."""
        until = time.monotonic() + at_most_s
        while (running := self._running()) and time.monotonic() < until:
            if self.signal_queue:
                for worker in running:
                    worker.kill()
            wait([worker.sentinel for worker in running], LOOK_S)

    def _running(self) -> list[Any]:
        return [process.process for process in self.processes if process.process.is_alive()]


def end_in_order(draining: Draining) -> None:
    """To be called by a process that serves: from now on a signal ends it in the order of `draining`.

    A worker of several waits for the word of its supervisor, also where Ctrl-C reaches all processes of a terminal.
    """
    end = signal.getsignal(signal.SIGTERM)  # uvicorn's own, which stops listening, and ends what then is left
    if not callable(end):
        return  # nobody serves
    if multiprocessing.parent_process() is not None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(LEAVE, lambda *_: draining.leave())
        return
    loop = asyncio.get_running_loop()

    def told(number: int, _: FrameType | None) -> None:
        if draining.leaving:
            end(signal.SIGINT, None)
            end(signal.SIGINT, None)
        else:
            draining.leave()
            loop.call_soon_threadsafe(loop.call_later, draining.spread_s, end, number, None)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)


def terminated_is_interrupted() -> None:
    """From now on a SIGTERM ends this process the way a Ctrl-C does: in order."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def settle() -> None:
    """To be called by a process that serves, once it has loaded everything."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.join,), daemon=True).start()
    # Modules and schema live as long as the process: looking through them again and again, as the collector does after
    # every few thousand objects of a large answer, is where much of a request's time would go.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)  # what is left in circles waits until there are five million more objects


def _end_after(wait: Callable[[], object]) -> None:
    wait()
    os.kill(os.getpid(), signal.SIGTERM)


def _watch(address: str, ready: threading.Event, tell: Callable[[], None]) -> None:
    where = urlsplit(address)
    while not ready.is_set():
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/health/live")
            connection.getresponse().read()
            ready.set()
        connection.close()
        time.sleep(0.01)
    tell()
