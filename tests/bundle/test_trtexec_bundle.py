from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from edgefer.bundle.make import make_bundle
from edgefer.bundle.material import material_of
from edgefer.bundle.target import Target
from edgefer.bundle.trtexec import check_trtexec
from edgefer.errors import ArtifactError, BuildError
from tests import tiny_net
from tests.bundle.made import engine

# A tool that tells its words, and in its help what its version has.
TOOL = """#!/bin/sh
if [ "$1" = --help ]; then echo "{flags}"; exit 0; fi
printf '%s\\n' "$PWD" "$@"
"""


def tool(folder: Path, flags: str = "--noDataTransfers", name: str = "trtexec") -> Path:
    folder.mkdir()
    path = folder / name
    path.write_text(TOOL.format(flags=flags))
    path.chmod(0o755)
    return path


def run(script: Path, *words: str, **env: str) -> list[str]:
    done = subprocess.run([script, *words], env={"PATH": "/usr/bin:/bin", **env}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_onnx_file_is_built_with_its_profile_in_the_bundles_own_folder(tmp_path):
    made = make_bundle(tiny_net.write(Path("tiny.onnx")), Target.TRTEXEC, Path("a folder"), (1, 4, 16))
    words = run(made.path / "build_engine.sh", "--verbose", TRTEXEC=str(tool(tmp_path / "bin")))
    assert words == [
        str(made.path.resolve()),
        "--onnx=model.onnx",
        "--saveEngine=model.plan",
        "--minShapes=pixels:1x1x32x32",
        "--optShapes=pixels:4x1x32x32",
        "--maxShapes=pixels:16x1x32x32",
        "--stronglyTyped",
        "--skipInference",
        "--verbose",
    ]
    assert made.run.splitlines()[0] == f"trtexec {' '.join(words[1:-1])}"
    assert (made.path / "model.onnx").read_bytes() == Path("tiny.onnx").read_bytes()


@pytest.mark.parametrize(
    ("flags", "own"),
    [
        ("--noDataTransfers --useSpinWait", ["--useCudaGraph", "--useSpinWait"]),
        ("--includeDataTransfers", ["--includeDataTransfers"]),
    ],
)
def test_each_version_measures_the_same_by_its_own_flags(tmp_path, flags, own):
    made = make_bundle(tiny_net.write(Path("tiny.onnx")), Target.TRTEXEC, Path("out"))
    words = run(made.path / "benchmark.sh", PATH=f"{tool(tmp_path / 'bin', flags).parent}:/usr/bin:/bin")
    assert words[1:] == ["--loadEngine=model.plan", "--shapes=pixels:8x1x32x32", "--warmUp=500", "--duration=10", *own]
    assert any(line.split("    #")[0].split()[1:] == words[1:] for line in made.run.splitlines())


def test_without_the_tool_the_script_says_where_it_comes_from():
    made = make_bundle(tiny_net.write(Path("tiny.onnx")), Target.TRTEXEC, Path("out"))
    done = subprocess.run(
        [made.path / "build_engine.sh"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: trtexec is not here.")


def test_an_engine_is_measured_by_the_tool_of_its_flavour(tmp_path):
    plan = engine(Path("e"), "tensorrt_rtx", "1.7.1.116")
    made = make_bundle(plan, Target.TRTEXEC, Path("out"))
    assert not (made.path / "build_engine.sh").exists()
    assert (made.path / "model.plan").read_bytes() == plan.read_bytes()
    named = tool(tmp_path / "bin", name="tensorrt_rtx").parent
    words = run(made.path / "benchmark.sh", PATH=f"{named}:/usr/bin:/bin")
    assert words[-1] == "--includeDataTransfers"
    assert made.run == f"tensorrt_rtx {' '.join(words[1:])}"
    assert "TensorRT-RTX 1.7.1.116 and sm89 alone" in (made.path / "README.md").read_text()
    assert json.loads((made.path / "card.json").read_text())["engine"]["targets"] == ["sm89"]


@pytest.mark.parametrize("facts", [{"stripped": True}, {"version_compatible": True}])
def test_engines_that_it_cannot_run_are_refused(facts):
    with pytest.raises(BuildError, match=r"build it again: edgefer build-engine e/model\.onnx --precision fp16"):
        make_bundle(engine(Path("e"), **facts), Target.TRTEXEC, Path("out"))


def test_a_script_that_says_something_else_is_not_kept():
    model = tiny_net.write(Path("tiny.onnx"))
    out = make_bundle(model, Target.TRTEXEC, Path("out")).path
    script = out / "build_engine.sh"
    script.write_text(script.read_text().replace("--stronglyTyped", "--fp16"))
    with material_of(model) as material, pytest.raises(ArtifactError, match="does not hold what was meant"):
        check_trtexec(material, out)
