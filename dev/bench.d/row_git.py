"""Row 7: a clone and a new chat, beside git's own clone, and its fetch and worktree.

Ours are asked for as the page does it: through Caddy, auth, git-manager and the gateway. Both sides get the repository
from the same demo GitHub, in turns, onto the same disk.
"""

import json
import os
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
# A fetch serves the chats that are begun until two seconds after it: so each has one of its own.
APART_SECONDS = 2.5
WATCH_SECONDS = 0.005
BEFORE_WORKING_COPY = ("queued", "cloning", "fetching")
AFTER_WORKING_COPY = ("setting_up", "creating_session", "ready")


@dataclass(frozen=True)
class Ours:
    """The running ocweb, with a login."""

    address: Address
    cookie: str

    def ask(self, method: str, path: str, body: object, wanted: int) -> dict[str, Any]:
        """The answer, which has to be the one that is wanted."""
        headers = {"Cookie": self.cookie, "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        answer = send(self.address, method, path, headers, text, LIMIT_SECONDS)
        if answer.status != wanted:
            raise NotMeasured(f"{method} {path} answered {answer.status}: {answer.body[:300]!r}")
        told: dict[str, Any] = json.loads(answer.body) if answer.body else {}
        return told


@dataclass(frozen=True)
class NewChat:
    """Seconds that the parts of a new chat take, until it is ready for its first prompt."""

    fetch: float
    working_copy: float
    session: float = 0

    @property
    def without_fetch(self) -> float:
        """What is left when the network's share is taken off."""
        return self.working_copy + self.session


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
            repositories = stack_folder / "projects/repos"
            clones = [clone(ours, url, folder / "plain", repositories) for _ in range(plan.starts)]
            # Its first chat is the first thing that opencode ever does.
            chats = [new_chat(ours, number, folder / "plain") for number in range(plan.starts * 2 + 1)][1:]
    return figures(objects, clones, chats)


def seconds_of(work: Callable[[], object]) -> float:
    """How long it takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def clone(ours: Ours, url: str, plain: Path, repositories: Path) -> tuple[float, float]:
    """Clones on both sides, ours first; what the last round left goes before, from the disk too."""
    ours.ask("DELETE", f"/admin/repos/{REPOSITORY}?force=true", {}, 204) if plain.exists() else None
    shutil.rmtree(plain, ignore_errors=True)
    # A deleted clone is out of sight at once, and its files are removed afterwards.
    while any(repositories.glob(".*")):
        time.sleep(WATCH_SECONDS)
    os.sync()
    our_seconds = seconds_of(lambda: ours.ask("POST", "/admin/repos/clone", {"repo": REPOSITORY}, 201))
    os.sync()
    peer_seconds = seconds_of(
        lambda: big_repository.git("clone", "--quiet", url, str(plain), folder=plain.parent)
    )
    say(f"git, clone: ocweb {our_seconds:.2f} s, {PEER} {peer_seconds:.2f} s")
    return our_seconds, peer_seconds


def new_chat(ours: Ours, number: int, plain: Path) -> tuple[NewChat, NewChat]:
    """A new chat until it is ready, and what git alone needs for its part of it."""
    time.sleep(APART_SECONDS)
    chat = chat_until_ready(ours)
    path = plain.parent / f"copy-{number}"
    fetch = seconds_of(lambda: big_repository.git("fetch", "--quiet", "origin", folder=plain))
    add = ["worktree", "add", "--quiet", "-b", path.name, str(path), "origin/main"]
    peer = NewChat(fetch, seconds_of(lambda: big_repository.git(*add, folder=plain)))
    say(
        f"git, new chat: fetch {chat.fetch:.3f} s, working copy {chat.working_copy:.3f} s, session {chat.session:.3f} s; "
        f"{PEER}: fetch {peer.fetch:.3f} s, working copy {peer.working_copy:.3f} s"
    )
    return chat, peer


def chat_until_ready(ours: Ours) -> NewChat:
    """Makes a chat and watches its steps, to within some milliseconds."""
    began = time.monotonic()
    chat = ours.ask("POST", "/admin/chats", {"repo": REPOSITORY}, 202)
    fetched = added = None
    while chat["state"] != "ready":
        if chat["state"] == "failed" or time.monotonic() - began > LIMIT_SECONDS:
            raise NotMeasured(f"the chat is {chat['state']}: {chat['error']}")
        time.sleep(WATCH_SECONDS)
        chat = ours.ask("GET", f"/admin/chats/{chat['id']}", None, 200)
        now = time.monotonic()
        fetched = fetched or (now if chat["state"] not in BEFORE_WORKING_COPY else None)
        added = added or (now if chat["state"] in AFTER_WORKING_COPY else None)
    ready = time.monotonic()
    fetched, added = fetched or ready, added or ready
    return NewChat(fetched - began, added - fetched, ready - added)


def figures(
    objects: int, clones: list[tuple[float, float]], chats: list[tuple[NewChat, NewChat]]
) -> list[Figure]:
    """The medians."""
    our_clone, peer_clone = (statistics.median(side) for side in zip(*clones, strict=True))

    def medians(part: Callable[[NewChat], float]) -> tuple[float, float]:
        our_part, peer_part = (statistics.median(map(part, side)) for side in zip(*chats, strict=True))
        return our_part, peer_part

    def line(name: str, peer: str, part: Callable[[NewChat], float], bar: float | None = None) -> Figure:
        our_part, peer_part = medians(part)
        added = our_part - peer_part
        return Figure(
            "",
            name,
            f"{our_part:.3f} s",
            peer,
            f"{peer_part:.3f} s",
            f"{added * 1000:+.0f} ms",
            None if bar is None else Bar(f"≤ +{bar * 1000:.0f} ms", added <= bar),
        )

    our_session, _ = medians(lambda chat: chat.session)
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
        line(
            "new chat until it is ready, fetch aside",
            f"{PEER}, worktree add",
            lambda chat: chat.without_fetch,
            ALLOWED_SECONDS,
        ),
        line("of which the working copy", f"{PEER}, worktree add", lambda chat: chat.working_copy),
        Figure("", "of which its session in opencode", f"{our_session:.3f} s"),
        line("its fetch, of nothing new", f"{PEER}, fetch", lambda chat: chat.fetch),
    ]
