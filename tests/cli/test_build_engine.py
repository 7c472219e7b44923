from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from edgefer.card import ModelCard, Precision
from edgefer.cli.build_engine import PrecisionChoice
from edgefer.data.load import load_faces
from edgefer.quantize import source
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from edgefer.trt.plan import read_header
from tests import tiny_net
from tests.conftest import one_line

ALL = "sm80+sm86+sm89+sm120"


@pytest.fixture(autouse=True)
def few_demo_faces(monkeypatch):
    """Noise stands in for the drawn faces."""
    from edgefer.engine import measure
    from edgefer.export import checkpoint

    def load(name, split):
        return (
            tiny_net.faces(split=split, seed=int(split == "PublicTest")) if name == "demo" else load_faces(name, split)
        )

    monkeypatch.setattr(source, "load_faces", load)
    monkeypatch.setattr(checkpoint, "load_faces", load)
    monkeypatch.setattr(measure, "load_faces", load)


@pytest.fixture
def rtx():
    pytest.importorskip("tensorrt_rtx")


def test_the_choices_are_the_precisions():
    assert [item.value for item in PrecisionChoice] == [item.value for item in Precision]


def test_int8_makes_its_own_set_and_uses_it_again(rtx, cli, tmp_path):
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    done = cli("build-engine", onnx, "--precision", "int8")
    assert done.code == 0
    engine = Path(f"engines/tiny-int8-rtx-{ALL}/tiny.engine")
    assert done.out.startswith(f"{engine}: ")
    assert "4 conv int8" in done.out
    assert "faces get the same label as in float32" in done.out
    assert "calibration set calibration/tiny-noise-140: 140 faces of noise\n" in done.err
    assert "compiling tiny int8" in done.err
    assert read_header(engine).flavour == "tensorrt_rtx"
    again = cli("build-engine", onnx, "--precision", "int8")
    assert "140 faces of noise, as before" in again.err


def test_fp8_is_calibrated_and_says_which_default_targets_it_leaves_out(rtx, cli, tmp_path):
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    done = cli("build-engine", onnx, "--precision", "fp8")
    assert done.code == 0, done.err
    assert done.out.startswith("engines/tiny-fp8-rtx-sm89+sm120/tiny.engine: ")
    assert "1 conv half, 3 conv fp8" in done.out or "3 conv fp8, 1 conv half" in done.out
    assert "FP8 needs sm89 or later: for sm89+sm120, not for sm80, sm86\n" in done.err
    assert "calibration set calibration/tiny-noise-140: 140 faces of noise\n" in done.err
    assert ModelCard.beside(Path("engines/tiny-fp8-rtx-sm89+sm120/tiny.engine")).engine.calibration_sha256
    refused = one_line(cli("build-engine", onnx, "--precision", "fp8", "--target", "sm86"))
    assert "has no FP8 for sm86, but from sm89 on. use --precision fp16" in refused


def test_bf16_is_simulated_on_a_cpu_and_says_so(rtx, cli, tmp_path):
    done = cli("build-engine", tiny_net.write(tmp_path / "tiny.onnx"), "--precision", "bf16")
    assert done.code == 0, done.err
    assert done.out.startswith(f"engines/tiny-bf16-rtx-{ALL}/tiny.engine: ")
    assert "computes in: 4 conv bfloat16" in done.out
    assert "in ONNX Runtime (BF16 simulated in float32), " in done.out
    passport = ModelCard.beside(Path(f"engines/tiny-bf16-rtx-{ALL}/tiny.engine")).engine
    assert passport.after.backend == "onnxruntime cpu, bf16 simulated"
    assert passport.before.backend == "onnxruntime cpu"
    shown = cli("inspect", f"engines/tiny-bf16-rtx-{ALL}").out
    assert "  4 conv bfloat16, 4 matmul bfloat16\n" in shown
    assert "fused layers:" in shown


def test_options_reach_the_build(rtx, cli, tmp_path):
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    make_calibration_set(screen(tiny_net.faces(seed=9)), tiny_net.card(), 35, tmp_path / "set")
    done = cli(
        "build-engine", onnx, "--precision", "int8", "--calibration", tmp_path / "set", "--target", "sm89",
        "--target", "12.0", "--batch", "1:2:4", "--flavour", "rtx", "--out", tmp_path / "e", "--json",
    )  # fmt: skip
    assert done.code == 0
    values = json.loads(done.out)
    passport = values["card"]["engine"]
    assert passport["targets"] == ["sm89", "sm120"]
    assert passport["batch"] == [1, 2, 4]
    assert values["engine"] == str(tmp_path / "e" / "tiny.engine")
    assert values["engine_bytes"] == (tmp_path / "e" / "tiny.engine").stat().st_size
    assert values["agreement"]["faces"] == 140


