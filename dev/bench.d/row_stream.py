"""Row 5: what an answer costs on the wire and how late it comes, our stream beside opencode's own.

Both are read at the same time through Caddy while the real opencode answers; the second is opencode's stream
unchanged, which is what a page would read without the relay.
"""

import http.client
import json
import re
import statistics
import threading
import time
import zlib
from dataclasses import dataclass, field

from loopback import Address, log_in, poll, send
from processes import NotMeasured
from progress import say
from rows import Plan
from stack import demo_world, ocweb
from table import Bar, Figure, times

ROW = "5 events"
REPOSITORY = "demo/hello-web"
WORDS = 400
WORDS_PER_SECOND = 40
OUTPUT_BYTES = 1_000_000
# The demo's model numbers its words: river1 stone2 ….
SPOKEN = r"\b[a-z]{5,7}\d{1,3}\b"
LINE = "compiling module {n} of the project, step {n}"
MOST_TIMES_TEXT = 3
MOST_OUTPUT_BYTES = 60_000
# The merge window, and what may come on top of it.
MOST_LATE_SECONDS = 0.050 + 0.015


@dataclass
class Reader(threading.Thread):
    """Reads one stream, counts its bytes as they came, and notes when each word was first seen."""

    address: Address
    path: str
    cookie: str
    encodings: str = ""
    wire_bytes: int = 0
    text: str = ""
    seen: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """A thread that ends with us."""
        super().__init__(daemon=True)
        self.is_open = threading.Event()

    def __hash__(self) -> int:
        """Threads are told apart by who they are."""
        return id(self)

    def run(self) -> None:
        """Reads until the stream is closed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.address.port, timeout=120)
        headers = {"Cookie": self.cookie, "Accept": "text/event-stream"}
        if self.encodings:
            headers["Accept-Encoding"] = self.encodings
        try:
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            unpack = zlib.decompressobj(31) if answer.headers.get("Content-Encoding") == "gzip" else None
            while block := answer.read1(65536):
                self.wire_bytes += len(block)
                self.take((unpack.decompress(block) if unpack else block).decode(errors="replace"))
                self.is_open.set()
        except (OSError, http.client.HTTPException):
            return

    def take(self, text: str) -> None:
        """Notes the words that are new in it."""
        now = time.monotonic()
        # A word can be cut in two between two reads.
        self.text = self.text[-100:] + text
        for word in re.findall(SPOKEN, self.text):
            self.seen.setdefault(word, now)


def measure(plan: Plan) -> list[Figure]:
    """Bytes of a streamed answer and of a growing output; delay of each word."""
    folder = plan.subfolder("stream")
    stack_folder = folder / "stack"
    stack_folder.mkdir()
    with demo_world(folder) as world, ocweb(stack_folder, world) as started:
        started.program.check_alive()
        address = started.address
        cookie = log_in(address) or ""
        chat = ready_chat(address, cookie)
        say(f"an answer of {WORDS} words")
        prompt = f"say {WORDS} words at {WORDS_PER_SECOND} per second"
        ours, theirs = during(address, cookie, chat, prompt)
        text = last_answer(address, cookie, chat)
        answer_bytes = (ours.wire_bytes, theirs.wire_bytes)
        delays = sorted(ours.seen[word] - theirs.seen[word] for word in theirs.seen if word in ours.seen)
        say(f"an output of {OUTPUT_BYTES} bytes")
        lines = OUTPUT_BYTES // len(LINE.format(n=10000))
        script = f"for n in $(seq 1 {lines}); do echo {LINE.format(n='$n')}; done"
        ours, theirs = during(address, cookie, chat, f"run: {script}")
        output_bytes = (ours.wire_bytes, theirs.wire_bytes)
    if len(delays) < WORDS // 2:
        raise NotMeasured(f"only {len(delays)} words were seen on both streams")
    return figures(len(text), answer_bytes, output_bytes, delays)


def call(address: Address, cookie: str, method: str, path: str, body: object = None) -> dict[str, object]:
    """A JSON call of somebody who is logged in."""
    headers = {"Cookie": cookie, "Content-Type": "application/json"}
    answer = send(address, method, path, headers, None if body is None else json.dumps(body), timeout=60)
    if answer.status >= 300:
        raise NotMeasured(f"{method} {path} answered {answer.status}: {answer.body[:200]!r}")
    content: dict[str, object] = json.loads(answer.body or b"{}")
    return content


def state(address: Address, cookie: str, chat: str) -> str:
    """What the chat is doing."""
    views = call(address, cookie, "GET", "/admin/status")["chats"]
    assert isinstance(views, list)
    found = [str(view["state"]) for view in views if view["id"] == chat and not view["prompts"]]
    return found[0] if found else ""


def ready_chat(address: Address, cookie: str) -> str:
    """A chat whose first answer is done."""
    chat = str(call(address, cookie, "POST", "/admin/chats", {"repo": REPOSITORY, "prompt": "say: hello"})["id"])
    poll(lambda: state(address, cookie, chat) in {"unread", "done"} or None, 120)
    return chat


def last_answer(address: Address, cookie: str, chat: str) -> str:
    """The text of the last message of a chat."""
    answer = send(address, "GET", f"/session/{chat}/message", {"Cookie": cookie}, timeout=60)
    return "".join(str(part.get("text", "")) for part in json.loads(answer.body)[-1]["parts"])


def during(address: Address, cookie: str, chat: str, prompt: str) -> tuple[Reader, Reader]:
    """Both streams, read from before a prompt until its answer is done."""
    ours = Reader(address, f"/admin/events?chat={chat}", cookie, "gzip")
    theirs = Reader(address, "/global/event", cookie)
    for reader in (ours, theirs):
        reader.start()
        if not reader.is_open.wait(10):
            raise NotMeasured(f"{reader.path} did not open")
        reader.wire_bytes = 0
    runs_before = run_of(address, cookie, chat)
    identifier = f"msg_{(int(time.time() * 1000) * 4096) % 2**48:012x}{'B' * 14}"
    body = {"id": identifier, "text": prompt}
    call(address, cookie, "POST", f"/admin/chats/{chat}/prompts", body)

    def over() -> bool | None:
        is_new = run_of(address, cookie, chat) != runs_before
        return is_new and state(address, cookie, chat) in {"unread", "done", "failed"} or None

    poll(over, 120)
    time.sleep(1)
    return ours, theirs


def run_of(address: Address, cookie: str, chat: str) -> str:
    """When the chat's last run began."""
    views = call(address, cookie, "GET", "/admin/status")["chats"]
    assert isinstance(views, list)
    return next((str((view["run"] or {}).get("started_at")) for view in views if view["id"] == chat), "")


def figures(
    text: int, answer: tuple[int, int], output: tuple[int, int], delays: list[float]
) -> list[Figure]:
    """The lines of the table."""
    ours, theirs = answer
    late = delays[int(len(delays) * 0.99) - 1]
    return [
        Figure(
            ROW,
            f"bytes for each byte of text ({WORDS} words, {text:,} bytes)",
            f"{ours / text:.1f}",
            "opencode's stream",
            f"{theirs / text:.0f}",
            times(ours, theirs),
            Bar(f"≤ {MOST_TIMES_TEXT}", ours <= MOST_TIMES_TEXT * text),
        ),
        Figure(
            "",
            "bytes of a 1 MB output that grows line by line",
            f"{output[0]:,}",
            "opencode's stream",
            f"{output[1]:,}",
            times(output[0], output[1]),
            Bar(f"≤ {MOST_OUTPUT_BYTES:,}", output[0] <= MOST_OUTPUT_BYTES),
        ),
        Figure(
            "",
            "a word comes later than on opencode's stream: median, p99",
            f"{statistics.median(delays) * 1000:.0f} ms, {late * 1000:.0f} ms",
            bar=Bar("p99 ≤ 65 ms (50 of them merging)", late <= MOST_LATE_SECONDS),
        ),
    ]
