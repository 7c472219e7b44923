from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest

import edgefer
from edgefer.camera import api
from edgefer.camera.asked import Asked, Codec
from edgefer.camera.detect import Face
from edgefer.camera.endurance import Endurance
from edgefer.camera.frame import Frame, Source
from edgefer.camera.settings import Watching
from edgefer.cli.run import run
from edgefer.errors import ArtifactError, SourceError, UsageError
from edgefer.runtime.open import open_session
from tests.films import film, picture


def gray(*levels):
    return [np.full((48, 48, 3), level, np.uint8) for level in levels]


class Camera(Source):
    """Gray frames for ever, until `fault` frames were given."""

    description, fps = "camera", 10.0

    def __init__(self, fault=None):
        super().__init__()
        self.opened, self.closed, self.fault = 0, 0, fault

    def __iter__(self):
        index = 0
        while not self.stopped:
            if index == self.fault:
                raise SourceError("unplugged")
            yield Frame(index, index / 10, gray(20)[0])
            index += 1

    def close(self):
        self.closed += 1


@pytest.fixture
def camera(monkeypatch):
    camera = Camera()

    def open_source(camera=None, uri=None, asked=None, endurance=None, found=camera):
        assert (camera, uri) == (3, None)
        found.opened, found.asked, found.endurance = found.opened + 1, asked, endurance
        return found

    monkeypatch.setattr(api, "open_source", open_source)
    return camera


def test_this_is_all_it_takes(model, tmp_path):
    clip = film(tmp_path / "clip.avi", [20] * 5 + [240] * 25)
    emotions = [frame.faces[0].emotion for frame in edgefer.watch(clip, engine=model, detector="none")]
    assert len(emotions) == 30
    assert (emotions[0], emotions[-1]) == ("anger", "happy")
    assert len(list(edgefer.watch(str(clip), engine=str(model), detector="none"))) == 30


def test_without_a_model_it_takes_what_run_takes(tmp_path):
    picture(tmp_path / "face.png", 128)
    with edgefer.watch(tmp_path, detector="none") as frames:
        assert frames.session.card.name.startswith("fer2013")
        (frame,) = frames
    assert frame.faces[0].emotion in (*frames.session.card.labels, "uncertain")


def test_pictures_stand_alone(model):
    frames = list(edgefer.watch(gray(20, 240), engine=model, detector="none"))
    assert [frame.faces[0].label for frame in frames] == ["anger", "happy"]
    assert [frame.faces[0].track for frame in frames] == [None, None]
    assert [frame.faces[0].probabilities for frame in frames] == [frame.faces[0].raw for frame in frames]


def test_pictures_with_a_rate_are_a_film(model):
    frames = list(edgefer.watch(iter(gray(20, 240, 240)), engine=model, detector="none", fps=10))
    assert [frame.time for frame in frames] == [0, 0.1, 0.2]
    assert [frame.faces[0].label for frame in frames] == ["anger"] * 3
    assert {frame.faces[0].track for frame in frames} == {1}


@pytest.mark.parametrize("shape", [(48, 48), (48, 48, 1), (48, 48, 3), (48, 48, 4)])
def test_one_picture(model, shape):
    (frame,) = edgefer.watch(np.full(shape, 240, np.uint8), engine=model, detector="none")
    assert frame.faces[0].label == "happy"
    assert frame.picture.shape == (48, 48, 3)


def test_a_stack_of_pictures(model):
    assert len(list(edgefer.watch(np.stack(gray(20, 240)), engine=model, detector="none"))) == 2


@pytest.mark.parametrize(
    ("wrong", "words"), [(["a.png"], "picture 0 is of type str"), ([np.zeros((2, 2, 2))], "float64")]
)
def test_what_is_no_picture(model, wrong, words):
    with pytest.raises(SourceError, match=words):
        list(edgefer.watch(wrong, engine=model, detector="none"))


def test_settings_are_those_of_watching(model):
    named = inspect.signature(edgefer.watch).parameters
    defaults = {name: named[name].default for name in inspect.signature(Watching).parameters}
    assert Watching(**defaults) == Watching()
    (frame,) = edgefer.watch(gray(240), engine=model, detector="none", floor=1.0)
    assert frame.faces[0].emotion == "uncertain"
    pictures = gray(20, *[240] * 3)
    labels = [f.faces[0].label for f in edgefer.watch(pictures, fps=10, engine=model, detector="none", smooth=0)]
    assert labels == ["anger", "happy", "happy", "happy"]


def test_every_setting_is_passed_on(monkeypatch, model):
    seen = []
    monkeypatch.setattr(
        api.loop, "watch", lambda _source, _detector, _session, settings: seen.append(settings) or iter(())
    )
    given = Watching(3, 4, 5.0, 0.6, 0.7, 0.08, 0.9, 0.1)
    edgefer.watch(gray(1), engine=model, detector="none", **vars(given))
    assert seen == [given]


