"""Which of AffectNet's eleven classes are kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edgefer.data.dataset import Options
from edgefer.data.readers.label_file import class_number
from edgefer.emotions import AFFECTNET
from edgefer.errors import UsageError

NAME = "affectnet"
SPLITS = ("Training", "Validation")
WHERE = "ask its authors for AffectNet at mohammadmahoor.com/affectnet, and name its folder with --source"

_OTHERS = ("None", "Uncertain", "No-Face")


@dataclass(frozen=True)
class Classes:
    """The emotions that are kept, and how many rows of the others were met, by their name."""

    emotions: tuple[str, ...]
    left_out: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, options: Options) -> Classes:
        """As `--classes` says, 8 when it does not; raises UsageError for any number but 7 and 8."""
        count = options.classes or len(AFFECTNET)
        if count not in (7, 8):
            raise UsageError(f"--classes {count} is not for {NAME}", "use 8, or 7 to leave out contempt")
        return cls(AFFECTNET[:count])

    @property
    def store(self) -> str:
        """The name of the dataset with these classes."""
        return NAME if len(self.emotions) == len(AFFECTNET) else f"{NAME}-{len(self.emotions)}"

    def keep(self, text: str) -> int | None:
        """The label of a row, from its number; None, and counted, for one that is left out.

        Raises ValueError for what is no number of AffectNet.
        """
        every = (*AFFECTNET, *_OTHERS)
        label = class_number(text, 0, len(every) - 1)
        if label < len(self.emotions):
            return label
        self.left_out[every[label]] += 1
        return None
