"""The two auth services that are compared, started alike: ours, and the FastAPI peer."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from loopback import PASSWORD, Address, free_port, log_in, poll, send
from machine import ROOT
from processes import NotMeasured, Program, plain_environment, running

PEER = "FastAPI"
HERE = Path(__file__).parent
# As the supervisor sets it for the services.
ALLOCATOR = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}


@dataclass(frozen=True)
class AuthServer:
    """A running auth service and a session in it."""

    name: str
    program: Program
    address: Address
    cookie: str

    @property
    def pid(self) -> int:
        """The pid of the service."""
        return self.program.child.pid

    def headers(self) -> dict[str, str]:
        """What Caddy sends along with its question about a `fetch` of our page, by a phone's browser."""
        return {
            "Host": "127.0.0.1:8080",
            "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Accept": "*/*",
            "Cookie": self.cookie,
            "Origin": "http://127.0.0.1:8080",
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty",
            "X-Forwarded-Method": "GET",
            "X-Forwarded-Uri": "/session?limit=20",
            "X-Forwarded-Host": "127.0.0.1:8080",
            "X-Forwarded-Proto": "http",
            "X-Real-IP": "127.0.0.1",
        }

    def check_rule(self) -> None:
        """Fails unless it does the work that is compared: lets in who may come in, and nobody else."""
        headers = self.headers()
        stranger = {name: value for name, value in headers.items() if name != "Cookie"}
        forged = headers | {"Cookie": self.cookie[:-4] + ("AAAA" if self.cookie[-4:] != "AAAA" else "BBBB")}
        evil = headers | {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
        other_host = headers | {"X-Forwarded-Host": "evil.test"}
        for case, sent, wanted in (
            ("a session", headers, 204),
            ("no cookie", stranger, 401),
            ("a forged cookie", forged, 401),
            ("another site", evil, 403),
            ("another host", other_host, 421),
        ):
            answer = send(self.address, "GET", "/auth/check", sent)
            if answer.status != wanted:
                raise NotMeasured(f"{self.name} answered {answer.status} to {case}, not {wanted}")


def with_session(name: str, program: Program, address: Address) -> AuthServer:
    """Logs in as soon as the service answers."""

    def attempt() -> str | None:
        program.check_alive()
        return log_in(address)

    _, cookie = poll(attempt)
    server = AuthServer(name, program, address, cookie)
    server.check_rule()
    return server


def printed_port(program: Program) -> int:
    """The port that our example says it listens on."""

    def attempt() -> int | None:
        program.check_alive()
        said = re.search(r"^127\.0\.0\.1:(\d+)$", program.log.read_text(), re.MULTILINE)
        return int(said[1]) if said else None

    return poll(attempt)[1]


@contextmanager
def ours(folder: Path, over_tcp: bool) -> Iterator[AuthServer]:
    """Our auth, by its own binary on its socket, or by its example on a port, for wrk."""
    folder.mkdir()
    environment = plain_environment(
        AUTH_PASSWORD=PASSWORD, OCWEB_DATA=str(folder), OCWEB_RUN_DIR=str(folder), **ALLOCATOR
    )
    binary = "examples/loopback" if over_tcp else "ocweb-auth"
    with running("ocweb", [ROOT / "target/release" / binary], folder, environment) as program:
        address = Address(port=printed_port(program)) if over_tcp else Address(socket=folder / "auth/socket")
        yield with_session("ocweb", program, address)


@contextmanager
def peer(folder: Path, over_tcp: bool) -> Iterator[AuthServer]:
    """The FastAPI peer: uvicorn with one worker, uvloop and httptools."""
    folder.mkdir()
    address = Address(port=free_port()) if over_tcp else Address(socket=folder / "auth.sock")
    command = [
        *(ROOT / ".tools/bench/bin/python", "-m", "uvicorn", "peer:app", "--app-dir", HERE),
        *("--workers", "1", "--loop", "uvloop", "--http", "httptools", "--no-access-log"),
        *(("--uds", address.socket) if address.socket else ("--port", str(address.port))),
    ]
    environment = plain_environment(AUTH_PASSWORD=PASSWORD, PYTHONDONTWRITEBYTECODE="1")
    with running(PEER, command, folder, environment) as program:
        yield with_session(PEER, program, address)


@contextmanager
def both(folder: Path, over_tcp: bool) -> Iterator[tuple[AuthServer, AuthServer]]:
    """Ours and the peer's, side by side."""
    with ExitStack() as stack:
        yield (
            stack.enter_context(ours(folder / "ocweb", over_tcp)),
            stack.enter_context(peer(folder / "peer", over_tcp)),
        )
