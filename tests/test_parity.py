"""One face, every way into a network: camera, evaluation, training and calibration see it alike to one grey level."""

from __future__ import annotations

import numpy as np
import pytest

from edgefer.camera.detect import Face
from edgefer.camera.read import read_faces
from edgefer.card import InputSpec, ModelCard
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces
from edgefer.data.preprocess import network_input
from edgefer.data.readers.pictures import picture_blocks
from edgefer.data.store import write_store
from edgefer.emotions import FER2013
from edgefer.evaluate.evaluate import evaluate
from edgefer.paths import DATA
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.pool import screen
from edgefer.runtime.session import Array, Session
from tests import tiny_net
from tests.datasets import dataset_of

GRAY = InputSpec(height=48, width=48)
SPECS = {
    "gray": GRAY,
    "gray three times": InputSpec(height=64, width=64, channels=3, mean=(0.5,) * 3, std=(0.25,) * 3),
    "rgb": InputSpec(height=56, width=56, channels=3, colour="rgb", mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)),
    "odd": InputSpec(height=45, width=45),
    "not square": InputSpec(height=40, width=64),
}
# x, y, width, height in a picture of 320 x 240, and the margin: the crop's side is the longer one times 1 + 2 margin.
BOXES = {
    "as large as the card's": ((100, 80, 48, 48), 0.0),
    "larger": ((60, 20, 200, 200), 0.0),
    "twice": ((60, 20, 96, 96), 0.0),
    "smaller": ((150, 120, 31, 31), 0.0),
    "tiny": ((150, 120, 9, 9), 0.0),
    "odd and tall": ((101, 57, 53, 77), 0.0),
    "odd and wide": ((30, 91, 85, 52), 0.0),
    "with a margin": ((120, 90, 60, 60), 0.25),
    "with an odd margin": ((121, 93, 61, 57), 0.17),
    "over the left edge": ((-20, 90, 60, 60), 0.0),
    "over the corner": ((280, 200, 61, 61), 0.0),
    "pushed over by its margin": ((5, 3, 70, 70), 0.3),
}


class Eye(Session):
    """A session that keeps what it is shown."""

    def __init__(self, spec: InputSpec) -> None:
        super().__init__(ModelCard(name="eye", architecture="none", parameters=1, labels=FER2013, input=spec))
        self.backend = "eye"
        self.seen = np.empty((0, *spec.shape), np.float32)

    def _infer(self, pixels: Array) -> Array:
        self.seen = np.concatenate([self.seen, pixels])
        return np.zeros((len(pixels), 7), np.float32)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """RGB uint8 `[240, 320, 3]`: three channels that differ, with edges, gradients and noise down to the pixel."""
    random = np.random.default_rng(7)
    rows, columns = np.mgrid[:240, :320]
    waves = [128 + 90 * np.sin(rows / a + columns / b) for a, b in ((9, 23), (17, -11), (31, 7))]
    picture = np.stack(waves, axis=2) + random.integers(-60, 61, (240, 320, 3))
    picture[::13] = 255
    picture[:, ::17, :2] = 0
    return picture.clip(0, 255).astype(np.uint8)


def cut(scene, box, margin) -> np.ndarray:
    """The square around a box, by padding the whole picture first."""
    x, y, width, height = box
    side = round(max(width, height) * (1 + 2 * margin))
    left, top = round(x + (width - side) / 2), round(y + (height - side) / 2)
    padded = np.pad(scene, ((200, 200), (200, 200), (0, 0)), "edge")
    return padded[200 + top : 200 + top + side, 200 + left : 200 + left + side]


def exact(face, spec) -> np.ndarray:
    """What the definition says, without rounding: float64 `[C, h, w]`; luma, then each axis by area or linearly."""

    def weights(size, target):
        places, pixels = np.arange(target), np.arange(size)
        if size > target:
            edges = np.arange(target + 1) * size / target
            overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
            return overlap.clip(0) * target / size
        centres = ((places + 0.5) * size / target - 0.5).clip(0, size - 1)
        return (1 - abs(centres[:, None] - pixels)).clip(0)

    planes = face.astype(float).transpose(2, 0, 1)
    if spec.colour == "gray":
        planes = np.tensordot((0.299, 0.587, 0.114), planes, 1)[None].repeat(spec.channels, 0)
    return weights(face.shape[0], spec.height) @ planes @ weights(face.shape[1], spec.width).T


def face_set(pixels, split="Training") -> FaceSet:
    return FaceSet.of("faces", split, FER2013, pixels, np.zeros(len(pixels), np.int64))


def by_camera(scene, box, margin, spec) -> np.ndarray:
    """A BGR frame and a detector's box."""
    eye = Eye(spec.model_copy(update={"crop_margin": margin}))
    read_faces(np.ascontiguousarray(scene[..., ::-1]), [Face(box)], eye)
    return eye.seen


