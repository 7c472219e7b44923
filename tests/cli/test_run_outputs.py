"""What `edgefer run` gives out: every output, and nothing that was not asked for."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import jsonschema
import pytest

from edgefer.camera.line_schema import schema
from tests import brightness_model
from tests.camera.programs import started, until
from tests.conftest import one_line
from tests.films import film


@pytest.fixture
def watched(tmp_path):
    """Arguments of a run on a film of 2.4 s, in which a face is sad for 1.2 s and then happy."""
    model = brightness_model.write(tmp_path / "brightness.onnx")
    clip = film(tmp_path / "clip.avi", [20] * 30 + [240] * 30)
    return ["--source", clip, "--engine", model, "--detector", "none", "--smooth", "0"]


def test_lines_of_a_run_fit_the_schema_and_the_table_says_the_same(cli, watched):
    result = cli("run", *watched, "--jsonl", "out.jsonl", "--csv", "out.csv")
    assert result.code == 0, result.err
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    validator = jsonschema.Draft202012Validator(schema())
    for line in lines:
        validator.validate(line)
    with Path("out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(lines) == len(rows) == 60
    for line, row in zip(lines, rows, strict=True):
        face = line["faces"][0]
        assert (int(row["frame"]), float(row["time"])) == (line["frame"], line["time"])
        assert (int(row["track"]), row["label"], float(row["score"])) == (face["track"], face["label"], face["score"])
        assert [int(row[f"box.{side}"]) for side in ("x", "y", "width", "height")] == face["box"]
        assert {name: float(row[f"probabilities.{name}"]) for name in face["probabilities"]} == face["probabilities"]
    assert "no picture is stored; every face's emotion goes to out.jsonl, out.csv" in result.err
    assert "frames written: 0; files made: out.jsonl, out.csv" in result.err
    assert sorted(path.name for path in Path().iterdir()) == ["out.csv", "out.jsonl"]


PERSONAL = {"track", "box", "label", "score", "probabilities", "raw", "detected", "detector_score", "frame", "picture"}


def names(value):
    """Every key at every depth."""
    if isinstance(value, dict):
        return set(value) | {name for one in value.values() for name in names(one)}
    return {name for one in value for name in names(one)} if isinstance(value, list) else set()


def test_aggregate_only_gives_out_nothing_of_single_people(cli, watched):
    result = cli("run", *watched, "--jsonl", "-", "--csv", "out.csv", "--aggregate-only", "--interval", "1")
    assert result.code == 0, result.err
    lines = [json.loads(line) for line in result.out.splitlines()]
    assert [(line["start"], line["frames"], line["faces"], line["most"]) for line in lines] == [
        (0.0, 25, 25, 1),
        (1.0, 25, 25, 1),
        (2.0, 10, 10, 1),
    ]
    assert lines[0]["emotions"]["anger"] == 1
    assert 0 < lines[1]["emotions"]["happy"] < 1
    for line in lines:
        assert not names(line) & PERSONAL
        assert not names(line) - {"schema", "start", "seconds", "frames", "faces", "most", "uncertain", "emotions"} - {
            "anger", "disgust", "fear", "happy", "sad", "surprise", "neutral",
        }  # fmt: skip
        assert isinstance(line["faces"], int)
    with Path("out.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert not {part for name in rows[0] for part in name.split(".")} & PERSONAL
    assert len(rows) == 4
    assert "face 1" not in result.err
    assert "counts of 1 s, of nobody in particular, go to stdout, out.csv" in result.err


def test_aggregate_only_holds_for_a_session_too(cli, watched):
    result = cli("run", *watched, "--aggregate-only", "--interval", "1", "--session", "s", "--csv", "out.csv")
    assert result.code == 0, result.err
    files = [path for path in Path().rglob("*") if path.is_file()]
    lines = [json.loads(line) for path in files if path.suffix == ".jsonl" for line in path.read_text().splitlines()]
    assert len(lines) > 3
    assert not {name for line in lines for name in names(line)} & (PERSONAL - {"label", "frame"}), lines
    assert "face 1" not in result.err


def test_aggregate_only_on_the_terminal(cli, watched):
    result = cli("run", *watched, "--aggregate-only", "--interval", "2")
    assert "    0.00 s  50 frames, at most 1 face at once: anger 60%, happy 40%" in result.err
    assert "face 1" not in result.err
    assert result.out == ""
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--aggregate-only", "--record", "a.mp4"], "--aggregate-only and --record exclude each other"),
        (["--jsonl", "-", "--csv", "-"], "write the same place"),
        (["--jsonl", "a.txt", "--csv", "a.txt"], "write the same place"),
    ],
)
def test_outputs_that_exclude_each_other(cli, watched, arguments, message):
    result = cli("run", *watched, *arguments)
    assert result.code == 2
    assert message in one_line(result)
    assert list(Path().iterdir()) == []


def test_a_second_run_may_not_write_the_same_files_and_a_signal_closes_them(cli, watched):
    outputs = ["--jsonl", "out.jsonl", "--csv", "out.csv", "--record", "out.mp4", "--headless"]
    first = started("run", "--source", "demo://", *watched[2:], *outputs)
    try:
        until(lambda: Path("out.jsonl").exists() and Path("out.jsonl").read_text().count("\n") > 4)
        for option, name in (("--jsonl", "out.jsonl"), ("--csv", "out.csv"), ("--record", "out.mp4")):
            result = cli("run", *watched, option, name)
            assert result.code == 1
            assert f"{name} is being written by another run. name another file" in one_line(result)
    finally:
        first.terminate()
        error = first.communicate(timeout=60)[1]
    assert first.returncode == 0, error
    lines = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    with Path("out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [line["frame"] for line in lines] == [int(row["frame"]) for row in rows] == list(range(len(lines)))
    frames = cv2.VideoCapture("out.mp4").get(cv2.CAP_PROP_FRAME_COUNT)
    assert f"frames written: {frames:.0f}; files made: out.mp4, out.jsonl, out.csv" in error
    assert sorted(path.name for path in Path().iterdir()) == ["out.csv", "out.jsonl", "out.mp4"]
    assert cli("run", *watched, "--jsonl", "out.jsonl").code == 0


def test_a_full_disk_ends_the_run_and_leaves_every_output_whole(watched):
    """The process may write 20 kB a file."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    outputs = ["--jsonl", "out.jsonl", "--csv", "out.csv", "--max-frames", "60"]
    process = started("run", "--source", "demo://?pace=file", *watched[2:], *outputs, "--headless", before=limit)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert [line for line in error.splitlines() if line.startswith("error: ")] == [
        "error: cannot write out.jsonl: File too large. free some space"
    ]
    assert "files made: out.jsonl, out.csv" in error
    lines = Path("out.jsonl").read_text()
    assert lines.endswith("\n")
    frames = [json.loads(line)["frame"] for line in lines.splitlines()]
    assert 5 < len(frames) < 60
    with Path("out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame"]) for row in rows] == frames


