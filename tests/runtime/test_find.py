import os
from pathlib import Path

import pytest

from edgefer.card import Provenance
from edgefer.errors import ArtifactError
from edgefer.runtime import find
from tests.nets import card, write_checkpoint


def run(name: str, age: int, teacher: str = "") -> Path:
    path = Path("runs") / name / "best.safetensors"
    path.parent.mkdir(parents=True)
    write_checkpoint(path, card(name, provenance=Provenance(teacher=teacher)))
    os.utime(path, (1_000_000 - age, 1_000_000 - age))
    return path


def test_the_newest_student_comes_before_newer_networks_without_a_teacher():
    old, new = run("old", 50, "big"), run("new", 20, "big")
    teacher = run("teacher", 1)
    assert find.find_student() == (new, "the newest student under runs/")
    new.unlink()
    assert find.find_student()[0] == old
    old.write_bytes(b"damaged")
    assert find.find_student() == (teacher, "the newest network under runs/")


def test_without_runs_it_is_the_shipped_student_or_one_clear_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(find, "shipped_students", lambda: {"edgefer-s": Path("edgefer-s.onnx")})
    assert find.find_student() == (Path("edgefer-s.onnx"), "the student that edgefer ships")
    many = {name: Path(f"{name}.onnx") for name in ("fer2013-b", "fer2013-c", find.DEFAULT)}
    monkeypatch.setattr(find, "shipped_students", lambda: many)
    assert find.find_student()[0] == many[find.DEFAULT]
    monkeypatch.setattr(find, "shipped_students", dict)
    with pytest.raises(ArtifactError, match="make one with: edgefer distill"):
        find.find_student()


def test_an_engine_that_fits_comes_first(monkeypatch: pytest.MonkeyPatch):
    student = run("new", 20, "big")
    for name in ("a", "b"):
        Path("engines", name).mkdir(parents=True)
        Path("engines", name, "x.engine").touch()
    monkeypatch.setattr("edgefer.runtime.engine.runs_here", lambda path: path.parent.name == "a")
    assert find.find_runnable()[0] == Path("engines/a/x.engine")
    monkeypatch.setattr("edgefer.runtime.engine.runs_here", lambda path: False)
    assert find.find_runnable()[0] == student


def test_a_student_runs_as_onnx_where_it_was_exported_since():
    student = run("new", 20, "big")
    exported = student.with_name("new.onnx")
    assert find.find_runnable()[0] == student
    exported.touch()
    assert find.find_runnable() == (exported, "the newest student under runs/")
    os.utime(exported, (1, 1))
    assert find.find_runnable()[0] == student


def test_the_default_student_is_in_the_package():
    assert find.shipped_students()[find.DEFAULT].stat().st_size > 1_000_000