def by_store(pixels, spec) -> np.ndarray:
    """A prepared store, opened by its name and evaluated."""
    write_store(DATA / "faces", dataset_of([face_set(pixels)], "faces"))
    eye = Eye(spec)
    evaluate(eye, load_faces("faces", "Training"))
    return eye.seen


def by_training(pixels, spec) -> np.ndarray:
    import torch

    from edgefer.distill.batches import fit, planes

    return fit(planes(face_set(pixels), torch.device("cpu")).float(), spec).numpy()


def by_calibration(pixels, spec, folder) -> np.ndarray:
    made = make_calibration_set(screen(face_set(pixels)), tiny_net.card(input=spec), len(pixels), folder)
    return np.concatenate(list(made.batches(4)))


def luma(pixels) -> np.ndarray:
    """A gray store's faces: BT.601, rounded."""
    return np.rint(pixels @ (0.299, 0.587, 0.114)).astype(np.uint8)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize(("box", "margin"), BOXES.values(), ids=BOXES)
def test_every_way_shows_a_network_the_same_face(scene, tmp_path, box, margin, spec):
    pytest.importorskip("torch")
    face = cut(scene, box, margin)[None]
    seen = {
        "camera": by_camera(scene, box, margin, spec),
        "colour store": by_store(face, spec),
        "colour training": by_training(face, spec),
        "calibration": by_calibration(face, spec, tmp_path / "set"),
    }
    if spec.colour == "gray":
        seen["gray store"] = by_store(luma(face), spec)
        seen["gray training"] = by_training(luma(face), spec)
    assert {view.shape for view in seen.values()} == {(1, *spec.shape)}
    assert {view.dtype for view in seen.values()} == {np.dtype(np.float32)}
    for name, view in seen.items():
        for other, second in seen.items():
            assert np.abs(view - second).max() <= 1, f"{name} against {other}"
        # Rounded up to three times on its way: to luma, along one axis, along the other.
        assert np.abs(view[0] - exact(face[0], spec)).max() <= 1.75, name
    np.testing.assert_array_equal(seen["camera"], seen["colour store"])
    np.testing.assert_array_equal(seen["camera"], seen["calibration"])


@pytest.mark.parametrize(("box", "margin"), BOXES.values(), ids=BOXES)
# A gray store has lost the colours that a colour network wants.
@pytest.mark.parametrize(
    ("name", "colour"), [("gray", "gray"), ("gray", "rgb"), ("odd", "gray"), ("odd", "rgb"), ("rgb", "rgb")]
)
def test_a_face_prepared_at_the_cards_size_is_the_face_that_the_camera_sees(scene, tmp_path, name, box, margin, colour):
    """A picture file, cropped and sized by `data prepare`, against the same picture before the camera."""
    cv2 = pytest.importorskip("cv2")
    spec = SPECS[name]
    cv2.imwrite(str(tmp_path / "scene.png"), scene[..., ::-1])
    cv2.imwrite(str(tmp_path / "face.png"), cut(scene, box, margin)[..., ::-1])
    boxes = np.asarray([box], np.int64)
    ways = [(["face.png"], None)] if margin else [(["face.png"], None), (["scene.png"], boxes)]
    camera = by_camera(scene, box, margin, spec)
    for files, where in ways:
        (pixels,) = picture_blocks([tmp_path / file for file in files], colour, spec.height, boxes=where)
        assert pixels.shape[1:3] == (spec.height, spec.width)
        assert np.abs(by_store(pixels, spec) - camera).max() <= 1
        assert np.abs(by_training(pixels, spec) - camera).max() <= 1


@pytest.mark.parametrize("shape", [(20, 200), (60, 40), (47, 47), (1, 1), (300, 20)])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_stored_faces_that_are_not_square_are_the_same_in_training(shape, spec):
    """One axis shrinks while the other grows."""
    pytest.importorskip("torch")
    random = np.random.default_rng(3)
    for pixels in (random.integers(0, 256, (3, *shape, 3)), 255 * random.integers(0, 2, (3, *shape, 3))):
        faces = pixels.astype(np.uint8)
        seen, trained = network_input(faces, spec), by_training(faces, spec)
        assert np.abs(seen - trained).max() <= 1
        assert np.abs(seen - np.stack([exact(face, spec) for face in faces])).max() <= 1.75


def test_bfloat16_takes_no_grey_level_from_what_a_teacher_is_shown():
    torch = pytest.importorskip("torch")
    pixels = np.random.default_rng(0).integers(0, 256, (4, 100, 100)).astype(np.uint8)
    with torch.autocast("cpu", torch.bfloat16):
        asked = by_training(pixels, GRAY)
    np.testing.assert_array_equal(asked, by_training(pixels, GRAY))


