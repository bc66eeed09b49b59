"""A repository of about 66,000 objects, whose files take 25 MB: always the same one."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

FOLDERS = 100
FILES = 4_000
COMMITS = 7_750
CHANGED_FILES = 3
LINES = 84
FIRST_COMMIT = 1_500_000_000
WORDS = [f"{first}{second}" for first in "bcdfghjklmnp" for second in ("a", "el", "ing", "orus", "under")]


def make(path: Path) -> int:
    """Makes it, bare, and answers with the number of its objects."""
    git("init", "--quiet", "--bare", "--initial-branch=main", str(path), folder=path.parent)
    importing = subprocess.Popen(["git", "fast-import", "--quiet"], cwd=path, stdin=subprocess.PIPE)
    assert importing.stdin is not None
    with importing.stdin as stream:
        for piece in history():
            stream.write(piece)
    if importing.wait() != 0:
        raise OSError("git fast-import failed")
    # As a host keeps it: one pack.
    git("repack", "-adq", folder=path)
    counted = git("count-objects", "-v", folder=path)
    return next(int(line.split()[1]) for line in counted.splitlines() if line.startswith("in-pack"))


def git(*arguments: str, folder: Path) -> str:
    """Runs git, which has to succeed."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def history() -> Iterator[bytes]:
    """What `git fast-import` reads: all files at first, then a few changed with each commit."""
    chance = random.Random(66_000)
    files = [[line(chance) for _ in range(LINES)] for _ in range(FILES)]
    for number in range(COMMITS):
        changed = range(FILES) if number == 0 else chance.sample(range(FILES), CHANGED_FILES)
        message = f"Change {number}"
        yield (
            f"commit refs/heads/main\ncommitter Bench <bench@localhost> {FIRST_COMMIT + number * 3600} +0000\n"
            f"data {len(message)}\n{message}\n"
        ).encode()
        for index in changed:
            files[index][chance.randrange(LINES)] = line(chance)
            content = "".join(files[index]).encode()
            path = f"folder-{index % FOLDERS:02}/file-{index}.txt"
            yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"


def line(chance: random.Random) -> str:
    """Some sixty letters that compress as source does."""
    return " ".join(chance.choices(WORDS, k=15)) + "\n"
