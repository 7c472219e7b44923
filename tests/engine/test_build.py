from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from edgefer import paths
from edgefer.card import ModelCard, Precision
from edgefer.engine import clock
from edgefer.engine import precision as precisions
from edgefer.engine.build import build_engine
from edgefer.engine.compiler import compile_plan
from edgefer.errors import ArtifactError, BackendError, BuildError, Interrupted, UsageError
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from edgefer.trt import driver
from edgefer.trt.flavour import load
from edgefer.trt.plan import read_header
from tests import fake_gpu, tiny_net


@pytest.fixture
def rtx():
    """Real builds, on the CPU."""
    pytest.importorskip("tensorrt_rtx")
    return "tensorrt_rtx"


@pytest.fixture
def onnx(tmp_path):
    return tiny_net.write(tmp_path / "tiny.onnx")


@pytest.fixture
def calibration(tmp_path):
    return make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 70, tmp_path / "set")


def leftovers(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    ("precision", "arithmetic"),
    [
        ("fp32", "conv float"),
        ("fp16", "conv half"),
        ("bf16", "conv bfloat16"),
        ("int8", "conv int8"),
        ("fp8", "conv fp8"),
    ],
)
def test_each_precision_is_built_and_proven(rtx, onnx, calibration, precision, arithmetic):
    # FP8 keeps the first convolution in half precision, and GPUs before sm89 do not have it.
    able = ("sm89", "sm120") if precision == "fp8" else ("sm80", "sm86", "sm89", "sm120")
    kept = 1 if precision == "fp8" else 0
    pixels = np.concatenate(list(calibration.batches(70)))
    result = build_engine(onnx, Precision(precision), calibration=calibration, flavour=rtx, pixels=pixels)
    assert result.folder == Path(f"engines/tiny-{precision}-rtx-{'+'.join(able)}")
    calibrated = precision in {"int8", "fp8"}
    names = {"tiny.engine", "model.onnx", "layers.json", "card.json"} | ({f"{precision}.onnx"} if calibrated else set())
    assert {path.name for path in result.folder.iterdir()} == names

    plan = result.engine.read_bytes()
    header = read_header(result.engine)
    card = ModelCard.beside(result.engine)
    passport = card.engine
    assert card == result.card
    assert card.precision is Precision(precision)
    assert (passport.flavour, passport.version) == (header.flavour, header.version)
    assert passport.plan_sha256 == hashlib.sha256(plan).hexdigest()
    assert passport.onnx_sha256 == paths.sha256(result.onnx)
    assert passport.calibration_sha256 == (calibration.sha256 if calibrated else "")
    assert passport.targets == able
    assert passport.batch == (1, 8, 32)
    assert card.tools["tensorrt_rtx"] == passport.version

    census = passport.census
    assert census[f"onnx {arithmetic}"] == 4 - kept
    convs = {key: number for key, number in census.items() if key.startswith("engine conv")}
    assert convs == {f"engine {arithmetic}": 4 - kept, **({"engine conv half": kept} if kept else {})}
    assert any(key.startswith("engine matmul") for key in census)
    if precision == "fp32":
        assert result.agreement is None
    else:
        assert result.agreement.faces == 70
        assert result.agreement.same_label > 0.95


def test_targets_and_batch_are_what_was_asked_for(rtx, onnx, tmp_path):
    result = build_engine(onnx, Precision.FP16, targets=["8.9", "sm75"], batch=(2, 4, 4), flavour=rtx)
    assert result.card.engine.targets == ("sm75", "sm89")
    assert result.card.engine.batch == (2, 4, 4)
    assert result.folder.name == "tiny-fp16-rtx-sm75+sm89-b2-4-4"
    card = (result.folder / "card.json").read_text()
    assert onnx.is_absolute()
    assert str(onnx.parent) not in card, "a card goes elsewhere, where this machine's folders are nobody's business"
    assert ModelCard.from_json(card, "card.json").engine.source == "tiny.onnx"


def test_an_existing_engine_is_replaced_as_a_whole(rtx, onnx, tmp_path):
    out = tmp_path / "e"
    for name in ("first", "second"):
        path = tiny_net.write(tmp_path / f"{name}.onnx", own_card=tiny_net.card(name=name))
        build_engine(path, Precision.FP32, out, targets=["sm89"], flavour=rtx)
    assert leftovers(out) == ["card.json", "layers.json", "model.onnx", "second.engine"]


