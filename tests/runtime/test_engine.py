from __future__ import annotations

import hashlib

import numpy as np
import pytest

from edgefer import paths
from edgefer.card import Passport, Precision
from edgefer.errors import ArtifactError, BackendError, UntrustedError
from edgefer.runtime.engine import open_engine, runs_here
from edgefer.trt import driver
from tests import fake_gpu, tiny_net


def write_engine(folder, flavour="tensorrt", version="10.13.3.9", version_compatible=False, **plan):
    """stripped: the SHA-256 of model.onnx, as the plan has it; the card says whether there is one."""
    data = fake_gpu.plan_bytes(flavour, version, version_compatible=version_compatible, **plan)
    passport = Passport(
        flavour=flavour,
        version=version,
        targets=("sm89",),
        batch=(1, 8, 32),
        version_compatible=version_compatible,
        stripped=bool(plan.get("stripped")),
        plan_sha256=hashlib.sha256(data).hexdigest(),
        onnx_sha256=plan.get("stripped") or "0" * 64,
    )
    folder.mkdir(exist_ok=True)
    (folder / "tiny.engine").write_bytes(data)
    (folder / "card.json").write_text(tiny_net.card(precision=Precision.FP16, engine=passport).to_json())
    return folder / "tiny.engine"


def pixels(count):
    return np.random.default_rng(count).integers(0, 256, (count, 1, 32, 32)).astype(np.float32)


def expected(batch):
    return batch.mean(axis=(1, 2, 3))[:, None] * np.arange(1, 8)


@pytest.mark.parametrize(("flavour", "version"), [*fake_gpu.VERSIONS, ("tensorrt_lean", "11.4.0.106")])
def test_every_flavour_runs_the_same_way(monkeypatch, tmp_path, flavour, version):
    tensorrt, cuda = fake_gpu.install(monkeypatch, name=flavour, version=version)
    lean = flavour == "tensorrt_lean"
    plan = "tensorrt" if lean else flavour
    with open_engine(write_engine(tmp_path / "e", plan, version, version_compatible=lean)) as session:
        assert session.backend == flavour
        batch = pixels(5)
        logits = session.infer(batch)
        np.testing.assert_allclose(logits, expected(batch), rtol=1e-5)
        assert logits.dtype == np.float32
        assert session.activation_bytes == 4096
        assert session.weights_bytes == (None if version.startswith(("10.3", "10.7", "10.13")) else 1234)
        assert tensorrt.calls == [
            "deserialise",
            "context 1" if flavour == "tensorrt_rtx" else "context 0",
            "address pixels",
            "address logits",
            "shape (5, 1, 32, 32)",
            "run 5",
        ]
        assert cuda.calls == ["upload", "download", "synchronise"]
        kept = logits.copy()
        session.infer(pixels(9))
        np.testing.assert_array_equal(logits, kept)  # results are copies, not views of reused memory
    assert not cuda.host
    assert not cuda.device
    assert not cuda.streams


def write_stripped(folder, flavour="tensorrt", version="10.13.3.9", **facts):
    onnx = b"an ONNX file"
    path = write_engine(folder, flavour, version, stripped=hashlib.sha256(onnx).hexdigest(), **facts)
    (folder / "model.onnx").write_bytes(onnx)
    return path


@pytest.mark.parametrize(("flavour", "version"), fake_gpu.VERSIONS)
def test_an_engine_without_weights_gets_them_from_the_onnx_file_before_its_context(
    monkeypatch, tmp_path, flavour, version
):
    tensorrt, _ = fake_gpu.install(monkeypatch, name=flavour, version=version)
    with open_engine(write_stripped(tmp_path / "e", flavour, version)) as session:
        np.testing.assert_allclose(session.infer(pixels(3)), expected(pixels(3)), rtol=1e-5)
    assert [call.split()[0] for call in tensorrt.calls[:3]] == ["deserialise", "refit", "context"]


@pytest.mark.parametrize("broken", ["refit", "incomplete"])
def test_weights_that_do_not_come_back_end_it(monkeypatch, tmp_path, broken):
    tensorrt, cuda = fake_gpu.install(monkeypatch)
    tensorrt.broken = broken
    with pytest.raises(BackendError, match=r"cannot give .* its weights back: .*build it again: .*--strip"):
        open_engine(write_stripped(tmp_path / "e"))
    assert not cuda.device
    assert not any(call.startswith("context") for call in tensorrt.calls)


