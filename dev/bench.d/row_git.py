"""Row 7: a clone and a new working copy, beside git's own.

Ours are asked for as the page does it: through Caddy, auth, git-manager and the gateway. Both sides get the repository
from the same demo GitHub, in turns, onto the same disk.
"""

import json
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import big_repository
from loopback import Address, log_in, send
from processes import NotMeasured
from progress import say
from rows import Plan
from stack import demo_world, ocweb
from table import Bar, Figure, times

ROW = "7 git"
REPOSITORY = "demo/big"
PEER = "git itself"
CLONE_RATIO = 1.1
ALLOWED_SECONDS = 0.05
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Ours:
    """The running ocweb, with a login."""

    address: Address
    cookie: str

    def ask(self, method: str, path: str, body: object, wanted: int) -> float:
        """Seconds until the answer, which has to be the one that is wanted."""
        headers = {"Cookie": self.cookie, "Content-Type": "application/json"}
        begun = time.monotonic()
        answer = send(self.address, method, path, headers, json.dumps(body), LIMIT_SECONDS)
        seconds = time.monotonic() - begun
        if answer.status != wanted:
            raise NotMeasured(f"{method} {path} answered {answer.status}: {answer.body[:300]!r}")
        return seconds


def measure(plan: Plan) -> list[Figure]:
    """Seconds of both sides, in turns."""
    folder = plan.subfolder("git")
    stack_folder = folder / "stack"
    stack_folder.mkdir()
    with demo_world(folder) as world:
        objects = big_repository.make(folder / f"world/repositories/{REPOSITORY}.git")
        url = world["GITHUB_URL"].replace("://", f"://x:{world['GITHUB_TOKEN']}@") + f"/{REPOSITORY}.git"
        say(f"git: the repository has {objects:,} objects")
        with ocweb(stack_folder, world) as started:
            cookie = log_in(started.address)
            if cookie is None:
                raise NotMeasured("nobody answers the login")
            ours = Ours(started.address, cookie)
            clones = [clone(ours, url, folder / "plain") for _ in range(plan.starts)]
            copies = [working_copy(ours, number, folder / "plain") for number in range(plan.starts * 2)]
    return figures(objects, clones, copies)


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def clone(ours: Ours, url: str, plain: Path) -> tuple[float, float]:
    """Clones on both sides, ours first; what the last round left goes before."""
    ours.ask("DELETE", f"/admin/repos/{REPOSITORY}?force=true", {}, 204) if plain.exists() else None
    shutil.rmtree(plain, ignore_errors=True)
    our_seconds = ours.ask("POST", "/admin/repos/clone", {"repo": REPOSITORY}, 201)
    peer_seconds = seconds_of(
        lambda: big_repository.git("clone", "--quiet", url, str(plain), folder=plain.parent)
    )
    say(f"git, clone: ocweb {our_seconds:.2f} s, {PEER} {peer_seconds:.2f} s")
    return our_seconds, peer_seconds


def working_copy(ours: Ours, number: int, plain: Path) -> tuple[float, float]:
    """A new working copy on both sides. Ours fetches first: what a fetch alone takes is taken off."""
    fetch = ours.ask("POST", f"/admin/repos/{REPOSITORY}/fetch", {}, 200)
    body = {"repo": REPOSITORY, "session_id": f"bench-{number}"}
    our_seconds = ours.ask("POST", "/admin/worktrees", body, 201) - fetch
    path = plain.parent / f"copy-{number}"
    peer_seconds = seconds_of(
        lambda: big_repository.git("worktree", "add", "--quiet", "-b", path.name, str(path), folder=plain)
    )
    say(f"git, working copy: ocweb {our_seconds:.2f} s without the fetch ({fetch:.2f} s), {PEER} {peer_seconds:.2f} s")
    return our_seconds, peer_seconds


def figures(
    objects: int, clones: list[tuple[float, float]], copies: list[tuple[float, float]]
) -> list[Figure]:
    """The medians."""
    our_clone, peer_clone = (statistics.median(side) for side in zip(*clones, strict=True))
    our_copy, peer_copy = (statistics.median(side) for side in zip(*copies, strict=True))
    added = our_copy - peer_copy
    return [
        Figure(
            ROW,
            f"clone of {objects:,} objects",
            f"{our_clone:.2f} s",
            PEER,
            f"{peer_clone:.2f} s",
            times(our_clone, peer_clone),
            Bar(f"≤ {CLONE_RATIO} ×", our_clone <= CLONE_RATIO * peer_clone),
        ),
        Figure(
            "",
            "new working copy, fetch aside",
            f"{our_copy:.3f} s",
            f"{PEER}, worktree add",
            f"{peer_copy:.3f} s",
            f"{added * 1000:+.0f} ms",
            Bar("≤ +50 ms", added <= ALLOWED_SECONDS),
        ),
    ]