def test_an_open_session_and_an_own_detector(model, monkeypatch):
    class Left:
        name = "left half"

        def detect(self, picture):
            return [Face((0, 0, 24, 24))]

    half = gray(20)[0]
    half[:, 24:] = 240
    with open_session(model) as session:
        closed = []
        monkeypatch.setattr(session, "close", lambda: closed.append(True))
        (frame,) = edgefer.watch(half, engine=session, detector=Left())
        assert closed == []
    assert (frame.faces[0].label, frame.faces[0].box) == ("anger", (0, 0, 24, 24))


def test_a_loop_that_is_left_lets_go_of_the_camera(camera, model):
    for frame in edgefer.watch(3, engine=model, detector="none"):
        if frame.frame.index == 2:
            break
    assert camera.closed == 1


def test_as_a_context_manager(camera, model):
    with edgefer.watch(3, engine=model, detector="none") as frames:
        next(frames)
        assert camera.closed == 0
    assert camera.closed == 1
    assert list(frames) == []
    frames.close()
    assert camera.closed == 1


def test_a_camera_that_fails_is_let_go_and_tells(camera, model):
    camera.fault = 2
    frames = edgefer.watch(3, engine=model, detector="none")
    assert next(frames).frame.index == 0
    next(frames)
    with pytest.raises(SourceError, match="unplugged"):
        next(frames)
    assert camera.closed == 1


def test_what_cannot_be_opened_is_told_by_the_call(model, tmp_path):
    with pytest.raises(SourceError, match="does not exist"):
        edgefer.watch(tmp_path / "none.mp4", engine=model, detector="none")
    with pytest.raises(ArtifactError, match="does not exist"):
        edgefer.watch(gray(1), engine=tmp_path / "none.onnx", detector="none")
    with pytest.raises(UsageError, match="did you mean 'yunet'"):
        edgefer.watch(gray(1), engine=model, detector="yunnet")
    with pytest.raises(UsageError, match="smooth is -1"):
        edgefer.watch(gray(1), engine=model, detector="none", smooth=-1)
    with pytest.raises(UsageError, match="out of range"):
        edgefer.watch(gray(1), engine=model, detector="none", fps=0)


def test_what_is_asked_of_a_camera(camera, model):
    def asked(**words):
        with edgefer.watch(3, engine=model, detector="none", **words):
            return camera.asked, camera.endurance

    assert asked() == (Asked(), Endurance())
    wish = Asked((1280, 720), 30, Codec.YUYV)
    patience = Endurance(reconnect=600, frozen=0)
    assert asked(size="1280x720", fps=30, codec="yuyv", reconnect=600, frozen=0) == (wish, patience)
    assert asked(size=(1280, 720), fps=30, codec=Codec.YUYV) == (wish, Endurance())


def test_what_is_asked_of_the_synthetic_camera_is_granted(model):
    with edgefer.watch("demo://", engine=model, detector="none", size="128x96", fps=50) as frames:
        assert next(frames).picture.shape == (96, 128, 3)
        assert frames.source.fps == 50


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"size": "big"}, "'big' is no size"),
        ({"codec": "mjpeg"}, "did you mean 'mjpg'"),
        ({"reconnect": -1}, "reconnect is -1"),
        ({"frozen": float("nan")}, "frozen is nan"),
        ({"codec": "mjpg"}, "leave them out for pictures"),
        ({"size": (4, 4)}, "leave them out for pictures"),
    ],
)
def test_what_cannot_be_asked(model, words, says):
    with pytest.raises(UsageError, match=says):
        edgefer.watch(gray(1), engine=model, detector="none", **words)


def test_films_have_their_own_rate(model, tmp_path):
    with pytest.raises(UsageError, match="has its own size, rate and codec"):
        edgefer.watch(film(tmp_path / "a.avi", [1] * 3), engine=model, detector="none", fps=30)


def test_keywords_are_the_options_of_the_command():
    options = inspect.signature(run).parameters
    shared = inspect.signature(edgefer.watch).parameters.keys() - {"source", "detector", "engine"}
    assert {name: options[name].default for name in shared} == {
        name: inspect.signature(edgefer.watch).parameters[name].default for name in shared
    }


def test_a_model_that_is_missing_leaves_no_camera_open(camera, tmp_path):
    with pytest.raises(ArtifactError):
        edgefer.watch(3, engine=tmp_path / "none.onnx", detector="none")
    assert camera.opened == camera.closed


def test_importing_edgefer_imports_nothing_else():
    code = (
        "import sys, edgefer\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('cv2', 'numpy', 'edgefer')))\n"
        "print(callable(edgefer.watch), 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['edgefer']\nTrue False\n"


def test_other_names_are_not_there():
    with pytest.raises(AttributeError, match="no attribute 'wacht'"):
        edgefer.wacht  # noqa: B018
