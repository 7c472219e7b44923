"""How a session is told in words and figures, for the terminal, the page and the CSV alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import isnan

from edgefer.camera.reading import UNCERTAIN, counted
from edgefer.camera.session_compare import Difference, Pairing, TaskPair
from edgefer.camera.session_stats import SURE, Spent
from edgefer.camera.session_summary import PersonSummary, Summary, TaskTime
from edgefer.camera.session_valleys import RISE, WINDOW, Valley
from edgefer.camera.session_view import View

DISCLOSURE = (
    "These are estimates of what faces looked like to a network, not of what people felt. They are wrong often, and more "
    "often for some people than for others. Look at your own recording before you conclude anything, and tell the people "
    "you film."
)
NOT_A_STUDY = (
    "Two sessions are not a study. An interval tells how much the shares would vary if the same recordings had gone on "
    "otherwise; it knows nothing of other people, other days, or the light. Who looks sadder to the network may have "
    "another face, not another experience."
)


def clock(seconds: float, digits: int = 0) -> str:
    """`1:02`, `1:02.5`, `1:00:05`: as players of films show a time."""
    scale = 10**digits
    ticks = round(seconds * scale)
    whole, part = divmod(ticks, scale)
    minutes, second = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"
    return f"{text}.{part:0{digits}}" if digits else text


def moment(view: View, seconds: float) -> str:
    """The time of day of a second of a live session, an empty text for films."""
    header = view.record.header
    return f"{header.started + timedelta(seconds=seconds):%H:%M:%S}" if header.live else ""


def percent(part: float, whole: float) -> str:
    """`12 %`, or a dash where there is no whole."""
    return f"{100 * part / whole:.0f} %" if whole > 0 else "-"


def signed(share: float) -> str:
    """`+12`, `-3` or `0`: points."""
    points = round(100 * share)
    return f"{points:+d}" if points else "0"


def title(view: View) -> str:
    """What a session is called."""
    return f"Session {view.record.header.name}"


def when(view: View) -> str:
    """When it was and of what, in one line."""
    header = view.record.header
    began = header.began if header.live else None
    day = f"recorded {_day(began)}" if began else f"read {_day(header.began)}"
    return f"{day} from {header.source}, by {header.model.name} ({header.model.precision}, {header.model.backend})"


def sentence(text: str) -> str:
    """The same with a capital letter and a full stop."""
    return f"{text[0].upper()}{text[1:]}."


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} {moment:%z}"


def remarks(summary: Summary) -> list[str]:
    """What a reader must know about how this came about."""
    view, record = summary.view, summary.view.record
    lines = []
    if record.lives:
        lines.append("The session is being written; this is what it holds now.")
    if record.cut_off:
        lines.append("A run was ended by force; everything up to its last full line is here.")
    if len(record.runs) > 1:
        lines.append(f"It was continued: {len(record.runs)} runs. Nobody is recognised from one run to the next.")
    lines += [f"From {clock(gap.time)} on nothing was written for a while: {gap.why}." for gap in record.gaps]
    lines += [f"A run ended at {clock(end.time)} with an error: {end.why}." for end in record.ends if end.why]
    if view.crowd is not None:
        lines.append("It was recorded with --aggregate-only: nobody is told from another.")
    if summary.passing:
        lines.append(
            f"{counted(summary.passing, 'number')} seen for less than 2 seconds in all count above, and have no part of their own."
        )
    if summary.one_person:
        lines.append("All numbers were taken for one person (--one-person).")
    elif len(view.people) > 1 and summary.at_once == 1:
        lines.append(
            f"{len(view.people)} numbers, never two at once: if this was one person who was lost and found, add --one-person."
        )
    return lines


def headline(summary: Summary) -> list[tuple[str, str]]:
    """The figures that matter most."""
    watched, whole = summary.view.watched.seconds, summary.together[0].spent
    people = str(len(summary.people)) if summary.view.crowd is None else f"up to {summary.at_once}"
    return [
        ("watched", clock(watched)),
        ("somebody there", percent(summary.present, watched)),
        ("people", people),
        ("uncertain", percent(whole.uncertain, whole.seen)),
    ]


def task_head(labels: Sequence[str]) -> list[str]:
    """Head of `task_rows`."""
    return ["task", "time", "seen", *labels, UNCERTAIN, "sure"]


def task_rows(tasks: Sequence[TaskTime]) -> list[list[str]]:
    """A row a task: its length, the share of it in which a face was seen, shares of that by emotion, mean confidence."""
    return [[one.task.name, *_cells(one.spent)] for one in tasks]


def _cells(spent: Spent) -> list[str]:
    seen = percent(spent.seen, spent.watched)
    emotions = [percent(float(time), spent.seen) for time in spent.emotions]
    sure = "-" if isnan(spent.confidence) else f"{100 * spent.confidence:.0f} %"
    return [clock(spent.watched), seen, *emotions, percent(spent.uncertain, spent.seen), sure]


VALLEY_HEAD = ["", "from", "to", "time of day", "task", "rose most", "rise", "shown"]


def valley_rows(summary: Summary, found: Sequence[Valley]) -> list[list[str]]:
    """A row a valley, numbered as in the figure."""
    return [
        [
            str(number),
            clock(valley.start),
            clock(valley.end),
            moment(summary.view, valley.peak) or "-",
            task_at(summary, valley.peak),
            valley.emotion,
            signed(valley.rise),
            f"{100 * valley.certain:.0f} %",
        ]
        for number, valley in enumerate(found, start=1)
    ]


def task_at(summary: Summary, second: float) -> str:
    """The task that goes on at a second, a dash where there are none."""
    for one in summary.together[1:]:
        if any(start <= second < end for start, end in one.task.spans):
            return one.task.name
    return "-"


def valleys_caption() -> str:
    """How valleys are found."""
    return (
        f"Where negative emotions and surprise together, averaged over {2 * WINDOW:g} seconds, rise {100 * RISE:.0f} points "
        "above this person's own lower quartile. rise: in points at the peak. shown: share of it in which any emotion was sure "
        "enough to be shown."
    )


def transition_rows(one: PersonSummary, labels: Sequence[str], most: int = 10) -> list[list[str]]:
    """The commonest changes: before, after, how often."""
    counts = one.transitions
    pairs = sorted(zip(*counts.nonzero(), strict=True), key=lambda pair: (-counts[pair], pair))
    return [[labels[before], labels[after], str(counts[before, after])] for before, after in pairs[:most]]


def certainty_rows(people: Sequence[PersonSummary]) -> tuple[list[str], list[list[str]]]:
    """Head and a row a person: share of the time by the probability of the strongest emotion."""
    bounds = list(pairwise(SURE))
    head = ["person", *(f"{100 * low:.0f}-{100 * high:.0f} %" for low, high in bounds)]
    return head, [[name(one), *(f"{100 * share:.0f} %" for share in one.certainty)] for one in people]


def name(one: PersonSummary) -> str:
    """What a person is called."""
    return f"person {one.person.number}"


def difference_head(first: str, second: str) -> list[str]:
    """Head of `difference_rows`."""
    return ["emotion", first, second, "difference", "95 % interval"]


def difference_rows(task: TaskPair) -> list[list[str]]:
    """A row an emotion: share in both, second less first in points, and its interval."""
    return [
        [
            one.emotion,
            f"{100 * one.first:.0f} %",
            f"{100 * one.second:.0f} %",
            signed(one.value),
            _interval(one),
        ]
        for one in task.differences
    ]


def _interval(one: Difference) -> str:
    if not one.shown:
        return "not shown"
    return "too short" if one.interval is None else f"{signed(one.interval.low)} to {signed(one.interval.high)}"


def pair_remarks(found: Pairing, first: str, second: str) -> list[str]:
    """What a reader of a comparison must know."""
    lines = [
        f"{who} alone has: {', '.join(tasks)}."
        for who, tasks in ((first, found.only_first), (second, found.only_second))
        if tasks
    ]
    if found.intervals:
        lines.append(
            f"Of {found.intervals} intervals, {max(1, round(found.intervals / 20))} would miss 0 by chance alone if nothing differed."
        )
    lines.append(
        "Shares are of the time in which an emotion was shown, everybody of a session together; uncertain time is left out."
    )
    return lines