def test_a_checkpoint_is_exported_on_the_way_and_the_newest_student_is_found(rtx, cli):
    pytest.importorskip("torch")
    from edgefer.models.checkpoint import save
    from edgefer.models.registry import build
    from edgefer.models.resemotenet import count_parameters

    body = build("mini-resemotenet-c", channels=1, classes=7)
    card = tiny_net.card(
        name="mini", architecture="mini-resemotenet-c", parameters=count_parameters(body), trimmed=False
    )
    card = card.but(input=card.input.model_copy(update={"height": 64, "width": 64}))
    card = card.but(provenance=card.provenance.model_copy(update={"teacher": "big"}))
    save(Path("runs/one/best.safetensors"), body, card)
    done = cli("build-engine", "--precision", "fp16")
    assert done.code == 0, done.err
    assert "runs/one/best.safetensors: the newest student" in done.err
    engine = Path(f"engines/mini-fp16-rtx-{ALL}/mini.engine")
    built = ModelCard.beside(engine)
    assert built.trimmed
    assert built.engine.census["onnx conv half"] == 12
    again = cli("build-engine", engine.parent, "--target", "sm89")
    assert again.code == 0
    assert "mini-fp16-rtx-sm89" in again.out


def test_a_dry_run_says_what_the_build_then_does(rtx, cli, tmp_path):
    arguments = ("build-engine", tiny_net.write(tmp_path / "tiny.onnx"), "--precision", "int8", "--target", "sm89")
    looked = cli(*arguments, "--dry-run")
    assert looked.code == 0
    assert "calibration set: calibration/tiny-noise-140, 140 faces: would be made" in looked.out
    assert "folder: engines/tiny-int8-rtx-sm89: would be built" in looked.out
    assert list(Path().iterdir()) == []
    values = json.loads(cli(*arguments, "--dry-run", "--json").out)
    assert (values["would_build"], values["calibration"]["state"]) == (True, "would be made")

    done = cli(*arguments)
    assert "points; worst emotion" in done.out
    assert "measuring accuracy took" in done.out
    assert "would be kept" in cli(*arguments, "--dry-run").out

    kept = cli(*arguments)
    assert "built from the very same: kept; --force builds it again" in kept.err
    assert "compiling" not in kept.err
    assert "tiny.engine: " in kept.out
    assert "MB, kept" in kept.out
    assert json.loads(cli(*arguments, "--json").out)["kept"] is True

    forced = cli(*arguments, "--force", "--no-measure")
    assert "about " in forced.err
    assert "compiling tiny int8 for sm89: done in" in forced.err
    assert "accuracy was not measured: --no-measure was given" in forced.out


def test_without_faces_one_line_says_that_nothing_was_measured(rtx, cli, tmp_path):
    card = tiny_net.card(provenance=tiny_net.card().provenance.model_copy(update={"dataset": "raf-db"}))
    onnx = tiny_net.write(tmp_path / "tiny.onnx", own_card=card)
    done = cli("build-engine", onnx, "--target", "sm89")
    assert done.code == 0
    (told,) = (line for line in done.out.splitlines() if "accuracy" in line)
    assert told == "  accuracy was not measured: no faces are known as 'raf-db'"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--target", "sm90"], 2, "has no target 'sm90'"),
        (["--batch", "8:1:1"], 2, "batch range"),
        (["--flavour", "tensorx"], 2, "did you mean 'tensorrt'"),
        (["--precision", "int8", "--calibration", "nowhere"], 1, "tiny.onnx --out nowhere"),
        (["--precision", "fp32", "--target", "sm75"], 1, "use --precision fp16"),
        (["--out", "file"], 1, "is a file"),
        (["--version-compatible"], 2, "builds no version-compatible engines"),
        (["--hardware-compatible"], 2, "builds no hardware-compatible engines"),
        (["--strip"], 2, "builds no engine without weights"),
        (["--workspace", "0"], 2, "a workspace of 0 MB"),
        (["--workspace", "1", "--batch", "1:512:4096"], 1, "raise --workspace"),
    ],
)
def test_bad_requests_are_one_line_and_leave_nothing(rtx, cli, tmp_path, arguments, code, words):
    Path("file").write_text("x")
    failed = cli("build-engine", tiny_net.write(tmp_path / "tiny.onnx"), *arguments)
    assert failed.code == code
    assert words in one_line(failed)
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_an_unknown_precision_is_wrong_usage(cli):
    failed = cli("build-engine", "--precision", "fp12")
    assert failed.code == 2
    assert "fp16" in failed.err


def test_a_missing_tensorrt_is_one_line_before_any_work(cli, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    failed = cli("build-engine", tiny_net.write(tmp_path / "tiny.onnx"), "--precision", "int8")
    assert failed.code == 1
    assert "pip install 'edgefer[rtx]'" in one_line(failed)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("content", "words"), [("hello", "is not an ONNX file"), (None, "does not exist"), ("", "is empty")]
)
def test_what_is_no_model_is_one_line(rtx, cli, tmp_path, content, words):
    path = tmp_path / "a.onnx"
    if content is not None:
        path.write_text(content)
    failed = cli("build-engine", path)
    assert failed.code == 1
    assert words in one_line(failed)
