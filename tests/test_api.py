"""What `import edgefer` gives: these names, typed, imported when they are used, silent, the same as the commands."""

import inspect
import json
import subprocess
import sys
import typing
from pathlib import Path

import numpy as np
import pytest

import edgefer
from edgefer import errors
from edgefer.camera.settings import Watching
from tests import brightness_model, tiny_net

FUNCTIONS = ["benchmark", "build_engine", "distill", "evaluate", "load", "watch"]
TYPES = [
    "BenchmarkResult",
    "BuildResult",
    "Distilled",
    "EdgeferError",
    "Evaluation",
    "EvaluationResult",
    "FaceReading",
    "FaceSet",
    "FrameReading",
    "ModelCard",
    "Prediction",
    "Readings",
    "Run",
    "Session",
]


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_these_names_and_no_others():
    assert sorted(edgefer.__all__) == sorted([*FUNCTIONS, *TYPES, "__version__"])
    assert dir(edgefer) == sorted(edgefer.__all__)
    for name in FUNCTIONS:
        assert callable(getattr(edgefer, name))
    for name in TYPES:
        assert isinstance(getattr(edgefer, name), type)
        assert getattr(edgefer, name).__name__ == name
    names: dict[str, object] = {}
    exec("from edgefer import *", names)
    assert set(edgefer.__all__) <= set(names)


def test_import_brings_nothing_heavy():
    code = "import sys, edgefer; dir(edgefer); edgefer.EdgeferError; print(*(name for name in sys.modules))"
    heavy = {"torch", "cv2", "onnx", "onnxruntime", "numpy", "pydantic", "typer", "rich", "tensorrt", "tensorrt_rtx"}
    assert not heavy & set(python(code).split())


@pytest.mark.parametrize("room", ["benchmark", "distill", "evaluate"])
def test_a_room_is_a_function_whatever_was_imported_before(room: str):
    module = {"benchmark": "protocol", "distill": "asked", "evaluate": "metrics"}[room]
    code = (
        f"import edgefer.{room}.{module} as inner, edgefer, inspect, sys\n"
        f"assert edgefer.{room}.{module} is inner\n"
        f"from edgefer import {room}\n"
        f"from edgefer.{room}.api import {room} as function\n"
        f"assert inspect.signature({room}) == inspect.signature(function)\n"
        f"assert {room} is edgefer.{room} is sys.modules['edgefer.{room}']\n"
        f"try: {room}(no_such_word=1)\n"
        "except TypeError as error: print(error)"
    )
    assert f"{room}() got an unexpected keyword argument 'no_such_word'" in python(code)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_annotated_and_told(name: str):
    found = getattr(edgefer, name)
    inspect.signature(found)
    # Of a callable room the function behind it.
    function = found if inspect.isfunction(found) else sys.modules[f"edgefer.{name}.api"].__dict__[name]
    hints = typing.get_type_hints(function, localns={"Distilled": edgefer.Distilled})
    assert hints.pop("return").__name__ in TYPES
    told = inspect.getdoc(function)
    others = inspect.signature(Watching).parameters if "The others: see `Watching`" in told else {}
    assert inspect.signature(found).parameters.keys() == hints.keys()
    assert [parameter for parameter in hints if parameter not in told and parameter not in others] == []
    assert "Raises" in told


def test_a_type_checker_knows_it(tmp_path):
    (tmp_path / "user.py").write_text(
        "import edgefer\n"
        "from edgefer import evaluate\n"
        "with edgefer.load('fer2013-s-best', threads=1) as session:\n"
        "    emotions: list[str] = [one.emotion for one in session.predict([])]\n"
        "    accuracy: float = evaluate(session, 'demo', tta='flip').accuracy\n"
        "median: list[float] = [c.latency.median_ms for r in edgefer.benchmark().rows for c in r.cells if c.latency]\n"
        "best: str = str(edgefer.distill(changes={'train.epochs': 3}).student.checkpoint)\n"
        "kept: bool = edgefer.build_engine(best, 'int8', targets=['sm89'], batch=(1, 4, 8)).kept\n"
        "for frame in edgefer.watch(0, engine=session):\n"
        "    shown: list[str] = [face.emotion for face in frame.faces]\n"
        "try:\n"
        "    edgefer.evaluate('m', max_drop='much')\n"
        "except edgefer.EdgeferError as error:\n"
        "    reveal_type(error.fix)\n"
        "edgefer.evalaute\n"
    )
    # PyTorch's own sources would take a minute, and nothing here is typed by them.
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nstrict = true\n[mypy-torch.*,onnx.*,rich.*,typer.*]\nfollow_imports = skip\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--no-error-summary", "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    told = [line.partition(": ")[2] for line in done.stdout.splitlines()]
    assert told == [
        'error: Argument "max_drop" to "evaluate" has incompatible type "str"; expected "float | None"  [arg-type]',
        'note: Revealed type is "str"',
        'error: Module has no attribute "evalaute"; maybe "evaluate"?  [attr-defined]',
    ], done.stdout + done.stderr


