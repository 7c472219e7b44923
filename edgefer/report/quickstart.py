"""The page that `edgefer quickstart` ends in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from edgefer.evaluate.words import percent
from edgefer.pipeline.quickstart import Quickstart
from edgefer.report import benchmark, evaluation, page, training
from edgefer.report.page import Html, Section

FACES_NOTE = (
    "The faces are drawn by edgefer itself. They show that every stage works and what each costs; "
    "they say nothing about accuracy on people."
)


def write(path: Path, result: Quickstart) -> None:
    """Write the report of a quickstart."""
    runs = {"teacher": result.teacher, "student distilled": result.distilled.student}
    if result.distilled.alone:
        runs["student alone"] = result.distilled.alone
    sections = [
        Section("What came out", [_headline(result), page.text(FACES_NOTE)]),
        training.section({name: [asdict(epoch) for epoch in run.history] for name, run in runs.items()}),
        Section("Accuracy, step by step", [_steps(result)]),
        evaluation.section(result.evaluations["ONNX FP32"], "The student's answers"),
        Section("Engines", _engines(result)),
        benchmark.section(result.benchmark),
        Section("Next", [page.notes(next_lines(result))]),
    ]
    lead = (
        f"From drawn faces to TensorRT engines in {result.seconds:.0f} seconds, on {result.benchmark.environment.cpu}."
    )
    page.write_page(path, "edgefer quickstart", lead, sections)


def next_lines(result: Quickstart) -> list[str]:
    """What to type next."""
    return [
        f"edgefer run --camera 0 --engine {result.onnx}",
        "edgefer data prepare fer2013 --source fer2013.csv",
        "edgefer distill fer2013-c",
        "edgefer build-engine --precision fp16",
    ]


def _headline(result: Quickstart) -> Html:
    student, teacher = result.distilled.student, result.teacher
    gain = result.distilled.gain
    pairs = [
        ("teacher", f"{teacher.accuracy:.1%}"),
        ("student distilled", f"{student.accuracy:.1%}"),
        ("gained by distilling", "-" if gain is None else f"{100 * gain:+.1f} points"),
        ("weights kept by the trim", f"{result.card.parameters:,} of {student.card.parameters:,}"),
    ]
    return page.facts(pairs)


def _steps(result: Quickstart) -> Html:
    rows = []
    for name, measured in result.evaluations.items():
        recalls = {emotion: score.recall for emotion, score in measured.scores.items() if score.recall is not None}
        worst = min(recalls, key=lambda emotion: recalls[emotion])
        rows.append(
            [
                name,
                measured.backend,
                percent(measured.accuracy),
                percent(measured.balanced_accuracy),
                f"{worst} {percent(recalls[worst])}",
            ]
        )
    first = next(iter(result.evaluations.values()))
    caption = f"All on the same {first.faces:,} faces ({first.dataset} {first.split}), in per cent"
    return page.table(caption, ["step", "runs in", "accuracy", "balanced", "worst recall"], rows, left=2)


def _engines(result: Quickstart) -> list[Html]:
    if not result.engines:
        return [page.text(result.no_engines)]
    rows = []
    for built in result.engines:
        passport = built.card.engine
        assert passport is not None
        agreement = percent(built.agreement.same_label) if built.agreement else "-"
        rows.append(
            [
                built.folder.name,
                f"{passport.flavour} {passport.version}",
                "+".join(passport.targets),
                f"{built.engine.stat().st_size / 1e6:.2f}",
                f"{built.seconds:.1f}",
                agreement,
            ]
        )
    head = ["engine", "built by", "for", "MB", "compiled in, s", "same label as FP32, %"]
    words = (
        "Engines run on NVIDIA GPUs; they were compiled here and their layers' types were checked. Labels are compared "
        "in ONNX Runtime, on the file that each engine was compiled from."
    )
    return [page.table("Engines and what they were compiled for", head, rows, left=3), page.text(words)]
