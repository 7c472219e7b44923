from __future__ import annotations

import json
import shlex

import pytest

from edgefer.card import InputSpec, Provenance
from edgefer.data.store import write_store
from edgefer.paths import DATA
from tests import tiny_net
from tests.conftest import one_line
from tests.datasets import dataset_of


@pytest.fixture(autouse=True)
def store():
    """`data/noise`: 140 Training faces, of which two stand in PublicTest too."""
    training, public = tiny_net.faces(), tiny_net.faces(28, seed=50, split="PublicTest")
    public.pixels[:2] = training.pixels[:2]
    return write_store(DATA / "noise", dataset_of([training, public]))


@pytest.fixture
def onnx(tmp_path):
    return tiny_net.write(tmp_path / "my models" / "tiny.onnx", own_card=card())


def card(**changes):
    return tiny_net.card(**{"provenance": Provenance(dataset="noise"), **changes})


def audit(path, store, **rows):
    parts = {
        split: {"sha256": store.split(split).sha256, "rows": {str(row): "near copy" for row in numbers}}
        for split, numbers in rows.items()
    }
    path.write_text(json.dumps({"dataset": "noise", "exclude": parts}))
    return path


def test_a_set_is_made_where_build_engine_looks_for_it(cli, onnx):
    done = cli("calibrate", onnx, "--count", 35)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "calibration/tiny-noise-35: 35 faces of noise Training for tiny, seed 0"
    assert lines[1] == "never drawn: 2 also in PublicTest"
    assert [line.split()[:2] for line in lines if line.startswith(("anger", "neutral"))] == [["anger", "5"], ["neutral", "5"]]  # fmt: skip
    assert f"edgefer build-engine '{onnx}' --precision int8 --calibration calibration/tiny-noise-35" in done.err
    shown = cli("inspect", "calibration/tiny-noise-35")
    assert shown.code == 0
    assert "calibration set" in shown.out
    assert "also in PublicTest 2" in shown.out


def test_without_a_count_there_are_512_or_all_that_may_be_drawn(cli, onnx):
    assert "calibration/tiny-noise-138: 138 faces" in cli("calibrate", onnx).out


def test_json_is_the_manifest(cli, onnx, tmp_path):
    done = cli("calibrate", onnx, "--count", 7, "--out", tmp_path / "a set", "--json")
    values = json.loads(done.out)
    assert values["path"] == str(tmp_path / "a set")
    assert len(values["manifest"]["rows"]) == 7
    assert values["manifest"]["skipped"] == {"also in PublicTest": 2}


def test_an_exclusion_list_and_another_store_reach_the_set(cli, onnx, tmp_path):
    other = write_store(tmp_path / "the lab", dataset_of([tiny_net.faces(seed=4)], "lab"))
    path = audit(tmp_path / "an audit.json", other, Training=[3, 4])
    done = cli(
        "calibrate", onnx, "--data", tmp_path / "the lab", "--exclude", path, "--count", 20, "--seed", 3, "--json"
    )
    manifest = json.loads(done.out)["manifest"]
    assert (manifest["dataset"], manifest["source"], manifest["seed"]) == ("lab", str(tmp_path / "the lab"), 3)
    assert manifest["skipped"] == {"on the exclusion list": 2}
    assert manifest["exclude"]["file"] == str(path)
    assert not {3, 4} & set(manifest["rows"])


def test_the_command_of_a_refused_set_makes_one_that_fits(cli, onnx, tmp_path):
    """The fix of build-engine's error, typed as it stands."""
    folder = tmp_path / "a set"
    assert cli("calibrate", onnx, "--count", 21, "--seed", 2, "--out", folder).code == 0
    larger = tiny_net.write(
        tmp_path / "larger.onnx", own_card=card(input=InputSpec(height=32, width=32, crop_margin=0.2))
    )
    pytest.importorskip("tensorrt_rtx")
    refused = cli("build-engine", larger, "--precision", "int8", "--calibration", folder)
    assert refused.code == 1
    line = one_line(refused)
    assert "was made for other preprocessing (crop_margin 0.0 instead of 0.2)" in line
    words = shlex.split(line[line.index("edgefer calibrate") :])
    assert words[1:3] == ["calibrate", str(larger)]
    assert cli(*words[1:]).code == 0
    built = cli("build-engine", larger, "--precision", "int8", "--calibration", folder, "--target", "sm89")
    assert built.code == 0, built.err


