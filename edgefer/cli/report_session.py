"""The part of `edgefer report` that tells of usability sessions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.camera.session_folder import file_of, suggestion
from edgefer.cli.options import emit
from edgefer.console import say
from edgefer.errors import UsageError

if TYPE_CHECKING:
    from edgefer.camera.session_summary import Summary


def report_session(what: str, other: str | None, one_person: bool, out: Path | None, csv: bool, json: bool) -> None:
    """Print what one session holds, or how two differ, and write the page, with `csv` also the tables."""
    places = [_place(name) for name in (what, other) if name is not None]
    if len(places) == 2 and places[0].resolve() == places[1].resolve():
        raise UsageError("these are one and the same session", "name two")
    summaries = [_summary(place, one_person) for place in places]
    folder = out or places[0].parent
    if len(summaries) == 1:
        _one(summaries[0], folder, csv, json)
    else:
        _two(summaries[0], summaries[1], folder, csv, json)


def _one(summary: Summary, folder: Path, csv: bool, json: bool) -> None:
    from edgefer.camera.session_summary import to_json
    from edgefer.report import session as page
    from edgefer.report import session_csv

    path = folder / "report.html"
    page.write(path, summary)
    files = [path, *(session_csv.write(folder, summary) if csv else [])]
    emit(json, to_json(summary), page.render(summary))
    say(f"wrote {', '.join(map(str, files))}")


def _two(first: Summary, second: Summary, folder: Path, csv: bool, json: bool) -> None:
    from edgefer.camera.session_compare import compare
    from edgefer.paths import write_text
    from edgefer.report import session_csv, session_pair

    found = compare(first.view, second.view)
    name = f"{first.view.record.path.parent.name}-and-{second.view.record.path.parent.name}"
    path = folder / f"{name}.html"
    session_pair.write(path, first, second, found)
    files = [path]
    if csv:
        files.append(folder / f"{name}.csv")
        write_text(files[-1], session_csv.pair_csv(found))
    emit(json, session_pair.to_json(first, second, found), session_pair.render(first, second, found))
    say(f"wrote {', '.join(map(str, files))}")


def _place(name: str) -> Path:
    found = file_of(name)
    if found is None:
        raise UsageError(f"there is no session '{name}'", suggestion(name))
    return found


def _summary(path: Path, one_person: bool) -> Summary:
    from edgefer.camera.session_read import read
    from edgefer.camera.session_summary import summarize
    from edgefer.camera.session_view import view

    return summarize(view(read(path)), one_person)