def test_the_lean_runtime_cannot_give_weights_back_and_says_why(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch, name="tensorrt_lean", version="11.4.0.106")
    path = write_stripped(tmp_path / "e", "tensorrt", "11.4.0.106", version_compatible=True)
    with pytest.raises(BackendError, match=r"TensorRT lean 11.4.0.106 cannot give .*: .*has no ONNX parser"):
        open_engine(path)


@pytest.mark.parametrize("trust", [False, True])
def test_other_weights_than_those_it_was_built_with_are_refused_even_with_trust(monkeypatch, tmp_path, trust):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    path = write_stripped(tmp_path / "e")
    (path.parent / "model.onnx").write_bytes(b"another ONNX file")
    with pytest.raises(ArtifactError, match=r"model.onnx is not the file that has them \(the SHA-256 differs\)"):
        open_engine(path, trust)
    (path.parent / "model.onnx").unlink()
    with pytest.raises(ArtifactError, match=r"model.onnx, which has them, cannot be read: No such file"):
        open_engine(path, trust)
    assert not tensorrt.calls


@pytest.mark.parametrize(("flavour", "version"), [("tensorrt", "10.3.0"), ("tensorrt", "11.4.0.106")])
def test_a_graph_is_captured_once_a_shape_and_launched_afterwards(monkeypatch, tmp_path, flavour, version):
    tensorrt, cuda = fake_gpu.install(monkeypatch, name=flavour, version=version)
    with open_engine(write_engine(tmp_path / "e", flavour, version), cuda_graph=True) as session:
        assert session.cuda_graph
        for count in (3, 3, 3, 1, 1, 3):
            batch = pixels(count) + count
            np.testing.assert_allclose(session.infer(batch), expected(batch), rtol=1e-5)
        assert cuda.calls.count("capture") == 3
        assert cuda.calls.count("launch") == 6
        assert len(cuda.ready) == 1  # a graph of an earlier shape is freed
        assert not cuda.graphs
        # Each shape runs once before it is captured, and once while it is.
        assert [call for call in tensorrt.calls if call.startswith("run")] == ["run 3", "run 3", "run 1", "run 1"] + [
            "run 3"
        ] * 2
    assert not cuda.ready
    assert not cuda.events


def test_without_a_graph_nothing_is_captured(monkeypatch, tmp_path):
    _, cuda = fake_gpu.install(monkeypatch)
    with open_engine(write_engine(tmp_path / "e")) as session:
        session.infer(pixels(2))
        assert not session.cuda_graph
        assert "capture" not in cuda.calls


def test_rtx_captures_by_itself(monkeypatch, tmp_path):
    tensorrt, cuda = fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    with open_engine(write_engine(tmp_path / "e", "tensorrt_rtx", "1.7.1.116"), cuda_graph=True) as session:
        batch = pixels(2)
        np.testing.assert_allclose(session.infer(batch), expected(batch), rtol=1e-5)
        assert "graphs WHOLE_GRAPH_CAPTURE" in tensorrt.calls
        assert "capture" not in cuda.calls
        assert session.compile_seconds > 0


def test_a_capture_that_fails_leaves_the_stream_usable(monkeypatch, tmp_path):
    tensorrt, cuda = fake_gpu.install(monkeypatch)
    with open_engine(write_engine(tmp_path / "e"), cuda_graph=True) as session:
        begin = cuda.cudaStreamBeginCapture

        def breaking(stream, mode):
            tensorrt.broken = "run"
            return begin(stream, mode)

        monkeypatch.setattr(cuda, "cudaStreamBeginCapture", breaking)
        with pytest.raises(BackendError, match="an illegal memory access"):
            session.infer(pixels(2))
        assert cuda.capturing is None
        tensorrt.broken = ""
        monkeypatch.setattr(cuda, "cudaStreamBeginCapture", begin)
        batch = pixels(2)
        np.testing.assert_allclose(session.infer(batch), expected(batch), rtol=1e-5)


