"""Driving a server with wrk, one thread of it, so that the server has a core to itself."""

import json
import shutil
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import LeftOut, NotMeasured, cpu_seconds, plain_environment

SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True)
class Load:
    """What one run of wrk saw."""

    requests_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float
    # Processor time of each process that was watched.
    cpu_microseconds_per_request: tuple[float, ...]

    @property
    def busy_cores(self) -> float:
        """How many cores those processes kept busy."""
        return sum(self.cpu_microseconds_per_request) / 1e6 * self.requests_per_second


def need_wrk() -> None:
    """Fails where there is no wrk."""
    if not shutil.which("wrk"):
        raise LeftOut("wrk is missing: sudo apt-get install -y wrk")


def drive(
    url: str, headers: Mapping[str, str], connections: int, seconds: int, watched: Sequence[int] = ()
) -> Load:
    """Requests `url` over that many connections at once for that long."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT)]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    before = [cpu_seconds(pid) for pid in watched]
    run = subprocess.run(
        [*command, url], capture_output=True, text=True, timeout=seconds + 20, env=plain_environment()
    )
    used = [cpu_seconds(pid) - then for pid, then in zip(watched, before, strict=True)]
    _, found, line = run.stdout.partition("JSON ")
    if run.returncode or not found:
        raise NotMeasured(f"wrk failed: {run.stderr.strip() or run.stdout.strip()}")
    seen = json.loads(line)
    if seen["errors"] or not seen["requests"]:
        raise NotMeasured(f"{seen['errors']} of {seen['requests']} requests to {url} failed")
    duration = seen["duration_us"] / 1e6
    return Load(
        requests_per_second=seen["requests"] / duration,
        p50_milliseconds=seen["p50_us"] / 1000,
        p99_milliseconds=seen["p99_us"] / 1000,
        cpu_microseconds_per_request=tuple(cpu * 1e6 / seen["requests"] for cpu in used),
    )


def median(loads: Sequence[Load], figure: Callable[[Load], float]) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(map(figure, loads))
