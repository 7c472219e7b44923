from __future__ import annotations

from edgefer.quantize.exclusion import Limits, exclude
from edgefer.quantize.sensitivity import measure
from edgefer.quantize.sensitivity_text import attempt_line, exclusion_text, limits_text, sensitivity_text
from tests.quantize.layered import FACES, Layered

ANGER = [row for row, label in enumerate(FACES.labels.tolist()) if label == 0]


def searched(net: Layered, *limits: float | None):
    return exclude(
        net.layers, net.reference, net.ask, lambda: measure(net.layers, net.reference, net.ask), Limits(*limits)
    )


def test_the_table_has_a_row_a_convolution_worst_first_then_all_together():
    net = Layered({"a": [], "stage.b": ANGER[:4]}, blur={"a": 0.5})
    lines = sensitivity_text(measure(net.layers, net.reference, net.ask)).splitlines()
    assert lines[0] == "tiny (fake): each of 2 convolutions alone in INT8, on 140 faces of noise PublicTest"
    assert lines[1] == "FP32 labels 100.00% of them right"
    assert lines[3].split()[:8] == ["convolution", "KL,", "mnat", "same", "label", "%", "accuracy", "anger"]
    cells = [line.split() for line in lines[4:7]]
    assert [row[0] for row in cells] == ["stage.b", "a", "all"]
    assert cells[0][2:5] == ["97.1", "-2.9", "-20.0"]
    assert cells[1][2:5] == ["100.0", "+0.0", "+0.0"]
    assert float(cells[0][1]) > float(cells[1][1]) > 0
    assert "one face is 0.71 points of accuracy and up to 5.0 of an emotion's recall" in lines[-1]


def test_an_emotion_without_faces_has_a_dash():
    faces = FACES.take([row for row, label in enumerate(FACES.labels) if label != 1])
    net = Layered({"a": [0]}, faces=faces)
    lines = sensitivity_text(measure(net.layers, net.reference, net.ask)).splitlines()
    assert lines[4].split()[5] == "-"


def test_a_search_is_told_attempt_by_attempt():
    text = exclusion_text(searched(Layered({"a": ANGER[:4], "b": []}), 1, 5))
    lines = text.splitlines()
    assert lines[0] == (
        "INT8 of tiny on 140 faces of noise PublicTest, where FP32 has 100.00%:"
        " at most 1 points of accuracy and 5 points of any emotion's recall may be lost"
    )
    assert [line.split() for line in lines[3:6]] == [
        ["nothing", "97.14", "2.86", "20.00", "(anger,", "4", "of", "20", "faces)"],
        ["+", "a", "100.00", "0.00", "0.00", "(anger)"],
        ["everything", "100.00", "0.00", "0.00", "(anger)"],
    ]
    assert lines[7].startswith("order, by the KL divergence that INT8 in each alone brings (mnat): a ")
    assert lines[7].endswith(", b 0.000")
    assert "limits hold with 1 of 2 convolutions in float: a" in lines
    assert "note: PublicTest decided when to stop, so its figures lean to the good side" in lines


def test_limits_in_words():
    assert limits_text(Limits(0.5)) == "at most 0.5 points of accuracy may be lost"
    assert limits_text(Limits(None, 1.5)) == "at most 1.5 points of any emotion's recall may be lost"


def test_an_attempt_in_one_line():
    first, second = searched(Layered({"a": ANGER[:4], "b": []}), 1, 5).attempts
    assert attempt_line(first) == "accuracy -2.9 points, anger -20.0: not within the limits"
    assert attempt_line(second) == "accuracy +0.0 points, anger +0.0: the limits hold"
