"""Starting programs, ending them by their pid, and reading what they use from /proc."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# The supervisor ends everything within 5 s of a TERM.
STOP_SECONDS = 8.0
CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class NotMeasured(Exception):
    """A row that cannot be measured; its text is a sentence that says why."""


class LeftOut(NotMeasured):
    """A row whose tools this machine does not have; its text says how to get them."""


class TimeIsUp(NotMeasured):
    """The whole run has taken as long as it may."""


@dataclass(frozen=True)
class Memory:
    """Memory of one or more processes, in bytes."""

    resident: int
    proportional: int

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.resident + other.resident, self.proportional + other.proportional)


@dataclass(frozen=True)
class Program:
    """A running program that we started, and the file that its output goes to."""

    name: str
    child: subprocess.Popen[bytes]
    log: Path

    def check_alive(self) -> None:
        """Fails with the program's last words if it has ended."""
        code = self.child.poll()
        if code is not None:
            raise NotMeasured(f"{self.name} ended with code {code}: {last_words(self.log)}")


def last_words(log: Path) -> str:
    """The end of a log, on one line."""
    lines = log.read_text(errors="replace").split("\n")
    return " / ".join(line.strip() for line in lines if line.strip())[-600:] or "it said nothing"


@contextmanager
def running(
    name: str,
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    directory: Path | None = None,
) -> Iterator[Program]:
    """Runs a program with exactly this environment, logging into `folder`, until the block ends."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        child = subprocess.Popen(
            [str(word) for word in command],
            env=dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Program(name, child, log)
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    """Ends a child of ours: asks first, then forces."""
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            for pid in [*children_of(child.pid), child.pid]:
                os.kill(pid, signal.SIGKILL)
            child.wait()


def plain_environment(**more: str) -> dict[str, str]:
    """What any program needs, none of the caller's settings and secrets, and `more`."""
    names = ("PATH", "HOME", "LANG", "TMPDIR", "RUSTUP_HOME")
    return {name: os.environ[name] for name in names if name in os.environ} | more


def children_of(pid: int) -> list[int]:
    """The pids of a process's children."""
    folders = [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    return [int(folder.name) for folder in folders if parent_of(folder) == pid]


def program_name(pid: int) -> str:
    """The file name of the program that a process runs."""
    # A build may have replaced the file meanwhile.
    return os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")


def parent_of(folder: Path) -> int | None:
    """The parent's pid; `None` when the process has ended meanwhile."""
    try:
        return int(stat_fields(folder)[1])
    except OSError:
        return None


def stat_fields(folder: Path) -> list[str]:
    """/proc/<pid>/stat from its third field (the state) on: the name before may hold anything."""
    return (folder / "stat").read_text().rpartition(")")[2].split()


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far, its own and the kernel's for it."""
    user, system = stat_fields(Path(f"/proc/{pid}"))[11:13]
    return (int(user) + int(system)) / CLOCK_TICKS_PER_SECOND


def memory(pid: int) -> Memory:
    """What a process holds in memory now."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, kilobytes = line.split()[:2]
        sizes[name] = int(kilobytes) * 1024
    return Memory(sizes["Rss:"], sizes["Pss:"])
