"""The label guard: which emotion each class of a dataset is, or why that cannot be told.

Labels are names. A loader that numbers class folders by alphabet gives the copies of FER2013 in folders another order
than FER2013 has, and every dataset numbers its classes differently, so a wrong order trains without an error and is
wrong for ever. Here a name decides, a bare number never does, and whatever is not plain is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from edgefer.data.readers.csv_text import CsvFile
from edgefer.data.readers.label_file import read_lines
from edgefer.emotions import AFFECTNET, CANONICAL, FER2013, FERPLUS, RAFDB, canonical
from edgefer.errors import DataError

# Files that list the classes of the folders beside them.
LISTS = ("classes.txt", "labels.txt")

_SEPARATORS = re.compile(r"[\s,;:=]+")


def class_emotions(names: Iterable[str], where: str) -> dict[str, str]:
    """The emotion of each class name, in the order given; `where` is what holds the classes, for messages.

    Raises DataError for names that are bare numbers, that are no emotion or that mean the same emotion, and for fewer
    than two of them.
    """
    known: dict[str, str] = {}
    for name in names:
        if name.strip().isdecimal():
            raise DataError(
                f"{where} calls a class '{name}', and a number means another emotion in every dataset ({numberings()})",
                f"rename each class to its emotion, such as '{name}_happy'; RAF-DB has a reader of its own, rafdb",
            )
        try:
            emotion = canonical(name)
        except DataError as error:
            raise DataError(
                f"{where}: {error.what}", f"{error.fix} Rename the class, or move it elsewhere to leave it out"
            ) from error
        if twin := next((other for other, meant in known.items() if meant == emotion), None):
            raise DataError(
                f"{where} has the classes '{twin}' and '{name}', which both mean {emotion}",
                "put their pictures into one, or move one elsewhere",
            )
        known[name] = emotion
    if len(known) < 2:
        raise DataError(
            f"{where} has {len(known)} class(es), and at least 2 are needed",
            "name the folder whose subfolders are called after emotions",
        )
    return known


def in_order(emotions: Iterable[str]) -> tuple[str, ...]:
    """Emotions in edgefer's own order."""
    return tuple(sorted(set(emotions), key=CANONICAL.index))


def check_list(file: Path, emotions: Iterable[str]) -> None:
    """Raise DataError unless a list of classes names exactly `emotions`.

    It has a class a line, or all in one line with commas between them; numbers beside the names are not looked at.
    """
    fix = f"make {file.name} name the classes that the folders have, or remove it"
    lines = [text for _, text in read_lines(CsvFile(file, "a list of classes", fix))]
    items = lines[0].split(",") if len(lines) == 1 else lines
    named = set()
    for item in items:
        words = [word for word in _SEPARATORS.split(item.strip()) if not word.isdecimal()]
        try:
            named.add(canonical(" ".join(words)))
        except DataError as error:
            raise DataError(f"{file}: {error.what}", fix) from error
    if named != set(emotions):
        raise DataError(
            f"{file} lists {', '.join(in_order(named))}, but the folders beside it hold {', '.join(in_order(emotions))}",
            fix,
        )


def numberings() -> str:
    """How the datasets number the emotions, in one line."""
    first: Mapping[str, tuple[int, tuple[str, ...]]] = {
        "FER2013": (0, FER2013),
        "RAF-DB": (1, RAFDB),
        "AffectNet": (0, AFFECTNET),
        "FER+": (0, FERPLUS),
    }
    return "; ".join(
        f"{dataset}: {', '.join(f'{number} {name}' for number, name in enumerate(order, start))}"
        for dataset, (start, order) in first.items()
    )
