"""A build, done or only looked at, as text for people."""

from __future__ import annotations

from collections.abc import Iterator

from edgefer.card import Precision
from edgefer.engine.display import seconds_text
from edgefer.engine.measure import Change
from edgefer.engine.outlook import Outlook
from edgefer.engine.parts import MEASURING
from edgefer.engine.precision import learned
from edgefer.engine.result import BuildResult
from edgefer.quantize.sensitivity_text import exclusion_text
from edgefer.runtime.open import CHECKPOINTS

# Parts that take less are told together.
_SHORT = 0.1


def build_text(result: BuildResult) -> str:
    """The engine, what it is for, what proves its precision, what that cost in accuracy, and what took how long."""
    passport = result.card.engine
    assert passport is not None
    how = "kept" if result.kept else f"compiled in {seconds_text(result.seconds)}"
    lines = [
        f"{result.engine}: {result.engine.stat().st_size / 1e6:.2f} MB, {how}",
        f"  for {passport.flavour} {passport.version}, {'+'.join(passport.targets)}, batch {':'.join(map(str, passport.batch))}",
        f"  computes in: {_products(passport.census)}",
    ]
    if passport.stripped:
        lines.append(f"  without weights: a session takes them from {result.onnx}")
    if ranges := result.card.tools.get("calibration"):
        lines.append(f"  ranges by {ranges}")
    if left := result.card.left_in_float:
        lines.append(f"  left in float, so that accuracy holds: {', '.join(left)}")
    if result.agreement:
        near = result.agreement
        simulated = " (BF16 simulated in float32)" if result.card.precision is Precision.BF16 else ""
        lines.append(
            f"  in ONNX Runtime{simulated}, {near.same_label:.1%} of {near.faces} faces get the same label as in float32,"
            f" largest logit difference {near.max_difference:.2g}"
        )
    lines += _accuracy(result)
    if not result.kept:
        lines += _parts(result.parts)
    if result.exclusion is not None:
        lines += ["", exclusion_text(result.exclusion)]
    return "\n".join(lines)


def outlook_text(found: Outlook) -> str:
    """What would be built, from what, where to, and why earlier work is or is not used."""
    task, request = found.task, found.task.request
    exported = ", exported to ONNX first" if task.file.suffix in CHECKPOINTS else ""
    options = f", {', '.join(request.options.words())}" if request.options.words() else ""
    lines = [
        f"model: {task.file} ({task.card.name}, SHA-256 {found.model_sha256[:12]}){exported}",
        f"engine: {request.precision.value}, {task.flavour.title}, {'+'.join(task.targets)},"
        f" batch {':'.join(map(str, request.batch))}{options}",
    ]
    if found.calibration is not None:
        made = found.calibration
        lines.append(
            f"calibration set: {made.folder}, {made.faces} faces: {made.state}{f' ({made.why})' if made.why else ''}"
        )
    if learned(task.card, request.precision, request.calibration):
        lines.append("ranges: learned in training, no calibration set is needed")
    lines.append(f"folder: {task.folder}: {_verdict(found)}")
    lines.append(f"accuracy: {f'measured on {found.judged}' if found.judged else f'not measured: {found.unmeasured}'}")
    if found.would_build:
        first = f"unknown, this would be the first {task.kind} here"
        again = f"about {seconds_text(found.expected or 0)}, as the last {task.kind} took"
        lines.append(f"time: {first if found.expected is None else again}")
    return "\n".join(lines)


def _verdict(found: Outlook) -> str:
    if not found.would_build:
        return "was built from the very same, would be kept (--force builds it again)"
    if found.existing.engine is None:
        return "would be built"
    return f"would be replaced: {'; '.join(found.existing.why)}"


def _products(census: dict[str, int]) -> str:
    witness = "engine" if any(key.startswith("engine") for key in census) else "onnx"
    products = [(key.split(" ", 2)[1:], number) for key, number in census.items() if key.startswith(witness)]
    return ", ".join(f"{number} {kind} {types}" for (kind, types), number in products if kind != "other")


def _accuracy(result: BuildResult) -> Iterator[str]:
    passport = result.card.engine
    assert passport is not None
    before, after = passport.before, passport.after
    if after is None:
        why = f": {result.unmeasured}" if result.unmeasured else ""
        if result.kept:
            why = " when it was built; --force builds and measures"
        yield f"  accuracy was not measured{why}"
        return
    where = f"  accuracy on {after.place} ({after.faces:,} faces, {after.backend}): "
    if before is None or result.card.precision is Precision.FP32:
        yield f"{where}{after.accuracy:.2%}"
        return
    change = Change(before, after)
    emotion, worst = change.worst
    yield (
        f"{where}{before.accuracy:.2%} in float32, {after.accuracy:.2%} as compiled"
        f" ({change.difference:+.2f} points; worst emotion {emotion} {worst:+.2f})"
    )


def _parts(parts: dict[str, float]) -> Iterator[str]:
    building = {name: seconds for name, seconds in parts.items() if name != MEASURING}
    told = {name: seconds for name, seconds in building.items() if seconds >= _SHORT}
    rest = sum(building.values()) - sum(told.values())
    words = [f"{name} {seconds:.1f}" for name, seconds in told.items()]
    words += [f"the rest {rest:.1f}"] if rest >= _SHORT / 2 and told else []
    inside = f": {', '.join(words)}" if words else ""
    besides = f"; {MEASURING} took {seconds_text(parts[MEASURING])} besides" if MEASURING in parts else ""
    yield f"  {seconds_text(sum(building.values()))} in all{inside}{besides}"