@pytest.fixture
def model(tmp_path) -> Path:
    return tiny_net.write(tmp_path / "t.onnx")


def test_evaluate_gives_what_the_command_prints(cli, model, capfd):
    command = json.loads(cli("evaluate", model, "--against", model, "--tta", "flip", "--max-drop", 1, "--json").out)
    found = edgefer.evaluate(model, against=str(model), tta="flip", max_drop=1)
    assert json.loads(json.dumps(found.to_dict())) == command
    assert capfd.readouterr().err == ""


def test_an_open_session_stays_open(model):
    with edgefer.load(model) as session:
        first = edgefer.evaluate(session, "demo", against=session)
        assert first.accuracy == edgefer.evaluate(session, "demo").accuracy
        assert session.infer(np.zeros((1, *session.card.input.shape), np.float32)).shape == (1, 7)


def test_faces_of_the_program_with_an_exclusion_list(model, tmp_path):
    faces = tiny_net.faces(14, split="test")
    part = {"sha256": faces.sha256, "rows": {"0": "blank", "1": "blank"}}
    (tmp_path / "list.json").write_text(json.dumps({"schema": 1, "dataset": "noise", "exclude": {"test": part}}))
    found = edgefer.evaluate(model, faces, exclude=tmp_path / "list.json")
    assert found.evaluation.faces == 14
    assert found.protocols.second is not None
    assert found.protocols.second.faces == 12
    with pytest.raises(errors.UsageError, match="the faces are test already"):
        edgefer.evaluate(model, faces, split="PublicTest")


def test_benchmark_gives_what_the_command_measures(model, capfd):
    asked = {"quick": True, "seconds": 0.02, "calls": 3, "threads": 1, "int8": False}
    found = edgefer.benchmark(model, teacher=model, faces=tiny_net.faces(2), batch=[2, 1], rounds=2, **asked)
    assert (found.protocol.batches, found.protocol.rounds, found.faces) == ((1, 2), 2, "noise Training")
    assert capfd.readouterr().err == ""
    assert edgefer.BenchmarkResult.from_json(found.to_json(), "again") == found


def test_build_engine_gives_what_the_command_prints(cli, model, capfd):
    pytest.importorskip("tensorrt_rtx", reason="it is for x86-64 alone")
    asked = {"targets": ["sm89"], "flavour": "tensorrt_rtx", "out": "e", "batch": 4}
    built = edgefer.build_engine(model, **asked)
    assert capfd.readouterr().err == ""
    assert built.engine == Path("e/tiny.engine")
    words = ("--target", "sm89", "--flavour", "tensorrt_rtx", "--out", "e", "--batch", 4, "--json")
    again = json.loads(cli("build-engine", model, *words).out)
    kept = edgefer.build_engine(str(model), edgefer.build_engine(model, **asked).card.precision, **asked)
    assert again["kept"]
    assert kept.kept
    assert again["card"] == kept.to_dict()["card"] == built.to_dict()["card"]


SMALL = """
[data]
source = "demo"
limit = 70
[model]
architecture = "mini-resemotenet-c"
size = 32
[train]
epochs = 3
batch = 32
[teacher]
students = ["fer2013-c-best"]
"""


def test_distill_gives_what_the_command_prints(cli, capfd):
    Path("small.toml").write_text(SMALL)
    found = edgefer.distill(
        Path("small.toml"), changes={"train.epochs": 1, "model.size": 48}, out="one", baseline=False
    )
    streams = capfd.readouterr()
    assert streams.err == streams.out == ""
    assert len(found.student.history) == 1
    outcome = cli(
        "distill", "small.toml", "--no-baseline", "--set", "train.epochs=1", "--set", "model.size=48", "--json"
    )
    values, own = json.loads(outcome.out), found.to_dict()
    for record in (values["student"], own["student"]):
        record |= {"folder": "", "checkpoint": ""}
        for line in record["history"]:
            line["seconds"] = 0
    assert values == json.loads(json.dumps(own))


def test_messages_and_progress_are_shown_where_they_are_wanted(model, capfd):
    faces = tiny_net.faces(7)
    edgefer.evaluate(model, faces, verbose=True)
    assert "evaluate: 7/7" in capfd.readouterr().err
    with pytest.raises(errors.DataError):
        edgefer.evaluate(model, edgefer.FaceSet.of("none", "x", faces.emotions, faces.pixels[:0], faces.labels[:0]))
    from edgefer.console import say

    say("heard")
    assert capfd.readouterr().err == "heard\n"


