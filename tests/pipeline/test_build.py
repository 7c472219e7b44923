"""From a recipe to an engine, with a real TensorRT-RTX: what runs, what is kept, and why."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from edgefer.card import FILE, ModelCard, Precision
from edgefer.data.load import load_faces
from edgefer.engine.options import Options
from edgefer.errors import BuildError, EdgeferError, UsageError
from edgefer.evaluate.evaluate import evaluate
from edgefer.export import once
from edgefer.export.checkpoint import Exported
from edgefer.pipeline import build as module
from edgefer.pipeline import look as looking
from edgefer.pipeline.build import Built, build
from edgefer.pipeline.look import look
from edgefer.quantize.calibration import open_calibration_set
from edgefer.quantize.exclusion import Limits
from edgefer.quantize.method import Method
from edgefer.runtime.open import open_session
from edgefer.trt.plan import read_header
from tests.pipeline.builds import FACES, order, write_files

pytest.importorskip("tensorrt_rtx")

STAGES = ("train", "export", "calibrate", "quantise int8", "build int8", "evaluate int8")
MAKING = STAGES[3:]
RUN, ENGINE, SET = Path("runs/alone"), Path("engines/alone-int8-rtx-sm89"), Path(f"calibration/alone-squares-{FACES}")


@dataclass(frozen=True)
class Whole:
    folder: Path
    built: Built


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A finished build, in a folder of its own."""
    folder, before = tmp_path_factory.mktemp("whole"), Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGEFER_HOME", str(folder / "home"))
        os.chdir(folder)
        try:
            write_files()
            built = build(order())
            shutil.copyfile(RUN / "alone.onnx", "exported.onnx")
        finally:
            os.chdir(before)
        yield Whole(folder, built)


@pytest.fixture
def finished(whole: Whole) -> Built:
    """The same, as files of the test's own folder; they are linked, so what is altered must be written anew."""
    shutil.copytree(whole.folder, Path.cwd(), copy_function=os.link, dirs_exist_ok=True)
    return whole.built


def ran(stages: tuple[module.Stage, ...]) -> tuple[str, ...]:
    return tuple(stage.name for stage in stages if not stage.kept)


@pytest.fixture
def exported_again(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same checkpoint is exported to the same bytes (tests/export/test_once.py), so they are copied here."""
    real = once.export_checkpoint

    def export(checkpoint: Path, onnx: Path, data: str) -> Exported:
        if checkpoint.parent != RUN:
            return real(checkpoint, onnx, data)
        onnx.unlink(missing_ok=True)
        shutil.copyfile(whole.folder / "exported.onnx", onnx)
        return whole.built.exported

    monkeypatch.setattr(once, "export_checkpoint", export)


def alter(path: Path) -> None:
    """Change one byte in the middle, in a file of its own."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)


def contents() -> dict[Path, tuple[int, int]]:
    """Every file that stages write, with its inode and the time of its last change."""
    found = [path for top in ("runs", "calibration", "engines") for path in Path(top).rglob("*") if path.is_file()]
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found}


def test_all_stages_run_and_the_engine_is_of_the_checkpoint(finished: Built):
    assert ran(finished.stages) == STAGES
    made = [stage.made for stage in finished.stages]
    assert made == [
        "runs/alone/best.safetensors",
        "runs/alone/alone.onnx",
        str(SET),
        f"{ENGINE}/model.onnx",
        f"{ENGINE}/alone.engine",
        f"{ENGINE}/card.json",
    ]
    assert all(Path(path).exists() for path in made)
    assert all(stage.seconds > 0 for stage in finished.stages)
    assert read_header(ENGINE / "alone.engine").flavour == "tensorrt_rtx"
    card = ModelCard.beside(ENGINE / "alone.engine")
    assert card == finished.engines[0].card
    assert card.engine.calibration_sha256 == open_calibration_set(SET).sha256
    assert card.engine.calibration == f"{SET}/faces.npy"
    assert len(open_calibration_set(SET)) == FACES
    faces = load_faces("squares", "PublicTest")
    for path, measured in ((RUN / "alone.onnx", card.engine.before), (ENGINE / "model.onnx", card.engine.after)):
        with open_session(path) as session:
            assert evaluate(session, faces).accuracy == measured.accuracy
    assert finished.run.accuracy == card.engine.before.accuracy


