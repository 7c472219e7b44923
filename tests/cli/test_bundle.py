from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.runtime.find import DEFAULT
from tests import tiny_net
from tests.bundle.made import engine
from tests.conftest import one_line


def test_a_shipped_student_by_its_name(cli):
    done = cli("bundle", DEFAULT, "--for", "triton")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].startswith(f"bundles/{DEFAULT}-triton: {DEFAULT} for triton, 5 files, ")
    assert f"  models/{DEFAULT}/config.pbtxt" in done.out.splitlines()
    assert f"in bundles/{DEFAULT}-triton:\ntritonserver --model-repository=models" in done.err


def test_json_names_every_file_with_its_hash(cli):
    tiny_net.write(Path("tiny.onnx"))
    values = json.loads(cli("bundle", "tiny.onnx", "--for", "trtexec", "--batch", "1:2:4", "--json").out)
    assert (values["schema"], values["path"], values["target"]) == (1, "bundles/tiny-trtexec", "trtexec")
    assert all(len(digest) == 64 for digest in values["files"].values())
    assert "--maxShapes=pixels:4x1x32x32" in values["run"]


def test_without_a_model_the_student_that_is_taken_is_named(cli):
    done = cli("bundle", "--for", "edge")
    assert done.code == 0, done.err
    assert "the student that edgefer ships" in done.err
    assert Path(f"bundles/{DEFAULT}-edge.tar.gz").is_file()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("tiny.onnx",), 2, "add --for triton|deepstream|trtexec|edge"),
        (("missing.onnx", "--for", "triton"), 1, "missing.onnx does not exist"),
        (("fer2013-s-bset", "--for", "edge"), 2, "did you mean 'fer2013-s-best'?"),
        (("text.onnx", "--for", "deepstream"), 1, "text.onnx is not an ONNX file"),
        (("tiny.onnx", "--for", "triton", "--batch", "x"), 2, "'x' is no batch range"),
        (("e", "--for", "deepstream"), 1, "edgefer bundle e/model.onnx --for deepstream"),
        (("e", "--for", "triton", "--batch", "1:2:4"), 2, "leave --batch out"),
        (("tiny.onnx", "--for", "trtexec", "--out", "text.onnx"), 1, "text.onnx is a file"),
        (("tiny.onnx", "--for", "edge", "--out", "e"), 2, "end it in .tar.gz"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing(cli, words, code, says):
    tiny_net.write(Path("tiny.onnx"))
    Path("text.onnx").write_text("no network")
    engine(Path("e"))
    before = sorted(Path().rglob("*"))
    outcome = cli("bundle", *words)
    assert outcome.code == code
    assert says in one_line(outcome)
    assert sorted(Path().rglob("*")) == before


def test_an_unknown_target_is_wrong_usage(cli):
    outcome = cli("bundle", "--for", "tritn")
    assert outcome.code == 2
    assert "triton" in outcome.err
