"""Row 4: from the start to the first authorised answer, beside opencode's own start.

Both sides start on folders that one unmeasured start has filled, as after a deploy or a reboot.
"""

import statistics

from progress import say
from rows import Plan
from stack import demo_world, ocweb, opencode
from table import Bar, Figure

ROW = "4 start"
ALLOWED_SECONDS = 0.3


def measure(plan: Plan) -> list[Figure]:
    """Seconds of both sides, started in turns."""
    folder = plan.subfolder("start")
    stack_folder, alone_folder = folder / "stack", folder / "alone"
    stack_folder.mkdir()
    alone_folder.mkdir()
    ours: list[float] = []
    alone: list[float] = []
    with demo_world(folder) as world:
        for number in range(plan.starts + 1):
            with opencode(alone_folder, world) as started:
                alone.append(started.seconds)
            with ocweb(stack_folder, world) as started:
                ours.append(started.seconds)
            first = " (first, not counted)" if number == 0 else ""
            say(f"start{first}: ocweb {ours[-1]:.2f} s, opencode alone {alone[-1]:.2f} s")
    return figures(ours, alone)


def figures(ours: list[float], alone: list[float]) -> list[Figure]:
    """The medians, and the first starts on empty folders."""
    median, median_alone = statistics.median(ours[1:]), statistics.median(alone[1:])
    added = median - median_alone
    return [
        Figure(
            ROW,
            "to the first authorised 200",
            f"{median:.2f} s",
            "opencode alone, healthy",
            f"{median_alone:.2f} s",
            f"{added:+.2f} s",
            Bar("≤ +0.3 s", added <= ALLOWED_SECONDS),
        ),
        Figure(
            "",
            "fastest to slowest",
            f"{min(ours[1:]):.2f} to {max(ours[1:]):.2f} s",
            "opencode alone, healthy",
            f"{min(alone[1:]):.2f} to {max(alone[1:]):.2f} s",
        ),
        Figure(
            "",
            "on an empty volume, once",
            f"{ours[0]:.2f} s",
            "opencode alone, healthy",
            f"{alone[0]:.2f} s",
            f"{ours[0] - alone[0]:+.2f} s",
        ),
    ]