@pytest.mark.parametrize("cuda_graph", [False, True])
def test_parts_are_the_gpus_own_times(monkeypatch, tmp_path, cuda_graph):
    _, cuda = fake_gpu.install(monkeypatch)
    with open_engine(write_engine(tmp_path / "e", profile=(2, 8, 16)), cuda_graph=cuda_graph) as session:
        for count in (1, 5):
            parts = session.parts(pixels(count))
            assert (parts.h2d_ms, parts.compute_ms, parts.d2h_ms) == (1.0, 10.0, 0.5)
            assert 0 <= parts.enqueue_ms < 1000
        assert len(cuda.events) == 4
        assert session.parts(pixels(17)) is None
        batch = pixels(5)
        np.testing.assert_allclose(session.infer(batch), expected(batch), rtol=1e-5)
        assert session.io_bytes(1) == session.io_bytes(99) == 16 * 4 * (32 * 32 + 7)
        assert session.place == "cuda:0"
    assert not cuda.events


def test_large_batches_are_split_and_small_ones_filled_up(monkeypatch, tmp_path):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    with open_engine(write_engine(tmp_path / "e", profile=(4, 8, 16))) as session:
        assert session.largest_batch == 16
        for count in (1, 3, 4, 16, 17, 35):
            batch = pixels(count)
            np.testing.assert_allclose(session.infer(batch), expected(batch), rtol=1e-5)
        assert session.infer(pixels(0)).shape == (0, 7)
    runs = [int(call.split()[1]) for call in tensorrt.calls if call.startswith("run")]
    assert runs == [4, 4, 4, 16, 16, 4, 16, 16, 4]


def test_a_shape_is_set_only_when_it_changes(monkeypatch, tmp_path):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    with open_engine(write_engine(tmp_path / "e")) as session:
        for count in (2, 2, 2, 3, 3):
            session.infer(pixels(count))
    assert [call for call in tensorrt.calls if call.startswith("shape")] == [
        "shape (2, 1, 32, 32)",
        "shape (3, 1, 32, 32)",
    ]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("deserialise", r"cannot load .*Error Code 1 Serialization.*build it again"),
        ("context", "cannot prepare .* to run"),
    ],
)
def test_what_tensorrt_refuses_is_one_line_and_frees_everything(monkeypatch, tmp_path, broken, words):
    tensorrt, cuda = fake_gpu.install(monkeypatch)
    tensorrt.broken = broken
    with pytest.raises(BackendError, match=words) as caught:
        open_engine(write_engine(tmp_path / "e"))
    assert "\n" not in str(caught.value)
    assert not cuda.device


def test_a_failed_run_says_why(monkeypatch, tmp_path):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    with open_engine(write_engine(tmp_path / "e")) as session:
        tensorrt.broken = "run"
        with pytest.raises(BackendError, match="an illegal memory access"):
            session.infer(pixels(1))


def test_a_gpu_that_is_full_is_one_line(monkeypatch, tmp_path):
    _, cuda = fake_gpu.install(monkeypatch, room=1000)
    with pytest.raises(BackendError, match="cudaErrorMemoryAllocation"):
        open_engine(write_engine(tmp_path / "e"))
    assert not cuda.host


@pytest.mark.parametrize("plan", [{"shape": (3, 32, 32)}, {"labels": 8}])
def test_a_plan_that_does_not_fit_its_card_is_refused(monkeypatch, tmp_path, plan):
    fake_gpu.install(monkeypatch)
    with pytest.raises(ArtifactError, match="does not fit its card"):
        open_engine(write_engine(tmp_path / "e", **plan))


def altered(path):
    path.write_bytes(path.read_bytes() + b" ")


def without_card(path):
    (path.parent / "card.json").unlink()


def vouched_for_another(path):
    card = path.parent / "card.json"
    card.write_text(card.read_text().replace('"10.13.3.9"', '"10.13.2.6"'))


def for_another_gpu(path):
    card = path.parent / "card.json"
    card.write_text(card.read_text().replace('"sm89"', '"sm86"'))


