from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from edgefer.bundle.make import make_bundle
from edgefer.bundle.target import Target
from edgefer.camera import yunet
from edgefer.card import Precision
from edgefer.errors import ArtifactError, BuildError, UsageError
from tests import tiny_net
from tests.bundle.made import engine, quantised
from tests.conftest import ROOT
from tests.films import film

OUT = Path("tiny.tar.gz")


def unpacked(archive: Path, to: Path) -> Path:
    subprocess.run(["tar", "xf", archive, "-C", to], check=True)
    return to / "tiny-edge"


def launch(folder: Path, *words: str, hidden: Path, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """Run the bundle's script from elsewhere, in an environment without torch and TensorRT."""
    for name in ("torch", "tensorrt", "tensorrt_rtx"):
        (hidden / f"{name}.py").write_text("raise ImportError('hidden')\n")
    env = {"PATH": os.environ["PATH"], "PYTHON": python, "PYTHONPATH": f"{hidden}:{ROOT}", "OMP_NUM_THREADS": "1"}
    script = folder / "run.sh"
    return subprocess.run([script, *words], env=env, capture_output=True, text=True, cwd=hidden)


def test_the_unpacked_bundle_watches_a_clip_without_torch(tmp_path):
    made = make_bundle(tiny_net.write(Path("tiny.onnx")), Target.EDGE, OUT)
    assert made.run == "tar xf tiny.tar.gz && tiny-edge/run.sh --camera 0"
    folder, hidden = tmp_path / "another machine", tmp_path / "hidden"
    folder.mkdir()
    hidden.mkdir()
    clip = film(hidden / "clip.avi", [40, 200])
    done = launch(
        unpacked(OUT, folder), "--source", clip.name, "--detector", "none", "--headless", "--jsonl", "-", hidden=hidden
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [len(line["faces"]) for line in lines] == [1, 1]
    assert list(lines[0]["faces"][0]["probabilities"]) == list(tiny_net.card().labels)
    assert "tiny on onnxruntime cpu" in done.stderr


def test_without_edgefer_the_script_says_how_to_install_it(tmp_path):
    make_bundle(tiny_net.write(Path("tiny.onnx")), Target.EDGE, OUT)
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    (tmp_path / "hidden").mkdir()
    done = launch(unpacked(OUT, tmp_path), hidden=tmp_path / "hidden", python=str(python))
    assert done.returncode == 1
    assert done.stderr.startswith("error: edgefer is not installed for")
    assert "pip install edgefer==" in done.stderr


def test_what_is_inside_is_whole_and_the_same_every_time(tmp_path):
    model = tiny_net.write(Path("tiny.onnx"))
    make_bundle(model, Target.EDGE, OUT)
    first = OUT.read_bytes()
    make_bundle(model, Target.EDGE, OUT)
    assert OUT.read_bytes() == first
    assert first[4:8] == bytes(4)  # gzip's own time
    folder = unpacked(OUT, tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md", "SHA256SUMS", "card.json", "labels.txt", "model.onnx", "run.sh",
    ]  # fmt: skip
    assert subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder).returncode == 0
    assert "The face detector is not in this bundle" in (folder / "README.md").read_text()
    with tarfile.open(OUT) as archive:
        assert {member.uname for member in archive} == {""}
        assert {member.name: member.mode for member in archive}["tiny-edge/run.sh"] == 0o755


def test_the_face_detector_of_this_machine_goes_along_with_its_licence(tmp_path, monkeypatch):
    detector = tmp_path / "detector.onnx"
    detector.write_bytes(b"a detector")
    monkeypatch.setenv(yunet.VARIABLE, str(detector))
    make_bundle(tiny_net.write(Path("tiny.onnx")), Target.EDGE, OUT)
    folder = unpacked(OUT, tmp_path)
    assert (folder / "yunet.onnx").read_bytes() == b"a detector"
    assert "Shiqi Yu" in (folder / "yunet-LICENSE.txt").read_text()
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ "$1" = -c ] || echo "${yunet.VARIABLE} $@"\n')
    python.chmod(0o755)
    (tmp_path / "hidden").mkdir()
    done = launch(folder, "--camera", "1", hidden=tmp_path / "hidden", python=str(python))
    assert done.stdout.strip() == f"{folder}/yunet.onnx -m edgefer run --engine {folder}/model.onnx --camera 1"


@pytest.mark.parametrize("content", [b"not an archive", b""])
def test_a_file_of_somebody_else_is_not_replaced(content):
    model = tiny_net.write(Path("tiny.onnx"))
    OUT.write_bytes(content)
    with pytest.raises(ArtifactError, match="is there and is no edge bundle"):
        make_bundle(model, Target.EDGE, OUT)
    with tarfile.open(OUT, "w:gz") as archive:
        archive.add(model)
    with pytest.raises(ArtifactError, match="is there and is no edge bundle"):
        make_bundle(model, Target.EDGE, OUT)


def test_an_engine_is_refused_and_the_file_for_onnx_runtime_named():
    plan = engine(Path("e"))
    with pytest.raises(BuildError, match=r"edgefer bundle e/model\.onnx --for edge"):
        make_bundle(plan, Target.EDGE, OUT)
    (plan.parent / "int8.onnx").write_bytes(b"")
    with pytest.raises(BuildError, match=r"edgefer bundle e/int8\.onnx --for edge"):
        make_bundle(plan, Target.EDGE, OUT)
    assert not OUT.exists()


def test_what_onnx_runtime_only_simulates_and_wrong_usage_are_refused():
    with pytest.raises(BuildError, match="bf16, which ONNX Runtime does not compute"):
        make_bundle(quantised(Path("a.onnx"), precision=Precision.BF16), Target.EDGE, OUT)
    model = tiny_net.write(Path("tiny.onnx"))
    with pytest.raises(UsageError, match=r"end it in \.tar\.gz"):
        make_bundle(model, Target.EDGE, Path("folder"))
    with pytest.raises(UsageError, match="leave --batch out"):
        make_bundle(model, Target.EDGE, OUT, (1, 2, 4))