def test_the_curve_is_a_table_and_a_figure(cli, onnx, tmp_path):
    figure = tmp_path / "my figures" / "curve.png"
    pytest.importorskip("matplotlib")
    done = cli("calibrate", onnx, "--curve", "--count", 40, "--repeats", 2, "--png", figure)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0] == "tiny (onnxruntime cpu), calibrated on noise, judged on its 28 faces of PublicTest"
    assert [line.split()[:2] for line in lines[4:6]] == [["16", "2"], ["32", "2"]]
    assert "faces" in lines[-1]
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "cwd" / "calibration").exists()


def test_the_curve_as_json_honours_a_list_in_both_splits(cli, onnx, store, tmp_path):
    path = audit(tmp_path / "audit.json", store, Training=[7], PublicTest=[0, 1])
    done = cli("calibrate", onnx, "--curve", "--count", 16, "--repeats", 1, "--seed", 4, "--exclude", path, "--json")
    values = json.loads(done.out)
    assert values["judged_faces"] == 26
    assert [(trial["faces"], trial["seed"]) for trial in values["trials"]] == [(16, 4)]


def test_the_curve_of_a_checkpoint_is_that_of_its_export(cli, tmp_path):
    pytest.importorskip("torch")
    from tests import nets

    nets.write_checkpoint(tmp_path / "a.safetensors", nets.card(provenance=Provenance(dataset="noise")))
    done = cli("calibrate", tmp_path / "a.safetensors", "--curve", "--count", 16, "--repeats", 1, "--json")
    assert done.code == 0, done.err
    assert len(json.loads(done.out)["trials"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--count", "999"], 1, "noise Training has 138 to draw from (2 also in PublicTest were skipped). use --count with 1 to 138"),
        (["--data", "fer2014"], 2, "no faces are known as 'fer2014'"),
        (["--exclude", "none.json"], 1, "none.json does not exist: an exclusion list"),
        (["--split", "PublicTest"], 2, "--split goes with --curve"),
        (["--png", "a.png"], 2, "--png goes with --curve"),
        (["--repeats", "2"], 2, "--repeats goes with --curve"),
        (["--curve"], 2, "--curve keeps no set to put in --out"),
    ],
)  # fmt: skip
def test_bad_requests_are_one_line(cli, onnx, tmp_path, arguments, code, words):
    failed = cli("calibrate", onnx, "--out", tmp_path / "set", *arguments)
    assert failed.code == code
    assert words in one_line(failed)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--split", "Training"], "Training faces set the ranges and cannot judge them"),
        (["--split", "PrivateTest"], "has no split 'PrivateTest'"),
        (["--count", "8"], "begins at 16 calibration faces"),
    ],
)
def test_a_curve_that_cannot_be_is_one_line(cli, onnx, arguments, words):
    failed = cli("calibrate", onnx, "--curve", *arguments)
    assert failed.code == 2
    assert words in one_line(failed)


def test_a_curve_that_is_stopped_says_how_to_be_quicker(cli, onnx, monkeypatch):
    from edgefer.quantize import curve

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(curve, "calibration_curve", stop)
    stopped = cli("calibrate", onnx, "--curve")
    assert stopped.code == 130
    assert "the curve was stopped, nothing was kept. --repeats 1 or a smaller --count is quicker" in one_line(stopped)


def test_a_seed_below_zero_is_wrong_usage(cli, onnx):
    failed = cli("calibrate", onnx, "--seed", "-1")
    assert failed.code == 2
    assert "Traceback" not in failed.err


def test_a_file_that_is_no_model_is_one_line(cli, tmp_path):
    (tmp_path / "a.onnx").write_text("hello")
    failed = cli("calibrate", tmp_path / "a.onnx")
    assert failed.code == 1
    assert "is not an ONNX file" in one_line(failed)
