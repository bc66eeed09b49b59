"""The figures, and how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("row", "figure", "ocweb", "beside it", "", "ratio", "bar")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Bar:
    """A figure to reach, and whether it was."""

    text: str
    is_met: bool

    def __str__(self) -> str:
        return f"{self.text}: {'met' if self.is_met else 'MISSED'}"


@dataclass(frozen=True)
class Figure:
    """One line of the table; what does not apply is empty."""

    row: str
    name: str
    ocweb: str = ""
    peer: str = ""
    peer_figure: str = ""
    ratio: str = ""
    bar: Bar | None = None

    def cells(self) -> tuple[str, ...]:
        """The line as text, in the order of the head."""
        bar = str(self.bar) if self.bar else ""
        return (self.row, self.name, self.ocweb, self.peer, self.peer_figure, self.ratio, bar)


def times(ours: float, theirs: float) -> str:
    """How many times theirs ours is; nothing where they have none."""
    if theirs == 0:
        return ""
    return f"{ours / theirs:.{1 if ours > theirs else 2}f} ×"


def rate(requests_per_second: float) -> str:
    """Requests per second, as shown."""
    return f"{requests_per_second:,.0f} /s"


def milliseconds(value: float) -> str:
    """A latency, as shown."""
    return f"{value:.2f} ms"


def megabytes(size_bytes: float) -> str:
    """A size in millions of bytes, as shown."""
    return f"{size_bytes / MEGABYTE:.1f} MB"


def markdown(figures: Sequence[Figure]) -> str:
    """The table, its columns aligned so that it reads well in a terminal too."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]

    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(HEAD), rule, *(line(row) for row in rows[1:])])
