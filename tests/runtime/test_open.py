from pathlib import Path

import pytest

from edgefer.errors import ArtifactError, BackendError
from edgefer.runtime.open import artifact, open_session
from tests.nets import write_checkpoint, write_onnx


def test_each_kind_by_its_name():
    write_checkpoint(Path("c.safetensors"))
    write_onnx(Path("c.onnx"))
    backends = []
    for name in ("c.safetensors", "c.onnx"):
        with open_session(Path(name), threads=1) as session:
            backends.append(session.backend.split()[0])
    assert backends == ["torch", "onnxruntime"]


def test_a_folder_is_its_engine_or_checkpoint_or_onnx():
    folder = Path("run")
    folder.mkdir()
    with pytest.raises(ArtifactError, match="no engine, checkpoint or ONNX file"):
        artifact(folder)
    (folder / "c.onnx").touch()
    assert artifact(folder).name == "c.onnx"
    (folder / "best.safetensors").touch()
    assert artifact(folder).name == "best.safetensors"
    (folder / "c.engine").touch()
    assert artifact(folder).name == "c.engine"


@pytest.mark.parametrize("name", ["missing.onnx", "notes.txt"])
def test_other_files_are_one_error(name: str):
    Path("notes.txt").write_text("x")
    with pytest.raises(ArtifactError, match=name):
        open_session(Path(name))


def test_an_engine_that_is_text_is_refused():
    Path("x.engine").write_text("hello")
    with pytest.raises((ArtifactError, BackendError)):
        open_session(Path("x.engine"))