def test_a_folder_with_other_things_is_left_alone(rtx, onnx, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years")
    with pytest.raises(ArtifactError, match="holds other things than an engine"):
        build_engine(onnx, Precision.FP32, tmp_path / "home", flavour=rtx)
    assert leftovers(tmp_path / "home") == ["thesis.tex"]


def test_the_onnx_file_of_an_engine_builds_it_again(rtx, onnx, calibration, tmp_path):
    first = build_engine(onnx, Precision.INT8, calibration=calibration, targets=["sm89"], flavour=rtx)
    again = build_engine(first.onnx, Precision.INT8, tmp_path / "e", targets=["sm120"], flavour=rtx)
    assert again.onnx.read_bytes() == first.onnx.read_bytes()
    assert again.card.engine.targets == ("sm120",)
    from_int8 = build_engine(first.folder / "int8.onnx", Precision.INT8, tmp_path / "f", targets=["sm89"], flavour=rtx)
    assert from_int8.card.engine.census == first.card.engine.census
    with pytest.raises(BuildError, match="is int8 already"):
        build_engine(first.onnx, Precision.FP16, flavour=rtx)


@pytest.mark.parametrize("precision", [Precision.FP16, Precision.BF16, Precision.FP8])
def test_a_converted_file_is_compiled_as_it_stands(rtx, onnx, calibration, tmp_path, precision):
    first = build_engine(onnx, precision, tmp_path / "e", calibration=calibration, targets=["sm89"], flavour=rtx)
    again = build_engine(first.onnx, precision, tmp_path / "f", targets=["sm120"], flavour=rtx)
    assert again.onnx.read_bytes() == first.onnx.read_bytes()
    assert again.card.engine.targets == ("sm120",)
    with pytest.raises(BuildError, match=f"is {precision.value} already"):
        build_engine(first.onnx, Precision.INT8, tmp_path / "g", calibration=calibration, flavour=rtx)


def test_an_fp16_that_is_not_half_fails_and_writes_nothing(rtx, onnx, monkeypatch):
    """The complaint that no other tool answers: FP16 asked for, FP32 built, nobody told."""

    def forget(src, dst):
        dst.write_bytes(src.read_bytes())
        return tiny_net.card(precision=Precision.FP16), None

    monkeypatch.setattr(precisions, "to_fp16", forget)
    with pytest.raises(BuildError, match="fp16 was asked for, but the ONNX graph holds 4 conv float, 4 matmul float"):
        build_engine(onnx, Precision.FP16, flavour=rtx)
    assert not Path("engines").exists()


def test_ctrl_c_stops_a_real_build_and_leaves_nothing(rtx, onnx, monkeypatch):
    start = clock.Share.start

    def press(self, name, parent, steps):
        if name == "Optimizing graph":
            os.kill(os.getpid(), signal.SIGINT)
        start(self, name, parent, steps)

    monkeypatch.setattr(clock.Share, "start", press)
    with pytest.raises(Interrupted, match="nothing was written"):
        build_engine(onnx, Precision.FP32, flavour=rtx)
    assert leftovers(Path()) == []


def test_turing_has_no_fp32(rtx, onnx):
    with pytest.raises(BuildError, match=r"no FP32 matrix products for sm75"):
        build_engine(onnx, Precision.FP32, targets=["sm75"], flavour=rtx)


def test_int8_needs_a_set_that_fits(rtx, onnx, tmp_path):
    with pytest.raises(UsageError, match="edgefer calibrate"):
        build_engine(onnx, Precision.INT8, flavour=rtx)
    taller = tiny_net.card(input=tiny_net.SPEC.model_copy(update={"height": 48}))
    other = make_calibration_set(screen(tiny_net.faces()), taller, 7, tmp_path / "set")
    with pytest.raises(ArtifactError, match="height 48 instead of 32"):
        build_engine(onnx, Precision.INT8, calibration=other, flavour=rtx)
    assert not Path("engines").exists()


def test_what_the_parser_refuses_is_one_line(rtx, tmp_path):
    from onnx import helper

    model = tiny_net.model()
    node = next(node for node in model.graph.node if node.name == "fc1_relu")
    node.CopyFrom(helper.make_node("Mystery", list(node.input), list(node.output), name="odd", domain="nobody.knows"))
    model.opset_import.append(helper.make_opsetid("nobody.knows", 1))
    with pytest.raises(BuildError, match=r"cannot read the network: .*\(node odd\)") as caught:
        build_engine(tiny_net.write(tmp_path / "a.onnx", model), Precision.FP32, flavour=rtx)
    assert "\n" not in str(caught.value)
    assert not Path("engines").exists()


def test_a_fixed_batch_is_kept(rtx, tmp_path):
    path = tiny_net.write(tmp_path / "a.onnx", tiny_net.model(batch=4))
    with pytest.raises(BuildError, match=r"fixed batch of 4\. use --batch 4"):
        build_engine(path, Precision.FP32, targets=["sm89"], flavour=rtx)
    assert build_engine(path, Precision.FP32, batch=(4, 4, 4), targets=["sm89"], flavour=rtx).engine.is_file()


def test_standard_tensorrt_without_a_gpu_points_to_the_one_that_can(onnx, monkeypatch):
    tensorrt, _ = fake_gpu.install(monkeypatch, driver=fake_gpu.NONE)
    del tensorrt.Builder  # touching it without a driver is a bare TypeError
    with pytest.raises(BackendError, match=r"no NVIDIA driver is installed.*--flavour tensorrt_rtx"):
        build_engine(onnx, Precision.FP32, flavour="tensorrt")


@pytest.mark.parametrize("version", ["10.3.0.26", "11.4.0.106"])
def test_standard_tensorrt_builds_for_this_gpu(onnx, monkeypatch, version):
    tensorrt, _ = fake_gpu.install(monkeypatch, version=version, driver=fake_gpu.ORIN)
    tensorrt.layer_table = (
        '{"Layers": [{"Name": "c", "LayerType": "CaskConvolution", "Inputs": [{"Format/Datatype": "Half"}]}]}'
    )
    result = build_engine(onnx, Precision.FP16, batch=(1, 2, 4))
    passport = result.card.engine
    assert (passport.flavour, passport.version) == ("tensorrt", version)
    assert passport.targets == ("sm87",)
    assert (passport.gpu, passport.driver, passport.cuda) == ("Orin", "540.4.0", "12.6")
    assert passport.census["engine conv half"] == 1
    assert result.folder.name == "tiny-fp16-trt-sm87-b1-2-4"
    (config,) = tensorrt.built
    assert config.profiles == [{"pixels": ((1, 1, 32, 32), (2, 1, 32, 32), (4, 1, 32, 32))}]
    assert config.profiling_verbosity.name == "DETAILED"
    with pytest.raises(UsageError, match="builds for this machine's GPU alone, sm87"):
        build_engine(onnx, Precision.FP16, targets=["sm89"])


def test_targets_reach_the_compiler(rtx, onnx, monkeypatch):
    with pytest.raises(BuildError, match="FP32 GEMM is not supported"):
        compile_plan(load("tensorrt_rtx"), onnx.read_bytes(), (1, 2, 4), ("sm89", "sm75"), "compiling")
    tensorrt, _ = fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116", driver=fake_gpu.NONE)
    compile_plan(load("tensorrt_rtx"), b"onnx", (1, 2, 4), ("sm75", "sm120"), "compiling")
    assert tensorrt.built[0].num_compute_capabilities == 2
    assert tensorrt.built[0].targets == {0: "SM75", 1: "SM120"}


def test_an_older_rtx_refuses_int8_by_name(onnx, calibration, monkeypatch):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.5.0.114", driver=fake_gpu.NONE)
    with pytest.raises(BackendError, match=r"1.5.0.114 compiles no INT8 convolutions.*tensorrt-rtx>=1.7"):
        build_engine(onnx, Precision.INT8, calibration=calibration)


def test_a_full_disk_leaves_nothing(rtx, onnx, monkeypatch, tmp_path):
    write = Path.write_bytes

    def full(self, data):
        if self.suffix == ".engine":
            raise OSError(28, "No space left on device")
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(ArtifactError, match="No space left on device"):
        build_engine(onnx, Precision.FP32, tmp_path / "out" / "e", targets=["sm89"], flavour=rtx)
    assert leftovers(tmp_path / "out") == []


@pytest.mark.gpu
def test_a_real_build_on_this_gpu(onnx):
    if not driver.probe().present:
        pytest.skip(driver.probe().problem)
    result = build_engine(onnx, Precision.FP16)
    assert result.card.engine.census["onnx conv half"] == 4
