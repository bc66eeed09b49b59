"""What the figures were measured on, and with which versions."""

import os
import platform
import re
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def first_line(*command: str | Path) -> str:
    """The first line that a program prints, or `unknown`."""
    try:
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return "unknown"
    return (run.stdout.splitlines() or ["unknown"])[0].strip()


def field(path: str, name: str) -> str:
    """A field of a file of /proc that has `name: value` lines."""
    match = re.search(rf"^{name}\s*:\s*(.+)$", Path(path).read_text(), re.MULTILINE)
    return match[1].strip() if match else "unknown"


def busy_share(seconds: float = 0.5) -> float:
    """How much of all cores is used right now: while we do nothing, by others. 0 to 1."""

    def times() -> tuple[int, int]:
        ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        idle_and_waiting = ticks[3] + ticks[4]
        return sum(ticks), idle_and_waiting

    all_before, idle_before = times()
    time.sleep(seconds)
    all_after, idle_after = times()
    return 1 - (idle_after - idle_before) / max(1, all_after - all_before)


def describe() -> str:
    """Machine and versions, as two lines."""
    pins = dict(re.findall(r"^([a-z-]+)==(\S+)$", REQUIREMENTS.read_text(), re.MULTILINE))
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) * 1024 / 2**30
    machine = (
        f"{os.cpu_count()} × {field('/proc/cpuinfo', 'model name')}, {memory:.0f} GiB, "
        f"Linux {platform.release()}"
    )
    versions = [
        f"ocweb {first_line('git', 'describe', '--always', '--dirty', '--exclude', '*')}",
        f"opencode {first_line(ROOT / '.tools/opencode', '--version')}",
        f"Caddy {first_line(ROOT / '.tools/caddy', 'version').split()[0]}",
        f"Python {platform.python_version()}",
        *(f"{name} {pins[name]}" for name in ("fastapi", "uvicorn", "uvloop", "httptools")),
        first_line("rustc", "--version").partition(" (")[0],
    ]
    return f"machine: {machine}\nversions: {', '.join(versions)}"