@pytest.mark.parametrize(
    ("ask", "kind", "told"),
    [
        (lambda: edgefer.load("fer2013-s-bset"), errors.UsageError, "did you mean 'fer2013-s-best'"),
        (lambda: edgefer.load("none.onnx"), errors.ArtifactError, "none.onnx does not exist"),
        (lambda: edgefer.evaluate("fer2013-c-best", "dmeo"), errors.UsageError, "did you mean 'demo'"),
        (lambda: edgefer.evaluate("fer2013-c-best", tta="flp"), errors.UsageError, "did you mean 'flip'"),
        (lambda: edgefer.evaluate("fer2013-c-best", max_drop=1), errors.UsageError, "needs a model to drop from"),
        (lambda: edgefer.benchmark("fer2013-c-bset"), errors.UsageError, "did you mean 'fer2013-c-best'"),
        (lambda: edgefer.benchmark(rounds=0), errors.UsageError, "at least one round"),
        (lambda: edgefer.distill("demo-d"), errors.UsageError, "did you mean 'demo-c'"),
        (lambda: edgefer.distill(changes={"train.epoch": 1}), errors.RecipeError, "did you mean 'epochs'"),
        (lambda: edgefer.build_engine(precision="fp17"), errors.UsageError, "did you mean 'fp16'"),
        (lambda: edgefer.build_engine(precision="half"), errors.UsageError, "known: fp32, fp16, bf16, int8, fp8"),
        (lambda: edgefer.build_engine(targets="cpu"), errors.UsageError, "edgefer build-engine"),
        (lambda: edgefer.build_engine(calibration_method="max"), errors.UsageError, "did you mean 'minmax'"),
    ],
)
def test_mistakes_are_errors_of_edgefers_own(ask, kind, told, capfd):
    with pytest.raises(kind, match=told) as raised:
        ask()
    assert isinstance(raised.value, edgefer.EdgeferError)
    assert list(Path().iterdir()) == []
    assert capfd.readouterr().err == ""


def test_ctrl_c_during_a_benchmark_is_an_error_of_edgefers_own(model, monkeypatch):
    def stop(*_words, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("edgefer.benchmark.run.run_suite", stop)
    with pytest.raises(errors.Interrupted, match="nothing was kept"):
        edgefer.benchmark(model, teacher=model, int8=False)


def test_predict_says_what_the_camera_says():
    model = brightness_model.write(Path("b.onnx"))
    pictures = [np.full((50, 40, 3), (10, level, 200), np.uint8) for level in (0, 90, 250)]
    with edgefer.load(model) as session:
        found = session.predict(iter(pictures))
        (alone,) = session.predict(pictures[1])
        watched = [frame.faces[0] for frame in edgefer.watch(pictures, engine=session, detector="none")]
        assert session.predict([]) == []
        assert len(session.predict(np.stack([picture[..., 0] for picture in pictures] * 50))) == 150
    assert [one.emotion for one in found] == [face.label for face in watched]
    assert len({one.emotion for one in found}) == 3
    assert alone == found[1]
    for one, face in zip(found, watched, strict=True):
        assert one.probabilities == pytest.approx(face.probabilities)


@pytest.mark.parametrize(
    "wrong", [np.zeros((48, 48)), np.zeros((48, 48, 4), np.uint8), np.zeros((0, 48), np.uint8), "face.png"]
)
def test_what_is_no_picture_is_refused(wrong):
    with edgefer.load("fer2013-c-best") as session, pytest.raises(errors.DataError, match="face 1 is"):
        session.predict([np.zeros((48, 48), np.uint8), wrong])


def test_answers_that_are_no_numbers_are_an_error(model):
    import onnx
    from onnx import numpy_helper

    broken = onnx.load(model)
    (bias,) = [one for one in broken.graph.initializer if one.name == "fc2.bias"]
    bias.CopyFrom(numpy_helper.from_array(np.full(7, np.nan, np.float32), "fc2.bias"))
    onnx.save(broken, model)
    with edgefer.load(model) as session, pytest.raises(errors.ArtifactError, match="not finite"):
        session.predict(np.zeros((48, 48), np.uint8))


def test_without_a_model_load_takes_what_run_takes():
    with edgefer.load() as session:
        assert session.card.name == "fer2013-s-best"
    tiny_net.write(Path("fer2013-s-best"), own_card=tiny_net.card(name="own")).rename("fer2013-s-best.onnx")
    with edgefer.load("fer2013-s-best.onnx") as session:
        assert session.card.name == "own"