def test_the_second_run_keeps_everything_and_says_why(finished: Built, capfd):
    before = contents()
    looked = look(order())
    built = build(order())
    assert contents() == before
    assert ran(looked) == ran(built.stages) == ()
    why = [stage.why for stage in built.stages]
    assert why == [
        f"this very run, {finished.run.accuracy:.2%} on PublicTest",
        "of this very checkpoint",
        f"{FACES} faces that fit",
        "made of the very same",
        "made of the very same",
        "the accuracy is in it",
    ]
    assert [stage.why for stage in looked] == why
    told = capfd.readouterr().err
    assert f"export: runs/alone/alone.onnx: kept, {why[1]}\n" in told
    assert f"quantise int8, build int8: {ENGINE}: kept, {why[3]}\n" in told
    assert built.engines == finished.engines


def accuracy_forgotten() -> None:
    card = ModelCard.beside(ENGINE / "alone.engine")
    (ENGINE / FILE).unlink()
    passport = card.engine.model_copy(update={"before": None, "after": None})
    (ENGINE / FILE).write_text(card.but(engine=passport).to_json())


def nothing() -> None:
    pass


# What happens to the files, what is asked for, which stages run, and the reason of the first of them.
CHANGES: list[tuple[Callable[[], None], dict[str, object], tuple[str, ...], str]] = [
    (nothing, {"changes": ("train.epochs=2",)}, ("train", "export", *MAKING), "train.epochs was 3, now 2"),
    (nothing, {"faces": 40}, ("calibrate", *MAKING), "not there"),
    (nothing, {"options": Options(method=Method.MINMAX)}, MAKING, "options was none, now minmax ranges"),
    (nothing, {"batch": (1, 2, 4)}, MAKING, "no engine is there"),
    (nothing, {"targets": ("sm86",)}, MAKING, "no engine is there"),
    (nothing, {"precisions": (Precision.FP32,)}, ("convert fp32", "build fp32", "evaluate fp32"), "no engine is there"),
    (nothing, {"force": True}, STAGES[1:], "--force was given"),
    (lambda: alter(RUN / "alone.onnx"), {}, ("export",), "not as it was exported"),
    (lambda: (RUN / "alone.onnx").unlink(), {}, ("export",), "not there"),
    (lambda: alter(SET / "faces.npy"), {}, ("calibrate",), "SHA-256 differs"),
    (lambda: (ENGINE / "alone.engine").unlink(), {}, MAKING, "no engine is there"),
    (lambda: alter(ENGINE / "alone.engine"), {}, MAKING, "alone.engine is not as it was built"),
    (lambda: alter(ENGINE / "model.onnx"), {}, MAKING, "model.onnx is not as it was built"),
    (lambda: (ENGINE / FILE).unlink(), {}, MAKING, "has no card.json"),
    (accuracy_forgotten, {}, ("evaluate int8",), "no accuracy is in it"),
]


@pytest.mark.usefixtures("exported_again")
@pytest.mark.parametrize(("happens", "asked", "expected", "reason"), CHANGES)
def test_a_change_redoes_the_stages_after_it_and_no_other(finished: Built, happens, asked, expected, reason):
    values = {**asked, **({"faces": None} if asked.get("precisions") else {})}
    happens()
    looked, files = look(order(**values)), contents()
    built = build(order(**values))
    assert ran(built.stages) == expected
    first = next(stage for stage in built.stages if not stage.kept)
    assert reason in first.why
    # A dry run cannot know that what is made again comes out the same.
    assert set(expected) <= set(ran(looked))
    assert next(stage for stage in looked if not stage.kept).why == first.why
    kept = [Path(stage.made) for stage in built.stages if stage.kept]
    now = contents()
    assert all(now[path] == files[path] for path in kept if path in files)
    # What was there is whole again, and the same once more does nothing.
    assert ran(build(order(**{**values, "force": False})).stages) == ()


