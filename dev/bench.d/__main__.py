"""Measures the rows that were asked for, and prints the table. dev/bench calls this."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

import row_auth_check
import row_git
import row_memory
import row_page
import row_start
import row_stream
import row_through_caddy
from machine import busy_share, describe
from processes import LeftOut, NotMeasured, TimeIsUp
from progress import say
from rows import Plan
from table import Figure, markdown

ROWS = {
    "1": row_auth_check,
    "2": row_through_caddy,
    "3": row_memory,
    "4": row_start,
    "5": row_stream,
    "6": row_page,
    "7": row_git,
}
LIMIT_SECONDS = 900
QUICK_LIMIT_SECONDS = 300


def main() -> int:
    """0 whatever the figures are; 1 when a row could not be measured, except for a missing tool."""
    parser = argparse.ArgumentParser(prog="dev/bench")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("rows", nargs="+", choices=sorted(ROWS))
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, end)
    signal.alarm(QUICK_LIMIT_SECONDS if arguments.quick else LIMIT_SECONDS)

    figures: list[Figure] = []
    problems: list[str] = []
    busy: list[float] = []
    with tempfile.TemporaryDirectory(prefix="ocweb-bench-", ignore_cleanup_errors=True) as folder:
        plan = Plan(Path(folder), arguments.quick)
        for row in sorted(set(arguments.rows)):
            say(f"row {row}")
            busy.append(busy_share())
            try:
                figures += ROWS[row].measure(plan)
            except LeftOut as reason:
                print(f"row {row} is left out: {reason}")
            except TimeIsUp as reason:
                problems.append(f"row {row} and what follows was not measured: {reason}")
                break
            except NotMeasured as reason:
                problems.append(f"row {row} was not measured: {reason}")
            busy.append(busy_share())
    print(describe())
    print(f"rounds: {plan.rounds} of {plan.load_seconds} s of load, {plan.starts} starts; medians")
    print(f"other work on the machine, before and after each row: {max(busy):.0%} of its cores at most\n")
    print(markdown(figures))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def end(number: int, _frame: FrameType | None) -> None:
    """Unwinds, so that everything that was started is ended."""
    if number == signal.SIGALRM:
        raise TimeIsUp("the time is up")
    sys.exit("ocweb: asked to stop: what was started is ended")


if __name__ == "__main__":
    sys.exit(main())
