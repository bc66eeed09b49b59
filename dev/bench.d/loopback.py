"""The few HTTP requests that the harness itself makes, one fresh connection each."""

import http.client
import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode

from processes import NotMeasured

Result = TypeVar("Result")
POLL_SECONDS = 0.01
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Answer:
    """Status, headers and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Address:
    """A port of this machine, or a unix socket."""

    port: int = 0
    socket: Path | None = None

    @property
    def url(self) -> str:
        """The address of a port."""
        return f"http://127.0.0.1:{self.port}"


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("127.0.0.1", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        """Connects to the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def send(
    address: Address,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
    timeout: float = 10,
) -> Answer:
    """One request; `OSError` or `HTTPException` when there is no answer."""
    if address.socket:
        connection: http.client.HTTPConnection = UnixConnection(address.socket, timeout)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=timeout)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())
    finally:
        connection.close()


def log_in(address: Address) -> str | None:
    """The cookie, by the login form; `None` while nobody answers, or can."""
    form = urlencode({"password": PASSWORD, "next": "/"})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = send(address, "POST", "/auth/login", headers, form)
    except (OSError, http.client.HTTPException):
        return None
    if answer.status == 503:
        # Caddy is there before what it asks.
        return None
    if answer.status != 303:
        raise NotMeasured(f"the login answered {answer.status}: {answer.body[:200]!r}")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return headers["set-cookie"].partition(";")[0]


def poll(attempt: Callable[[], Result | None], seconds: float = 60, at_once: int = 1) -> tuple[float, Result]:
    """Tries every 10 ms until there is a result; returns when it came (monotonic seconds) and the result.

    With `at_once` above one, an attempt that hangs does not hold up the next.
    """

    def timed() -> tuple[float, Result | None]:
        result = attempt()
        return time.monotonic(), result

    deadline = time.monotonic() + seconds
    pending: set[Future[tuple[float, Result | None]]] = set()
    with ThreadPoolExecutor(at_once) as pool:
        while time.monotonic() < deadline:
            if len(pending) < at_once:
                pending.add(pool.submit(timed))
            next_attempt = time.monotonic() + POLL_SECONDS
            done, pending = wait(pending, POLL_SECONDS, FIRST_COMPLETED)
            for future in done:
                at, result = future.result()
                if result is not None:
                    return at, result
            time.sleep(max(0.0, next_attempt - time.monotonic()))
    raise NotMeasured(f"there was no answer within {seconds:.0f} s")


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
