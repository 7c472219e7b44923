"""The report of one usability session: text for a terminal, and a page that needs nothing beside it."""

from __future__ import annotations

from pathlib import Path

from edgefer.camera.session_summary import PersonSummary, Summary, TaskTime
from edgefer.report import page
from edgefer.report import session_words as words
from edgefer.report.page import Html, Section
from edgefer.report.session_bars import Bar, bars
from edgefer.report.session_timeline import timeline
from edgefer.table import text_table

# People who have a part of their own; in a crowd the others are in the tables of all.
MOST = 12


def render(summary: Summary) -> str:
    """For a terminal: what was seen, task by task, and the valleys."""
    view = summary.view
    lines = [
        f"{words.title(view)}, {words.when(view)}",
        ", ".join(f"{name} {value}" for name, value in words.headline(summary)),
    ]
    head = words.task_head(view.labels)
    parts = summary.people[:MOST] if view.crowd is None else ()
    for title, tasks in [(words.name(one), one.tasks) for one in parts] or [("everybody", summary.together)]:
        lines += ["", title, text_table(head, words.task_rows(tasks))]
    for one in parts:
        if one.valleys:
            lines += [
                "",
                f"valleys of {words.name(one)}",
                text_table(words.VALLEY_HEAD, words.valley_rows(summary, one.valleys)),
            ]
    remarks = words.remarks(summary)
    return "\n".join([*lines, *([""] if remarks else []), *remarks, "", words.DISCLOSURE])


def write(path: Path, summary: Summary) -> None:
    """Write the page, atomically."""
    page.write_page(path, words.title(summary.view), f"{words.sentence(words.when(summary.view))}", sections(summary))


def sections(summary: Summary) -> list[Section]:
    """What was seen at all, then each person, or everybody together where nobody is told from another."""
    view = summary.view
    people = summary.people[:MOST]
    shown = [
        Section(
            "At a glance",
            [page.text(words.DISCLOSURE), page.facts(words.headline(summary)), page.notes(words.remarks(summary))],
        )
    ]
    if view.crowd is not None:
        return [*shown, Section("Everybody", _tasks(summary, "c", summary.together)), _source(summary)]
    shown += [Section(words.name(one).capitalize(), _person(summary, one)) for one in people]
    if not people:
        shown.append(Section("People", [page.text("Nobody was seen.")]))
    if len(summary.people) > 1:
        rest = len(summary.people) - len(people)
        more = [page.text(f"{rest} more people are counted here alone.")] if rest else []
        shown.append(Section("Everybody together", [*more, *_tasks(summary, "e", summary.together)]))
    if people:
        head, rows = words.certainty_rows(people)
        caption = (
            "Share of the time seen, by the probability of the strongest emotion. The less sure, the less a label says"
        )
        shown.append(Section("How sure the network was", [page.table(caption, head, rows)]))
    return [*shown, _source(summary)]


def _person(summary: Summary, one: PersonSummary) -> list[Html]:
    body = [timeline(summary, one), page.heading("Valleys worth a look")]
    if one.valleys:
        rows = words.valley_rows(summary, one.valleys)
        body += [
            page.text(words.valleys_caption()),
            page.table("In the order of time", words.VALLEY_HEAD, rows, left=6),
        ]
    else:
        body.append(page.text(f"None. {words.valleys_caption()}"))
    body += [page.heading("Time in each emotion"), *_tasks(summary, f"p{one.person.number}", one.tasks)]
    body.append(page.heading("Changes"))
    changes = words.transition_rows(one, summary.view.labels)
    if changes:
        caption = "The commonest of the whole session"
        body.append(page.table(caption, ["from", "to", "times"], changes, left=2))
    else:
        body.append(page.text("None was seen."))
    return body


def _tasks(summary: Summary, key: str, tasks: tuple[TaskTime, ...]) -> list[Html]:
    labels = summary.view.labels
    about = (
        "time: of the task. seen: share of it in which a face was seen; above 100 % where there were several. Emotions and "
        "uncertain: share of the time seen. sure: mean probability of the strongest emotion."
    )
    drawing = bars([Bar(one.task.name, one.spent) for one in tasks], labels, f"b{key}")
    return [drawing, page.table("Task by task", words.task_head(labels), words.task_rows(tasks)), page.notes([about])]


def _source(summary: Summary) -> Section:
    header = summary.view.record.header
    settings = ", ".join(f"{name} {value}" for name, value in header.settings.items())
    model = header.model
    return Section(
        "How it was recorded",
        [
            page.notes(
                [
                    f"Source: {header.source}.",
                    f"Model: {model.name}, {model.precision} on {model.backend}; SHA-256 of its card {model.sha256[:16]}…",
                    f"Settings: {settings or 'none'}; at most {header.rate:g} samples a second.",
                    "Times are positions in the film."
                    if not header.live
                    else f"Second 0 is {header.started.isoformat()}.",
                    f"File: {summary.view.record.path.name}, written by edgefer {header.edgefer}. It holds no picture and no place.",
                ]
            )
        ],
    )