def test_two_precisions_share_the_stages_before_and_the_float32_figure(finished: Built, monkeypatch):
    asked: list[Path | None] = []
    measure = module.stages.measure
    monkeypatch.setattr(
        module.stages, "measure", lambda before, *rest: (asked.append(before), measure(before, *rest))[1]
    )
    built = build(order(precisions=(Precision.FP16, Precision.FP32, Precision.FP16, Precision.INT8)))
    assert ran(built.stages) == (
        "convert fp16", "build fp16", "evaluate fp16", "convert fp32", "build fp32", "evaluate fp32",
    )  # fmt: skip
    assert asked == [RUN / "alone.onnx", None]
    assert [one.card.engine.before for one in built.engines] == 3 * [finished.engines[0].card.engine.before]


def test_other_faces_to_judge_on_are_a_reason_to_measure_again(finished: Built, monkeypatch):
    others = load_faces("squares", "PublicTest").take(np.arange(20))
    for one in (module, looking):
        monkeypatch.setattr(one, "judging_faces", lambda *_: (others, ""))
    assert ran(look(order())) == ("evaluate int8",)
    built = build(order())
    assert ran(built.stages) == ("evaluate int8",)
    assert built.stages[-1].why == "accuracy was measured on other faces of squares PublicTest"
    passport = ModelCard.beside(ENGINE / "alone.engine").engine
    assert passport.before.data_sha256 == passport.after.data_sha256 == others.sha256
    assert ran(build(order()).stages) == ()


def test_without_faces_to_judge_on_the_reason_is_told(finished: Built, monkeypatch):
    accuracy_forgotten()
    monkeypatch.setattr(module, "judging_faces", lambda *_: (None, "no faces are here"))
    built = build(order())
    assert ran(built.stages) == ()
    assert [stage.name for stage in built.stages] == list(STAGES[:-1])
    assert built.unmeasured == "no faces are here"


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"targets": ("sm90",)}, UsageError, "no target 'sm90'"),
        ({"targets": ("sm75",), "precisions": (Precision.FP16, Precision.FP32), "faces": None}, BuildError, "sm75"),
        ({"batch": (4, 2, 8)}, UsageError, "batch range"),
        ({"faces": 161}, UsageError, "--calibration-faces with 1 to 160"),
        ({"precisions": (Precision.FP16,)}, UsageError, "leave --calibration-faces out"),
        ({"precisions": (Precision.FP16,), "faces": None, "options": Options(limits=Limits(1.0))}, UsageError, "int8"),
        ({"changes": ("data.source=nowhere",)}, UsageError, "nowhere"),
        ({"changes": ("train.batch=1",)}, UsageError, "train.batch"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_trained(values, error, words):
    write_files()
    for run in (build, look):
        with pytest.raises(EdgeferError) as refused:
            run(order(**values))
        assert isinstance(refused.value, error)
        assert words in str(refused.value)
    assert not any(Path(name).exists() for name in ("runs", "calibration", "engines"))


def test_a_folder_of_other_things_is_refused_before_anything_is_trained():
    write_files()
    for folder in (ENGINE, SET):
        folder.mkdir(parents=True)
        (folder / "notes.txt").write_text("mine")
        with pytest.raises(EdgeferError, match=r"notes\.txt"):
            build(order())
        shutil.rmtree(folder)
    assert not RUN.exists()


def test_one_process_builds(monkeypatch):
    write_files()
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UsageError, match="train with torchrun first"):
        build(order())


def test_options_of_int8_are_for_the_int8_engine_among_several():
    write_files()
    limits = Limits(max_drop=2.0)
    asked = order(precisions=(Precision.INT8, Precision.FP16), options=Options(method=Method.MINMAX, limits=limits))
    int8, fp16 = module.plan(asked).engines
    assert (int8.options.limits, int8.options.method) == (limits, Method.MINMAX)
    assert fp16.options == Options()


def test_a_network_that_learns_its_ranges_needs_no_calibration_set():
    write_files()
    learned = order(changes=("qat.precision=int8",), faces=None)
    assert module.plan(learned).calibration is None
    assert [stage.name for stage in look(learned)] == ["train", "export", *MAKING]
    # FP8 beside it is measured, and INT8 still learned.
    both = replace(learned, precisions=(Precision.INT8, Precision.FP8))
    found = module.plan(both)
    assert [engine.calibrated for engine in found.engines] == [False, True]
    assert found.calibration is not None
    for refused in (replace(learned, faces=40), replace(learned, options=Options(method=Method.MINMAX))):
        with pytest.raises(UsageError):
            module.plan(refused)
