"""The scripts of benchmarks/ still work, at toy size, and their records are honest; nothing is timed."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import sys
from datetime import datetime, timezone
from types import SimpleNamespace
from unittest.mock import create_autospec

import numpy as np
import pytest

from edgefer.benchmark.candidate import Role
from edgefer.errors import ArtifactError, UsageError
from edgefer.export import checkpoint
from edgefer.runtime.find import shipped_students
from tests import nets, tiny_net
from tests.benchmark import results
from tests.conftest import ROOT

FOLDER = ROOT / "benchmarks"
in_git = pytest.mark.skipif(not (ROOT / ".git").exists(), reason="needs a git checkout, whose commit a record names")


@pytest.fixture
def script(monkeypatch):
    """Import a script by name, as `python benchmarks/NAME.py` finds its neighbours."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


@pytest.fixture
def inline(script, monkeypatch):
    """What runs in fresh processes runs in this one: tests time nothing, and torch takes seconds to import."""
    monkeypatch.setattr(script("_script"), "fresh", lambda work, *arguments: work(*arguments))
    return script


@pytest.fixture
def tiny(tmp_path):
    return tiny_net.write(tmp_path / "tiny.onnx")


def names(out):
    """Of the ratios that a script printed."""
    return [line.split(": ")[1] for line in out.splitlines() if line.startswith("ratio: ")]


