"""The whole of ocweb as a user starts it, in a demo world, and opencode alone beside it."""

import base64
import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loopback import PASSWORD, Address, free_port, log_in, poll, send
from machine import ROOT
from processes import Program, plain_environment, running

OPENCODE = ROOT / ".tools/opencode"
# Another build than the one that is measured is for trying a row out.
BINARIES = Path(os.environ.get("OCWEB_BIN_DIR", ROOT / "target/release"))
# What the product gives opencode as its own folders.
OPENCODE_FOLDERS = {
    "HOME": "home",
    "XDG_DATA_HOME": "data",
    "XDG_CONFIG_HOME": "config",
    "XDG_STATE_HOME": "state",
    "XDG_CACHE_HOME": "cache",
}


@dataclass(frozen=True)
class Started:
    """Something that runs, and how long it took to be of use, in seconds."""

    program: Program
    seconds: float
    address: Address


@contextmanager
def demo_world(folder: Path) -> Iterator[dict[str, str]]:
    """A GitHub and a model on loopback; yields the variables that point to them."""
    command: list[str | Path] = [BINARIES / "ocweb-demo", "--root", folder / "world"]
    with running("demo", command, folder, plain_environment()) as program:

        def attempt() -> dict[str, str] | None:
            program.check_alive()
            for line in program.log.read_text().splitlines():
                if line.startswith("{"):
                    variables: dict[str, str] = json.loads(line)["environment"]
                    return variables
            return None

        yield poll(attempt)[1]


@contextmanager
def ocweb(folder: Path, world: dict[str, str]) -> Iterator[Started]:
    """The stack, from the start of `ocweb start` to the first answer to somebody who has logged in."""
    address = Address(port=free_port())
    run_folder = folder / "run"
    run_folder.mkdir(mode=0o700, exist_ok=True)
    environment = plain_environment(
        OCWEB_DATA=str(folder),
        # Not the developer's.
        OCWEB_CONFIG=str(folder / "config.jsonc"),
        OCWEB_RUN_DIR=str(run_folder),
        OCWEB_PORT=str(address.port),
        OCWEB_BIN_DIR=str(BINARIES),
        AUTH_PASSWORD=PASSWORD,
        **world,
    )
    began = time.monotonic()
    with running("stack", [BINARIES / "ocweb", "start"], folder, environment) as program:

        def attempt() -> bool | None:
            program.check_alive()
            cookie = log_in(address)
            return cookie is not None and is_answered(address, "/", {"Cookie": cookie}) or None

        at, _ = poll(attempt)
        yield Started(program, at - began, address)


@contextmanager
def opencode(folder: Path, world: dict[str, str]) -> Iterator[Started]:
    """opencode alone, with the folders and settings that the product gives it, until it is healthy."""
    folders = {variable: str(folder / name) for variable, name in OPENCODE_FOLDERS.items()}
    for name in (*OPENCODE_FOLDERS.values(), "empty"):
        (folder / name).mkdir(exist_ok=True)
    address = Address(port=free_port())
    settings = {name: value for name, value in world.items() if name.startswith("OPENCODE_")}
    environment = plain_environment(**settings) | folders | {"OPENCODE_SERVER_PASSWORD": PASSWORD}
    credentials = base64.b64encode(f"opencode:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}"}
    command: list[str | Path] = [
        *(OPENCODE, "serve", "--hostname", "127.0.0.1", "--port", str(address.port)),
        *("--print-logs", "--log-level", "WARN"),
    ]
    began = time.monotonic()
    with running("opencode", command, folder, environment, folder / "empty") as program:

        def attempt() -> bool | None:
            program.check_alive()
            return is_answered(address, "/global/health", headers, b'"healthy":true', timeout=0.25) or None

        # It never answers a connection that it accepted while it was starting: others must not wait.
        at, _ = poll(attempt, at_once=50)
        yield Started(program, at - began, address)


def is_answered(
    address: Address, path: str, headers: dict[str, str], content: bytes = b"", timeout: float = 5
) -> bool:
    """True when the answer is 200 and has this in it."""
    try:
        answer = send(address, "GET", path, headers, timeout=timeout)
    except (OSError, http.client.HTTPException):
        return False
    return answer.status == 200 and content in answer.body