def test_luma_is_rounded_alike_for_every_colour():
    """On a cube of colours: OpenCV's whole numbers and torch's must not differ even where a half is near."""
    pytest.importorskip("torch")
    levels = np.arange(0, 256, 3, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=3).reshape(1, 86 * 86, 86, 3)
    spec = InputSpec(height=64, width=86)
    for start in range(0, 86 * 86 - 64, 64):
        part = cube[:, start : start + 64]
        np.testing.assert_array_equal(network_input(part, spec), by_training(part, spec))


def normalised(onnx_path, pixels) -> np.ndarray:
    """What the network's body is given inside an ONNX file: the output of the first addition after the input."""
    import onnx
    import onnxruntime as ort

    model = onnx.load(str(onnx_path))
    name, kinds = model.graph.input[0].name, []
    while "Add" not in kinds:
        (node,) = (node for node in model.graph.node if name in node.input)
        name = node.output[0]
        kinds.append(node.op_type)
    assert [kind for kind in kinds if kind != "Cast"] == ["Mul", "Add"]
    inferred = onnx.shape_inference.infer_shapes(model).graph.value_info
    model.graph.output.append(next(value for value in inferred if value.name == name))
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run([name], {model.graph.input[0].name: pixels})[0].astype(np.float64)


def exported(spec, folder):
    """A network whose body is almost nothing, and its ONNX file."""
    from torch import nn

    from edgefer.export.onnx import export_onnx
    from edgefer.models.network import Network

    body = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(spec.channels, 7))
    network = Network(body, spec)
    card = ModelCard(name="n", architecture="none", parameters=8, trimmed=True, labels=FER2013, input=spec)
    pixels = network_input(np.random.default_rng(0).integers(0, 256, (8, 60, 60, 3)).astype(np.uint8), spec)
    export_onnx(network, card, folder / "n.onnx", pixels)
    return network, pixels


@pytest.mark.parametrize("name", ["gray", "gray three times", "rgb"])
def test_torch_and_onnx_normalise_alike(tmp_path, name):
    """In float32 to a ten-thousandth of a grey level, in half precision to a fraction of one."""
    torch = pytest.importorskip("torch")
    from edgefer.quantize.fp16 import to_fp16

    spec = SPECS[name]
    network, pixels = exported(spec, tmp_path)
    given = []
    network.body.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0].numpy()))
    with torch.inference_mode():
        network(torch.from_numpy(pixels))
    mean, std = (np.asarray(values)[:, None, None] for values in (spec.mean, spec.std))
    wanted, level = (pixels.astype(np.float64) / 255 - mean) / std, 1 / (255 * std)
    assert (np.abs(given[0] - wanted) / level).max() < 1e-4
    assert (np.abs(normalised(tmp_path / "n.onnx", pixels) - wanted) / level).max() < 1e-4
    pytest.importorskip("onnxconverter_common")
    to_fp16(tmp_path / "n.onnx", tmp_path / "half.onnx")
    off = (np.abs(normalised(tmp_path / "half.onnx", pixels) - wanted) / level).max()
    assert 0 < off < 0.5


def test_the_student_that_edgefer_ships_is_normalised_as_its_card_says():
    from edgefer.runtime.find import shipped_students
    from edgefer.runtime.onnx import read_card

    for path in shipped_students().values():
        spec = read_card(path).input
        pixels = np.arange(256, dtype=np.float32).repeat(np.prod(spec.shape)).reshape(256, *spec.shape)
        mean, std = (np.asarray(values)[:, None, None] for values in (spec.mean, spec.std))
        assert (np.abs(normalised(path, pixels) - (pixels / 255.0 - mean) / std) * 255 * std).max() < 1e-3


def test_the_ranges_of_int8_are_measured_on_the_pixels_of_evaluation(tmp_path, monkeypatch):
    """The quantiser is given, face by face, what a session is given for the same rows."""
    import onnxruntime as ort

    from edgefer.quantize.int8 import to_int8
    from edgefer.quantize.method import DEFAULT
    from edgefer.quantize.ranges import passes

    faces, fed = tiny_net.faces(), []

    class Watched(ort.InferenceSession):
        def run(self, names, feeds):
            fed.append(feeds["pixels"])
            return super().run(names, feeds)

    monkeypatch.setattr(ort, "InferenceSession", Watched)
    made = make_calibration_set(screen(faces), tiny_net.card(), 40, tmp_path / "set")
    to_int8(tiny_net.write(tmp_path / "a.onnx"), made, tmp_path / "b.onnx")
    eye = Eye(tiny_net.SPEC)
    evaluate(eye, faces.take(np.asarray(made.manifest.rows)))
    np.testing.assert_array_equal(np.concatenate(fed), np.concatenate([eye.seen] * passes(DEFAULT)))