def test_help_is_under_headings(cli):
    text = cli("run", "--help").out
    places = [
        text.index(f"\n{title}:\n") for title in ("Source", "Model", "Faces", "People and labels", "What comes out")
    ]
    assert places == sorted(places)
    assert places[-1] < text.index("--aggregate-only") < text.index("\nOther:\n")
    assert text.count("--jsonl") == 1


def test_the_synthetic_camera_is_recorded_without_any_detector(cli):
    done = cli(
        "run", "--source", "demo://?pace=file&seconds=1&fps=10", "--record", "labelled.mp4", "--jsonl", "a.jsonl"
    )
    assert done.code == 0, done.err
    assert "faces by the script of demo://; fer2013-s-best on" in done.err
    assert "Ctrl-C" not in done.err, "it ends by itself"
    assert frames_of("labelled.mp4") == 10
    lines = [json.loads(line) for line in Path("a.jsonl").read_text().splitlines()]
    assert [len(line["faces"]) for line in lines] == [1] * 10
    assert len({tuple(line["faces"][0]["box"]) for line in lines}) > 5, "found wherever it is drawn"


def frames_of(name):
    film = cv2.VideoCapture(name)
    count = 0
    while film.read()[0]:
        count += 1
    film.release()
    return count


@pytest.mark.parametrize("more", [[], ["--aggregate-only"]])
def test_a_run_without_an_end_says_how_to_end_it(cli, watched, more):
    done = cli("run", "--source", "demo://?size=64x48&fps=100", *watched[2:], "--headless", "--max-frames", 3, *more)
    assert done.code == 0, done.err
    assert "Ctrl-C ends the run" in done.err
