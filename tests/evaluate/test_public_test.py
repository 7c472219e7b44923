"""The student that edgefer ships, on every face of FER2013's PublicTest, in both of its forms."""

from __future__ import annotations

import csv
import json
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.evaluate.answers import answer
from edgefer.evaluate.comparison import compare
from edgefer.evaluate.evaluate import score
from edgefer.evaluate.permuted import suspicious_order
from edgefer.runtime.find import shipped_students
from edgefer.runtime.open import open_session
from tests.conftest import ROOT


@pytest.fixture
def public_test(shared):
    """3,589 faces from the packed sheet, 48x48."""
    folder = shared / "data" / "fer2013"
    sheet = cv2.imread(str(folder / "fer2013-publictest.png"), cv2.IMREAD_GRAYSCALE)
    rows, columns = (side // 48 for side in sheet.shape)
    pixels = sheet.reshape(rows, 48, columns, 48).swapaxes(1, 2).reshape(-1, 48, 48)
    with (folder / "fer2013-labels.csv").open(newline="") as handle:
        labels = [int(row["emotion"]) for row in csv.DictReader(handle) if row["usage"] == "PublicTest"]
    return FaceSet.of("fer2013", "PublicTest", FER2013, pixels[: len(labels)], np.asarray(labels))


def test_onnx_runtime_and_torch_agree_on_every_face(public_test):
    pytest.importorskip("torch")
    students = Path(str(resources.files("edgefer"))) / "students"
    found = []
    for name in ("fer2013-s.onnx", "fer2013-s.safetensors"):
        with open_session(students / name, threads=1) as session:
            found.append(answer(session, public_test, batch=128))
    onnx, torch = found
    assert len(public_test) == 3589
    assert np.flatnonzero(onnx.predicted != torch.predicted).tolist() == []
    comparison = compare(torch, onnx)
    assert (comparison.same_label, comparison.lost, comparison.gained) == (1, 0, 0)
    assert comparison.kl < 1e-9
    # The figures are those on the card, and they raise no suspicion about the order of labels.
    evaluation = score(onnx)
    assert evaluation.accuracy == pytest.approx(onnx.card.measured[0].accuracy, abs=1e-12)
    assert suspicious_order(evaluation.confusion, evaluation.emotions) is None


@pytest.mark.parametrize("name", sorted(shipped_students()))
def test_the_committed_evaluations_are_what_the_students_read(public_test, name):
    kept = json.loads((ROOT / "docs" / "evaluations" / f"{name}.json").read_text(encoding="utf-8"))
    with open_session(shipped_students()[name], threads=1) as session:
        found = score(answer(session, public_test, batch=128))
    assert found.confusion.tolist() == kept["confusion"]["true_by_predicted"]
    assert found.calibration_error == pytest.approx(kept["calibration_error"], abs=1e-6)
    assert {emotion: one.recall for emotion, one in found.scores.items()} == {
        emotion: one["recall"] for emotion, one in kept["emotions"].items()
    }