@pytest.mark.parametrize("fault", [altered, without_card, vouched_for_another, for_another_gpu])
def test_what_is_refused_was_never_deserialised(monkeypatch, tmp_path, fault):
    tensorrt, cuda = fake_gpu.install(monkeypatch)
    path = write_engine(tmp_path / "e")
    fault(path)
    with pytest.raises((UntrustedError, BackendError)):
        open_engine(path)
    assert tensorrt.calls == []
    assert not cuda.streams


def test_runs_here_deserialises_nothing(monkeypatch, tmp_path):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    path = write_engine(tmp_path / "e")
    assert runs_here(path)
    assert tensorrt.calls == []
    monkeypatch.setattr(driver, "probe", lambda: fake_gpu.ORIN)
    assert not runs_here(path)
    assert not runs_here(tmp_path / "none.engine")


def test_rtx_compiles_an_engines_kernels_once_a_machine(monkeypatch, tmp_path, capfd):
    path = write_engine(tmp_path / "e", "tensorrt_rtx", "1.7.1.116")
    tensorrt, _ = fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    given = []
    load = tensorrt.IRuntimeCache.deserialize
    monkeypatch.setattr(
        tensorrt.IRuntimeCache, "deserialize", lambda self, blob: given.append(bytes(blob)) or load(self, blob)
    )
    for _ in range(2):
        with open_engine(path) as session:
            session.infer(pixels(1))
        session.close()  # safe to call twice
    assert given == [b"kernels of 1.7.1.116"]
    assert len(list(caches_folder().iterdir())) == 1

    (kept,) = caches_folder().iterdir()
    kept.write_bytes(kept.read_bytes()[:-2])
    with open_engine(path) as session:
        assert session.infer(pixels(1)).shape == (1, 7)
    assert "is damaged: ignored" in capfd.readouterr().err
    assert len(given) == 1


def test_an_engine_that_cannot_be_prepared_leaves_no_cache(monkeypatch, tmp_path):
    tensorrt, cuda = fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    tensorrt.broken = "context"
    with pytest.raises(BackendError, match="cannot prepare"):
        open_engine(write_engine(tmp_path / "e", "tensorrt_rtx", "1.7.1.116"))
    assert not caches_folder().exists()
    assert not cuda.device


def caches_folder():
    return paths.cache_dir() / "tensorrt"


def test_without_a_driver_the_onnx_file_is_offered(monkeypatch, tmp_path):
    monkeypatch.setattr(driver, "probe", lambda: fake_gpu.NONE)
    path = write_engine(tmp_path / "e")
    (path.parent / "model.onnx").write_bytes(b"onnx")
    with pytest.raises(BackendError, match=r"needs an NVIDIA GPU.*run the ONNX file beside it"):
        open_engine(path)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", list(Precision))
def test_a_real_engine_answers_as_onnx_runtime_does(tmp_path, precision):
    machine = driver.probe()
    if not machine.present:
        pytest.skip(machine.problem)
    from edgefer.engine.build import build_engine
    from edgefer.engine.toolchain import toolchain
    from edgefer.quantize.calibration import make_calibration_set
    from edgefer.quantize.pool import screen
    from edgefer.runtime.onnx import OnnxSession

    flavour, _, _ = toolchain(None, ())
    here = machine.gpus[0].target
    if flavour.supports_targets and here not in flavour.targets:
        pytest.skip(f"{flavour.title} has no target {here}")
    calibration = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 70, tmp_path / "faces")
    targets = (here,) if flavour.supports_targets else ()
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    result = build_engine(onnx, precision, tmp_path / "e", calibration=calibration, targets=targets)
    batch = np.concatenate(list(calibration.batches(35)))
    with open_engine(result.engine) as engine, OnnxSession(onnx) as reference:
        got, want = engine.infer(batch), reference.infer(batch)
    with open_engine(result.engine, cuda_graph=True) as engine:
        for size in (1, 35, 1):
            replayed = engine.infer(batch[:size])
            assert np.abs(replayed - got[:size]).max() <= 0.01 * np.abs(got).max()
        parts = engine.parts(batch[:1])
    assert min(parts.h2d_ms, parts.compute_ms, parts.d2h_ms, parts.enqueue_ms) > 0
    tolerance = {Precision.FP32: 0.01, Precision.FP16: 0.02, Precision.INT8: 0.1}[precision]
    assert np.abs(got - want).max() <= tolerance * np.abs(want).max()