def test_every_script_says_how_it_is_called(script):
    every = {file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_")}
    for name in every:
        assert f"python benchmarks/{name}.py" in script(name).__doc__
    held = script("all")
    assert every > {*held.SCRIPTS, *held.CAMERA}


# the scripts


def test_startup(script, capsys, tiny):
    script("startup").main(["--rounds", "1", "--model", str(tiny)])
    assert names(capsys.readouterr().out) == ["edgefer --help", "first answer of edgefer run"]


def test_a_side_that_fails_to_start_is_not_timed(script):
    with pytest.raises(SystemExit, match="no such thing"):
        script("startup").seconds([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_inference(script, capsys, tiny):
    script("inference").main([str(tiny), "--batch", "1", "2", "--rounds", "1"])
    assert names(capsys.readouterr().out) == ["tiny, batch 1", "tiny, batch 2"]


def test_measure_overhead(script, capsys, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    overhead = script("measure_overhead")
    monkeypatch.setattr(overhead, "SLEEPERS", {1: overhead.sleeper_1})
    overhead.main(["--turns", "10", "--rounds", "1", "--seconds", "0.01"])
    assert names(capsys.readouterr().out) == [
        "reported median of a 0.1 ms call",
        "0.1 ms and what the loop adds",
        "1 ms through the suite",
    ]


def test_data_loading(script, capsys):
    script("data_loading").main(["--faces", "130", "--rounds", "1"])
    assert len(names(capsys.readouterr().out)) == 2


def test_data_prepare(inline, capsys):
    inline("data_prepare").main(["--rows", "20", "--rounds", "1"])
    out = capsys.readouterr().out
    assert names(out) == ["preparing, time", "preparing, peak memory", "loading, time"]
    assert "edgefer: open alone" in out


def test_export(script, tmp_path, monkeypatch):
    nets.write_checkpoint(tmp_path / "tiny.safetensors")
    ours = create_autospec(checkpoint.export_checkpoint)
    # It takes seconds and has its own tests; how it is called is what can go wrong here.
    monkeypatch.setattr(checkpoint, "export_checkpoint", ours)
    sides = script("export").sides(tmp_path / "tiny.safetensors", tmp_path)
    assert all(side() > 0 for side in sides.values())
    ours.assert_called_once_with(tmp_path / "tiny.safetensors", tmp_path / "edgefer.onnx", "demo")
    assert (tmp_path / "plain.onnx").stat().st_size


def test_int8_build(inline, capsys, tiny, monkeypatch):
    pytest.importorskip("tensorrt_rtx")
    build = inline("int8_build")
    monkeypatch.setattr(build, "METHODS", ("minmax",))
    build.main([str(tiny), "--count", "16", "--rounds", "1", "--targets", "sm89"])
    out = capsys.readouterr().out
    assert names(out) == ["INT8 build of tiny, minmax"]
    assert "at most 15 s" in out


def test_int8_cpu(script, capsys, tiny, monkeypatch):
    cpu = script("int8_cpu")
    monkeypatch.setattr(cpu, "ROUND_SECONDS", 0)
    cpu.main([str(tiny), "--batch", "1", "--rounds", "1"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("tiny")


def test_int8_cpu_of_an_architecture(script, tmp_path, monkeypatch):
    from edgefer.models.checkpoint import read_card

    cpu = script("int8_cpu")
    # An export takes seconds, and has its own tests.
    monkeypatch.setattr(cpu, "export_checkpoint", lambda checkpoint, _out: SimpleNamespace(path=checkpoint))
    made = read_card(cpu.exported("mini-resemotenet-c", tmp_path))
    assert (made.architecture, made.input.height) == ("mini-resemotenet-c", 64)


def test_int8_accuracy(script, capsys, tiny, monkeypatch):
    accuracy = script("int8_accuracy")
    monkeypatch.setattr(accuracy, "WAYS", accuracy.WAYS[:1])
    accuracy.main([str(tiny), "--data", "demo", "--count", "16", "--draws", "1"])
    assert "int8 cpu minmax" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:invalid value")  # so few faces leave all labels as they are
def test_int8_layers(script, capsys, tiny, monkeypatch):
    layers = script("int8_layers")
    monkeypatch.setattr(layers, "COUNT", 32)
    layers.main([str(tiny), "--count", "32", "--draws", "2"])
    assert "KL divergence" in capsys.readouterr().out


def test_student_shapes(script, capsys, tiny, monkeypatch):
    from edgefer.models import registry

    shapes = script("student_shapes")
    monkeypatch.setattr(registry, "ARCHITECTURES", dict(registry.ARCHITECTURES))
    monkeypatch.setattr(shapes, "milliseconds", lambda files: {name: [2.0, 3.0] for name in files})
    monkeypatch.setattr(shapes, "trained", lambda *_: (tiny, {"parameters": 5, "accuracy": 0.5}))
    shapes.main([])
    assert "1.00      50.00%" in capsys.readouterr().out
    for name in shapes.SHAPES:
        assert registry.build(name, channels=1, classes=7)


def test_median_latencies_of_shapes(script, monkeypatch):
    shapes = script("student_shapes")
    monkeypatch.setattr(shapes, "ROUNDS", 2)
    assert len(shapes.milliseconds({"C": shipped_students()["fer2013-c-best"]})["C"]) == 2


def test_suite_holds_two_runs_together(script, capsys, tmp_path, monkeypatch):
    suite = script("suite")
    monkeypatch.setattr(suite, "FOLDER", tmp_path / "suite")
    monkeypatch.setattr(suite, "TABLE_V", tmp_path / "table-v.md")
    monkeypatch.setattr(suite, "table_v", lambda _: "# Table V\n")
    torch = "big, PyTorch FP32"
    for name, gain in (("first", 10.0), ("second", 12.0)):
        rows = [
            results.row("big", "PyTorch FP32", 26.0, Role.TEACHER),
            results.row("small", "ONNX Runtime FP32", 2.6, over=[(torch, gain)]),
        ]
        rows[1] = rows[1].model_copy(
            update={"candidate": rows[1].candidate.model_copy(update={"target": str(tmp_path / "small.onnx")})}
        )
        (tmp_path / f"{name}.json").write_text(results.result(rows).to_json())
    suite.main([str(tmp_path / "first.json"), str(tmp_path / "second.json"), "--write"])
    out = capsys.readouterr().out
    assert " 20.0%     10.00x    12.00x  small, ONNX Runtime FP32, batch 1, as big, PyTorch FP32" in out
    assert "agree within 10 %; their median difference is 20.0%, the largest 20.0%" in out
    page = (tmp_path / "suite" / "README.md").read_text()
    assert "| 10.00x | 12.00x | 20.0% |" in page
    assert "## Benchmark of" in page
    kept = (tmp_path / "suite" / "run-2.json").read_text()
    assert '"small.onnx"' in kept
    assert str(tmp_path) not in kept
    assert (tmp_path / "table-v.md").read_text() == "# Table V\n"


def test_suite_refuses_runs_that_share_nothing(script, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(results.result([results.row("big", "PyTorch FP32", 26.0)]).to_json())
    with pytest.raises(SystemExit, match="no ratio to a teacher in common"):
        script("suite").main([str(tmp_path / "a.json"), str(tmp_path / "b.json")])


def test_training(inline, capsys):
    inline("training").main(["--faces", "64", "--epochs", "2", "--rounds", "1"])
    out = capsys.readouterr().out
    assert len(names(out)) == 4
    assert "edgefer, asking the teacher" in out


@pytest.fixture
def camera(shared, monkeypatch):
    """A film with a face, YuNet's file and no wish for cores that other tests use."""
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None)
    return str(shared / "data" / "media" / "eat.mkv"), str(shared / "models" / "face_detection_yunet_2026may.onnx")


def test_camera_loop(script, capsys, camera):
    script("camera_loop").main([*camera, "--rounds", "1"])
    assert names(capsys.readouterr().out) == ["looking in every frame", "as it runs"]


def test_camera_start(script, capsys, camera):
    script("camera_start").main([*camera, "--rounds", "1"])
    assert names(capsys.readouterr().out) == ["first emotion"]


def test_a_start_that_fails_is_not_timed(script):
    with pytest.raises(SystemExit, match="no such thing"):
        script("camera_start").first_line([sys.executable, "-c", "raise SystemExit('no such thing')"], "label")


def test_camera_memory(script, capsys, camera):
    # More frames than the film has: it begins again.
    script("camera_memory").main([*camera, "--frames", "100"])
    out = capsys.readouterr().out
    assert names(out) == ["resident memory at the end", "the end over a tenth of the frames"]
    mine, other = ([float(value) for value in line[11:].split()[:10]] for line in out.splitlines()[1:3])
    assert min(mine) > 50
    assert min(other) > 50


def test_a_process_that_ends_early_has_no_memory(script):
    with pytest.raises(SystemExit, match="3 of 10 frames: no more"):
        words = [sys.executable, "-c", "print(1); print(2); print(3); raise SystemExit('no more')"]
        script("camera_memory").watched(words, 10)


def test_camera_age(script, capsys, camera):
    script("camera_age").main([camera[1], "--rounds", "1", "--seconds", "0.5"])
    out = capsys.readouterr().out
    assert names(out) == ["age of 95 % of the frames, 30 a second"]
    ages = [line.split() for line in out.splitlines()[1:3]]
    assert all(1 <= int(frames) <= 15 and float(middle) > 0 for _, frames, middle, *_ in ages)


def test_all_goes_on_after_a_script_that_fails(script, tmp_path, capfd):
    (tmp_path / "bad.py").write_text("import sys; sys.exit(3)")
    (tmp_path / "good.py").write_text("import sys; print('called with', sys.argv[1:])")
    scripts = {"bad": (), "good": ("--rounds", "1")}
    assert script("all").run_all(scripts, ["--write"], 60, tmp_path) == ["bad ended with exit code 3"]
    assert "called with ['--rounds', '1', '--write']" in capfd.readouterr().out


def test_all_stops_a_script_that_takes_too_long(script, tmp_path):
    (tmp_path / "slow.py").write_text("import time; time.sleep(60)")
    assert script("all").run_all({"slow": ()}, [], 0.1, tmp_path) == ["slow took longer than 0.1 s"]


def test_all_leaves_the_camera_out_without_a_film(script):
    held = script("all")
    assert not {*held.CAMERA} & {*held.chosen((), None, "yunet.onnx")}
    scripts = held.chosen((), "a.mkv", "yunet.onnx")
    assert scripts["camera_loop"] == ("a.mkv", "yunet.onnx")
    assert scripts["camera_age"] == ("yunet.onnx",)
    assert {*held.CAMERA} <= {*scripts}
    assert list(held.chosen(("export",), None, None)) == ["export"]


# turns and ratios


def test_sides_take_turns_and_change_who_begins(script):
    calls = []
    sides = {name: (lambda name=name: calls.append(name) or float(len(calls))) for name in "ab"}
    found = script("_script").in_turn(sides, 2, warm=1)
    assert "".join(calls) == "abbaab"
    assert found == {"a": [4.0, 5.0], "b": [3.0, 6.0]}


def test_a_ratio_is_of_the_same_rounds(script):
    ratio = script("_script").ratio("r", [1.0, 20.0, 3.0], [2.0, 40.0, 3.0], "s", limit=0.6, budget=2.0)
    assert (ratio.value, ratio.rounds, ratio.ours, ratio.plain) == (0.5, 3, 3.0, 3.0)
    assert (ratio.low, ratio.high) == pytest.approx((0.5, 0.9))
    assert ratio.bounds == "at most 0.6, 2 s"
    assert not ratio.kept
    assert ratio.model_copy(update={"budget": 3.0}).kept
    assert not ratio.model_copy(update={"budget": 3.0, "limit": 0.4}).kept
    large = ratio.model_copy(update={"budget": None, "better": "large"})
    assert not large.kept
    assert large.model_copy(update={"limit": 0.4}).kept


def test_a_fresh_process(script):
    fresh = script("_script").fresh
    assert fresh(os.path.basename, "a/b") == "b"
    with pytest.raises(SystemExit, match="raise_signal failed"):
        fresh(signal.raise_signal, signal.SIGKILL)


# records


def record(load, **changes):
    ratio = load("_script").ratio("a call", [1.0, 1.2], [1.0, 1.0], "s", limit=1.05)
    values = {
        "script": "toy",
        "about": "A toy.",
        "command": "python benchmarks/toy.py",
        "date": "2026-01-02T03:04:05+00:00",
        "commit": "abc1234",
        "cpu": "A CPU",
        "cores": 1,
        "cores_of_machine": 2,
        "gpu": "none",
        "python": "3.11",
        "libraries": {"numpy": "2.0"},
        "load": (1.0, 1.5),
        "other_work": 0.5,
        "seconds": 3.0,
        "ratios": (ratio,),
        "output": ("ratio: a call",),
    }
    return load("_record").Record.model_validate({**values, **changes})


@in_git
def test_a_script_writes_its_record_by_itself(script, tiny, tmp_path, monkeypatch, capsys):
    kept = script("_record")
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "records")
    script("inference").main([str(tiny), "--batch", "1", "--rounds", "1", "--write"])
    (written,) = kept.read(tmp_path / "records")
    assert written.command == "python benchmarks/inference.py tiny.onnx --batch 1 --rounds 1"
    assert abs((datetime.now(timezone.utc) - datetime.fromisoformat(written.date)).total_seconds()) < 60
    assert re.fullmatch(r"[\w.-]*[0-9a-f]{7,}(-dirty)?", written.commit)
    assert written.output == tuple(capsys.readouterr().out.splitlines())
    assert [ratio.name for ratio in written.ratios] == ["tiny, batch 1"]
    assert written.cpu
    assert written.cores_of_machine >= written.cores >= 1
    assert (tmp_path / "records" / "README.md").read_text() == kept.page([written])


@in_git
def test_json_is_the_record_and_nothing_else(script, tiny, capsys):
    script("inference").main([str(tiny), "--batch", "1", "--rounds", "1", "--json"])
    assert json.loads(capsys.readouterr().out)["script"] == "inference"


def test_no_record_of_another_checkout(script, tmp_path, monkeypatch, tiny):
    monkeypatch.setattr(script("_record"), "ROOT", tmp_path)
    monkeypatch.setattr(script("inference"), "ratios", lambda *_: pytest.fail("it was measured in vain"))
    with pytest.raises(SystemExit, match="error: edgefer is not imported from the checkout"):
        script("inference").main([str(tiny), "--write"])


def test_no_record_without_a_commit(script, tmp_path, monkeypatch):
    kept = script("_record")
    monkeypatch.setattr(kept, "ROOT", tmp_path)
    monkeypatch.setattr(kept.edgefer, "__file__", str(tmp_path / "edgefer" / "__init__.py"))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="git names no commit"):
        kept.commit()


def test_a_command_names_no_place_of_this_machine(script):
    typed = ["/data/clip.mkv", "../x/yunet.onnx", "edgefer/students/c.onnx", "--data=/data/fer2013", "--rounds", "2"]
    short = script("_record").without_paths([*typed, "--write"])
    assert short == ["clip.mkv", "yunet.onnx", "edgefer/students/c.onnx", "--data=fer2013", "--rounds", "2"]


def test_the_page_shows_the_newest_of_each_script_and_lists_the_rest(script, tmp_path):
    kept = script("_record")
    kept.write(record(script), tmp_path)
    kept.write(record(script, script="study", ratios=(), command="python benchmarks/study.py"), tmp_path)
    kept.write(record(script, date="2026-05-06T00:00:00+00:00", commit="def5678"), tmp_path)
    page = (tmp_path / kept.PAGE).read_text()
    table, _, older = page.partition("## Earlier")
    row = "| [toy](#toy) | a call | 1.10 (1.0200 to 1.18) | small | 1.1 s | 1 s | at most 1.05 **(not kept)** "
    assert f"{row}| 2026-05-06 | def5678 |" in table
    assert "abc1234 |" not in table
    assert (
        older.strip()
        == "- 2026-01-02T03:04:05+00:00, abc1234, `python benchmarks/toy.py`: a call 1.10 (1.0200 to 1.18)"
    )
    assert "    $ python benchmarks/study.py\n    ratio: a call\n" in table
    assert len(kept.read(tmp_path)) == 3


def test_a_record_that_cannot_be_written_leaves_the_others(script, tmp_path, monkeypatch):
    kept = script("_record")
    kept.write(record(script), tmp_path)
    before = (tmp_path / kept.LINES).read_bytes()
    monkeypatch.setattr(kept, "page", lambda _: (_ for _ in ()).throw(ValueError("no page")))
    with pytest.raises(ValueError, match="no page"):
        kept.write(record(script), tmp_path)
    assert (tmp_path / kept.LINES).read_bytes() == before


def test_a_damaged_line_is_named(script, tmp_path):
    kept = script("_record")
    (tmp_path / kept.LINES).write_text(record(script).model_dump_json() + '\n{"format": 1}\n')
    with pytest.raises(ArtifactError, match=r"speed\.jsonl:2 is no record"):
        kept.read(tmp_path)


def test_the_committed_page_is_made_of_the_committed_lines(script):
    kept = script("_record")
    records = kept.read(kept.FOLDER)
    assert records
    assert (kept.FOLDER / kept.PAGE).read_text(encoding="utf-8") == kept.page(records)
    text = (kept.FOLDER / kept.LINES).read_text(encoding="utf-8")
    assert not re.findall(r"[\s\"'=](?:/|~/|[A-Z]:\\)\w+", text)
    assert all(np.diff([datetime.fromisoformat(one.date).timestamp() for one in records]) >= 0)
