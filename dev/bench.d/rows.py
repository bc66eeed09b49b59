"""What a row needs to be measured."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """How long to measure, and where to keep files meanwhile."""

    folder: Path
    is_quick: bool

    @property
    def rounds(self) -> int:
        """Rounds of load; the sides take turns in each."""
        return 2 if self.is_quick else 5

    @property
    def load_seconds(self) -> int:
        """Length of one run of load."""
        return 1 if self.is_quick else 2

    @property
    def starts(self) -> int:
        """Rounds of starting everything."""
        return 3 if self.is_quick else 5

    @property
    def settle_seconds(self) -> float:
        """How long something is left alone before it counts as idle."""
        return 2 if self.is_quick else 8

    def subfolder(self, name: str) -> Path:
        """A new folder for a row's own files."""
        folder = self.folder / name
        folder.mkdir()
        return folder
