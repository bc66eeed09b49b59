"""Row 6: the page on a phone, beside opencode's own, in one browser and on one stack.

web/bench measures in Chromium (390 px wide, a processor four times slower, each visit with an empty cache); this starts
what it visits and makes lines of what it found.
"""

import json
import os
import subprocess

from loopback import Address, log_in, poll
from machine import ROOT
from processes import LeftOut, NotMeasured, plain_environment, stop
from row_stream import REPOSITORY, call, state
from rows import Plan
from stack import demo_world, ocweb
from table import Bar, Figure, times

ROW = "6 page"
PEER = "opencode's own page"
LIMIT_SECONDS = 600
KILOBYTE = 1_000

Found = dict[str, float]


def measure(plan: Plan) -> list[Figure]:
    """Both pages visited in turns: a small chat, one of 5,000 messages, an answer that streams."""
    if not (ROOT / "web/node_modules/playwright-core").exists():
        raise LeftOut("the page's libraries are missing: bin/lib/install-web")
    folder = plan.subfolder("page")
    data = folder / "data"
    data.mkdir()
    with demo_world(folder) as world, ocweb(data, world) as started:
        started.program.check_alive()
        address = started.address
        cookie = log_in(address) or ""
        task = {
            "url": address.url,
            "cookie": cookie,
            "folder": str(folder),
            "chat": ready_chat(address, cookie, "say: All is ready."),
            "longChat": ready_chat(address, cookie, "say: It becomes long."),
            "rounds": plan.rounds,
        }
        found = visit(task)
    return figures(found["ocweb"], found["opencode"])


def ready_chat(address: Address, cookie: str, prompt: str) -> str:
    """A chat whose first answer is done."""
    chat = str(call(address, cookie, "POST", "/admin/chats", {"repo": REPOSITORY, "prompt": prompt})["id"])
    poll(lambda: state(address, cookie, chat) in {"unread", "done"} or None, 120)
    return chat


def visit(task: dict[str, object]) -> dict[str, Found]:
    """Runs web/bench: it says what it does, and its output is the medians of each side."""
    environment = plain_environment(OCWEB_BENCH=json.dumps(task))
    if "OCWEB_CHROMIUM" in os.environ:
        environment["OCWEB_CHROMIUM"] = os.environ["OCWEB_CHROMIUM"]
    child = subprocess.Popen(
        ["node", "bench/run.mjs"], cwd=ROOT / "web", env=environment, stdout=subprocess.PIPE
    )
    try:
        output, _ = child.communicate(timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotMeasured(f"the browser was not done after {LIMIT_SECONDS} s") from None
    finally:
        stop(child)
    if child.returncode != 0:
        raise NotMeasured("the browser gave up; what it said is above")
    found: dict[str, Found] = json.loads(output)
    return found


def figures(ours: Found, theirs: Found) -> list[Figure]:
    """The lines of the table."""

    def line(name: str, key: str, unit: str, bar: Bar | None = None) -> Figure:
        return Figure(
            "", name, shown(ours[key], unit), PEER, shown(theirs[key], unit), times(ours[key], theirs[key]), bar
        )

    def alone(name: str, key: str, unit: str, bar: Bar) -> Figure:
        return Figure("", name, shown(ours[key], unit), bar=bar)

    lines = [
        line(
            "until the box can be typed into",
            "ready",
            "ms",
            Bar("≤ ¼ of its time", ours["ready"] * 4 <= theirs["ready"]),
        ),
        line("requests until then", "readyRequests", "", Bar("≤ 12", ours["readyRequests"] <= 12)),
        line("bytes until then", "readyBytes", "kB", Bar("≤ 250 kB", ours["readyBytes"] <= 250 * KILOBYTE)),
        line("requests until the page is quiet", "requests", ""),
        line("bytes until the page is quiet", "bytes", "kB", Bar("≤ 250 kB", ours["bytes"] <= 250 * KILOBYTE)),
        line("a key is shown, the slowest of 19", "key", "ms", Bar("≤ 200 ms", ours["key"] <= 200)),
        line(
            "frames while 200 words/s stream",
            "framesPerSecond",
            "/s",
            Bar("≥ 55 /s", ours["framesPerSecond"] >= 55),
        ),
        line(
            "longest task meanwhile (0: none over 50 ms)",
            "longestTask",
            "ms",
            Bar("≤ 50 ms", ours["longestTask"] <= 50),
        ),
        line(
            "5,000 messages: its end is shown and the box there",
            "longReady",
            "ms",
            Bar("≤ 1,500 ms", ours["longReady"] <= 1500),
        ),
        line("5,000 messages: a key is shown", "longKey", "ms", Bar("≤ 200 ms", ours["longKey"] <= 200)),
        alone(
            "5,000 messages: frames while scrolling up",
            "scrollFramesPerSecond",
            "/s",
            Bar("≥ 50 /s", ours["scrollFramesPerSecond"] >= 50),
        ),
    ]
    first = lines[0]
    return [Figure(ROW, first.name, first.ocweb, first.peer, first.peer_figure, first.ratio, first.bar), *lines[1:]]


def shown(value: float, unit: str) -> str:
    """A figure with its unit."""
    if unit == "kB":
        value /= KILOBYTE
    return f"{value:,.0f} {unit}".strip()
