"""docs/schemas holds what the code makes, and real artifacts of each kind fit their schema."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest

from edgefer.card import Provenance
from edgefer.data.store import write_store
from edgefer.doctor import examine
from edgefer.doctor.children import ask
from edgefer.doctor.probe import PROBES
from edgefer.paths import DATA
from edgefer.recipe import is_sweep, read_toml, shipped_files
from edgefer.report.schemas import KINDS, schema, text, write
from edgefer.runtime.find import shipped_students
from edgefer.runtime.onnx import read_card
from edgefer.scales import LayerScales
from tests import brightness_model, nets, tiny_net
from tests.bundle import made
from tests.conftest import ROOT
from tests.datasets import dataset_of
from tests.films import film

RECIPE = """
[data]
source = "noise"
limit = 32
[model]
architecture = "mini-resemotenet-c"
size = 32
[train]
epochs = 1
batch = 32
"""


def fits(kind, value):
    """Whether a value is valid, dates included."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(schema(kind), format_checker=checker).is_valid(value)


def printed(cli, *arguments, code=0):
    done = cli(*arguments, "--json")
    assert done.code == code, done.err
    return json.loads(done.out)


def lines(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def logs(name):
    found = sorted((ROOT / "docs" / "training").glob(f"*/{name}"))
    assert found
    return found


def store():
    return write_store(
        DATA / "noise", dataset_of([tiny_net.faces(), tiny_net.faces(28, seed=50, split="PublicTest")])
    ).path


@pytest.fixture
def tiny(tmp_path):
    return tiny_net.write(tmp_path / "tiny.onnx")


def an_engine(cli, tiny):
    """The card of an engine that was built for real, with what INT8 cost it."""
    pytest.importorskip("tensorrt_rtx")
    store()
    tiny = tiny_net.write(tiny, own_card=tiny_net.card(provenance=Provenance(dataset="noise")))
    done = cli("build-engine", tiny, "--precision", "int8", "--target", "sm89", "--max-drop", 90)
    assert done.code == 0, done.err
    return json.loads(next(Path("engines").glob("*/card.json")).read_bytes())


def cards(cli, tiny):
    shipped = [read_card(path).model_dump(mode="json") for path in shipped_students().values()]
    return [*shipped, *(json.loads(path.read_bytes())["card"] for path in logs("record.json")), an_engine(cli, tiny)]


def passports(cli, tiny):
    return [an_engine(cli, tiny)["engine"]]


def scale_tables(cli, tiny):
    pytest.importorskip("torch")
    from edgefer.models.checkpoint import save
    from edgefer.models.registry import build

    own = nets.card()
    scales = {"conv1": LayerScales(input=0.1, weights=(0.25,) * 8)}
    save(tiny.with_suffix(".safetensors"), build(own.architecture, channels=1, classes=len(own.labels)), own, scales)
    data = tiny.with_suffix(".safetensors").read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert fits("model-card", json.loads(header["__metadata__"]["edgefer.card"]))
    return [json.loads(header["__metadata__"]["edgefer.scales"])]


def recipes(cli, tiny):
    logged = [read_toml(path) for path in logs("recipe.toml")]
    return [*logged, *(read_toml(path) for path in shipped_files() if not is_sweep(path))]


def sweeps(cli, tiny):
    return [read_toml(path) for path in shipped_files() if is_sweep(path)]


def calibration_sets(cli, tiny):
    store()
    assert cli("calibrate", tiny, "--data", "noise", "--count", 14, "--out", "set").code == 0
    return [json.loads(Path("set/manifest.json").read_bytes())]


def stores(cli, tiny):
    return [json.loads((store() / "manifest.json").read_bytes())]


def lists(cli, tiny):
    store()
    assert cli("data", "audit", "noise").code == 0
    return [json.loads(Path("audit.json").read_bytes())]


def epochs(cli, tiny):
    return [line for path in logs("metrics.jsonl") for line in lines(path)]


def finished(cli, tiny):
    pytest.importorskip("torch")
    Path("small.toml").write_text(RECIPE)
    store()
    done = cli("train", "small.toml")
    assert done.code == 0, done.err
    assert all(fits("run-epoch", line) for line in lines("runs/small/metrics.jsonl"))
    assert fits("recipe", read_toml(Path("runs/small/recipe.toml")))
    return [json.loads(Path("runs/small/finished.json").read_bytes())]


def records(cli, tiny):
    return [json.loads(path.read_bytes()) for path in logs("record.json")]


def evaluations(cli, tiny):
    other = tiny_net.write(tiny.with_name("other.onnx"), tiny_net.model(seed=1), tiny_net.card(name="other"))
    store()
    usual = ("evaluate", tiny, "--data", "noise")
    kept = [json.loads(path.read_bytes()) for path in (ROOT / "docs" / "evaluations").glob("*.json")]
    assert kept
    return [printed(cli, *usual), printed(cli, *usual, "--against", other, "--max-drop", 100), *kept]


def sessions(cli, tiny):
    clip, model = film(tiny.with_name("clip.avi"), [20] * 60), brightness_model.write(tiny.with_name("model.onnx"))
    usual = ("run", "--source", clip, "--engine", model, "--detector", "none", "--headless")
    assert cli(*usual, "--session", "one").code == 0
    assert cli(*usual, "--session", "two", "--aggregate-only", "--interval", 1).code == 0
    found = [*lines("sessions/one/session.jsonl"), *lines("sessions/two/session.jsonl")]
    assert {line["kind"] for line in found} == {"session", "sample", "interval", "end"}
    rest = [
        {"kind": "gap", "time": 1.0, "why": "paused"},
        {"kind": "mark", "time": 1.0, "does": "task", "text": "t", "id": "1"},
    ]
    return [*found, *rest]


def inspections(cli, tiny):
    plan = made.engine(tiny.parent / "engine")
    calibration_sets(cli, tiny)
    checkpoint = next(iter(shipped_students().values())).with_suffix(".safetensors")
    found = [printed(cli, "inspect", one) for one in (tiny, plan, checkpoint, "set", DATA / "noise")]
    assert {one["kind"] for one in found} == {"onnx", "engine", "checkpoint", "calibration set", "data store"}
    return found


def examinations(cli, tiny):
    return [printed(cli, "doctor")]


def bundles(cli, tiny):
    targets = ("trtexec", "triton", "deepstream", "edge")
    return [printed(cli, "bundle", tiny, "--for", target) for target in targets]


REAL = {
    "model-card": cards,
    "passport": passports,
    "learned-scales": scale_tables,
    "recipe": recipes,
    "sweep": sweeps,
    "calibration-set": calibration_sets,
    "face-store": stores,
    "exclusion-list": lists,
    "run-epoch": epochs,
    "run-finished": finished,
    "training-record": records,
    "evaluation": evaluations,
    "session-line": sessions,
    "inspection": inspections,
    "doctor": examinations,
    "bundle": bundles,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_committed_schema_is_the_generated_one(kind):
    committed = (ROOT / "docs" / "schemas" / f"{kind}.json").read_text(encoding="utf-8")
    assert committed == text(kind), "run: python -m edgefer.report.schemas docs/schemas"
    jsonschema.Draft202012Validator.check_schema(json.loads(committed))


def test_every_committed_schema_is_made(tmp_path):
    assert {path.name for path in write(tmp_path / "made")} == {
        path.name for path in (ROOT / "docs" / "schemas").glob("*")
    }


@pytest.mark.parametrize("kind", KINDS)
def test_real_ones_fit_and_damaged_ones_do_not(kind, cli, tiny, monkeypatch):
    few = [probe for probe in PROBES if probe.target in ("opencv:detector", "runtimes:numpy", "gpu:gpus")]
    monkeypatch.setattr(examine, "ask", lambda _, *rest: ask(few, *rest))
    validator = jsonschema.Draft202012Validator(schema(kind))
    found = REAL[kind](cli, tiny)
    for value in found:
        validator.validate(value)
    needed = json.loads(text(kind)).get("required", ["kind"])
    for name in needed:
        assert not fits(kind, {key: value for key, value in found[0].items() if key != name})
    for name in found[0]:
        changed = copy.deepcopy(found[0])
        changed[name] = [[None]]
        assert not fits(kind, changed) or kind == "exclusion-list"
    if kind not in ("session-line", "exclusion-list"):
        assert not fits(kind, {**found[0], "unknown": 1})


def test_the_committed_benchmark_records_fit_theirs():
    benchmark = json.loads((ROOT / "docs" / "benchmark-schema.json").read_text(encoding="utf-8"))
    found = sorted((ROOT / "docs" / "benchmarks").glob("suite/*.json"))
    assert found
    for path in found:
        jsonschema.Draft202012Validator(benchmark).validate(json.loads(path.read_bytes()))
