from __future__ import annotations

import pytest

from edgefer.errors import ArtifactError
from edgefer.quantize.place import refuse_foreign


def test_only_ones_own_files_may_be_replaced(tmp_path):
    refuse_foreign(tmp_path / "new", ("*.engine",), "an engine")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.engine").touch()
    refuse_foreign(folder, ("*.engine",), "an engine")
    (folder / "thesis.tex").touch()
    with pytest.raises(ArtifactError, match=r"holds other things than an engine, such as thesis\.tex"):
        refuse_foreign(folder, ("*.engine",), "an engine")


def test_a_folder_inside_is_never_ones_own(tmp_path):
    (tmp_path / "out" / "b.engine").mkdir(parents=True)
    with pytest.raises(ArtifactError, match=r"b\.engine"):
        refuse_foreign(tmp_path / "out", ("*.engine",), "an engine")


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match="is a file"):
        refuse_foreign(tmp_path / "file", ("*.engine",), "an engine")
