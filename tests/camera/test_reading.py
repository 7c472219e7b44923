from __future__ import annotations

import numpy as np
import pytest

from edgefer.camera.frame import Frame
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.camera.settings import Watching
from edgefer.errors import UsageError

FACE = FaceReading((1, 2, 3, 4), "happy", 0.7, {"happy": 0.7, "sad": 0.3})


def test_the_emotion_shown_is_the_label_or_uncertain():
    assert FACE.emotion == "happy"
    assert FaceReading(FACE.box, "happy", 0.4, FACE.probabilities, uncertain=True).emotion == "uncertain"


def test_json_tells_what_the_network_said_where_it_was_asked():
    asked = FaceReading(FACE.box, "happy", 0.7, FACE.probabilities, raw={"happy": 0.123456, "sad": 0.876544})
    assert asked.to_json()["raw"] == {"happy": 0.1235, "sad": 0.8765}
    followed = FaceReading(FACE.box, "happy", 0.7, FACE.probabilities, detected=False, uncertain=True).to_json()
    assert (followed["raw"], followed["detected"], followed["uncertain"]) == (None, False, True)


def test_a_reading_gives_its_time_and_picture():
    picture = np.zeros((4, 4, 3), np.uint8)
    reading = FrameReading(Frame(3, 0.5, picture), (FACE,))
    assert reading.time == 0.5
    assert reading.picture is picture


@pytest.mark.parametrize(
    "wrong", [{"detect_every": 0}, {"confirm": 0}, {"smooth": -1}, {"floor": 1.5}, {"hold": float("nan")}]
)
def test_settings_out_of_range_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(UsageError, match=f"{name} is"):
        Watching(**wrong)
