"""What is being done, on standard error, as our scripts say it."""

import sys


def say(text: str) -> None:
    """One line of progress."""
    print(f"\033[2mocweb:\033[0m {text}", file=sys.stderr, flush=True)
