from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgefer.card import Provenance
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces
from edgefer.data.store import write_store
from edgefer.emotions import FER2013, FERPLUS
from tests import brightness_model, tiny_net
from tests.conftest import one_line
from tests.datasets import dataset_of

# The brightness of faces that the brightness model takes for each emotion.
SHADES = brightness_model.CENTRES


def shaded(shown, split, truth=None, order=FER2013):
    """Faces that the brightness model takes for `shown`, labelled `truth` (default the same); no two are alike."""
    pixels = np.stack([np.full((48, 48), SHADES[name], np.uint8) for name in shown])
    for number, face in enumerate(pixels):
        face[0, :3] = (number % 256, number // 256, len(split))
    labels = np.array([order.index(name) for name in truth or shown])
    return FaceSet.of("shades", split, order, pixels, labels)


@pytest.fixture
def model(tmp_path):
    return tiny_net.write(tmp_path / "tiny.onnx")


@pytest.fixture
def bright(tmp_path):
    return brightness_model.write(tmp_path / "bright.onnx")


@pytest.fixture
def store(tmp_path):
    """Training and PublicTest of 70 faces each; ten of PublicTest stand in Training."""
    training, choosing = (
        shaded(FER2013 * 10, "Training"),
        shaded(FER2013 * 10, "PublicTest", FER2013 * 9 + FER2013[::-1]),
    )
    pixels = choosing.pixels.copy()
    pixels[:10] = training.pixels[:10]
    choosing = FaceSet.of("shades", "PublicTest", FER2013, pixels, choosing.labels)
    write_store(tmp_path / "shades", dataset_of([training, choosing], "shades"))
    return tmp_path / "shades"


def test_a_table_for_people(cli, model):
    done = cli("evaluate", model, "--threads", 1)
    assert done.code == 0
    lines = done.out.splitlines()
    assert lines[0] == "tiny fp32 (onnxruntime cpu) on demo PublicTest, 700 faces, single crop"
    assert lines[2].split()[:3] == ["protocol", "faces", "accuracy"]
    assert lines[3].split()[:2] == ["official", "700"]
    assert [line.split()[0] for line in lines[5:13]] == ["emotion", *FER2013]
    assert all(line.split()[1] == "100" for line in lines[6:13])
    assert "evaluate: 700/700" in done.err


def test_json_is_the_same_measurement(cli, model):
    values = json.loads(cli("evaluate", model, "--json", "--threads", 1, "--batch", 50).out)
    assert (values["schema"], values["faces"], values["split"], values["tta"]) == (2, 700, "PublicTest", "none")
    matrix = np.array(values["confusion"]["true_by_predicted"])
    assert values["accuracy"] == pytest.approx(np.trace(matrix) / 700)
    assert values["data_sha256"] == load_faces("demo", "PublicTest").sha256
    assert values["second"] is values["against"] is None


def test_both_protocols_stand_side_by_side_and_files_hold_them_too(cli, bright, store):
    done = cli("evaluate", bright, "--data", store, "--html", "page.html", "--markdown", "page.md", "--json")
    values = json.loads(done.out)
    assert (values["protocol"], values["faces"], values["accuracy"]) == ("official", 70, pytest.approx(64 / 70))
    second = values["second"]
    assert (second["protocol"], second["faces"], second["accuracy"]) == ("leak-free", 60, pytest.approx(54 / 60))
    assert "leak-free: 10 of 70 faces are pixel-identical to a face of Training" in values["notes"]
    for name in ("page.html", "page.md"):
        text = Path(name).read_text()
        assert "91.4" in text
        assert "90.0" in text
        assert "leak-free" in text
    assert "wrote page.html" in done.err
    assert "near copies leak too: edgefer data audit " in done.err


def test_an_exclusion_list_is_the_other_protocol(cli, bright, store):
    faces = load_faces(str(store), "PublicTest")
    wrong = {str(row): "label conflict" for row in (63, 64, 65)}
    listed = {"dataset": "shades", "exclude": {"PublicTest": {"sha256": faces.sha256, "rows": wrong}}}
    Path("audit.json").write_text(json.dumps(listed))
    values = json.loads(cli("evaluate", bright, "--data", store, "--exclude", "audit.json", "--json").out)
    assert (values["faces"], values["second"]["faces"]) == (70, 67)
    assert values["second"]["protocol"] == "without the faces of audit.json"
    assert values["second"]["accuracy"] == pytest.approx(64 / 67)


def test_training_faces_are_said_to_be_training_faces(cli, bright, store):
    done = cli("evaluate", bright, "--data", store, "--split", "Training")
    assert "Training is for training: these figures tell what brightness remembers" in done.out
    assert "leak-free" not in done.out


def test_views_are_named_in_every_output(cli, bright, store):
    done = cli("evaluate", bright, "--data", store, "--tta", "ten-crop", "--markdown", "p.md")
    words = "ten-crop (mean over five crops of 44x44 of 48x48 px and their mirror images)"
    assert words in done.out
    assert words in Path("p.md").read_text()
    values = json.loads(cli("evaluate", bright, "--data", store, "--tta", "flip", "--json").out)
    assert (values["tta"], values["second"]["tta"]) == ("flip", "flip")
    assert values["views"] == "flip (mean over face and mirror image)"


def test_the_data_of_the_card_are_the_default_and_data_names_others(cli, tmp_path, model):
    card = tiny_net.card()
    other = tiny_net.write(
        tmp_path / "other.onnx", own_card=card.but(provenance=card.provenance.model_copy(update={"dataset": "nowhere"}))
    )
    failed = cli("evaluate", other)
    assert failed.code == 2
    assert "nowhere" in one_line(failed)
    done = cli("evaluate", other, "--data", "demo", "--split", "PublicTest")
    assert done.out.startswith("tiny fp32 (onnxruntime cpu) on demo PublicTest, 700 faces")


def test_a_model_without_a_dataset_on_its_card_gets_the_demo_faces(cli, bright):
    done = cli("evaluate", bright)
    assert done.out.startswith("brightness fp32 (onnxruntime cpu) on demo PublicTest")


def test_the_split_that_chose_the_epoch_is_the_default(cli, tmp_path):
    sets = [shaded(FER2013, split) for split in ("Training", "PublicTest", "PrivateTest")]
    write_store(tmp_path / "shades", dataset_of(sets, "shades"))
    source = Provenance(dataset=str(tmp_path / "shades"), splits=("Training", "PrivateTest"))
    path = tiny_net.write(tmp_path / "t.onnx", own_card=tiny_net.card(provenance=source))
    assert json.loads(cli("evaluate", path, "--json").out)["split"] == "PrivateTest"


def test_a_choice_of_splits_is_wrong_usage(cli, bright, tmp_path):
    sets = [shaded(FER2013, split) for split in ("Training", "Left", "Right")]
    write_store(tmp_path / "two", dataset_of(sets, "two"))
    failed = cli("evaluate", bright, "--data", tmp_path / "two")
    assert failed.code == 2
    assert "it has Training, Left, Right. name one: --split" in one_line(failed)


@pytest.fixture
def gray_zone(tmp_path):
    """Faces of which ten show surprise, and a model that is off by the brightness of half of those."""
    faces = shaded((*FER2013[:5], *["surprise"] * 10, "neutral") * 2, "PublicTest")
    pixels = faces.pixels.copy()
    pixels[6:10, 1:] = 182
    write_store(
        tmp_path / "gray", dataset_of([FaceSet.of("gray", "PublicTest", FER2013, pixels, faces.labels)], "gray")
    )
    return tmp_path / "gray"


@pytest.fixture
def darker(tmp_path):
    """The brightness model with surprise at 212 instead of 200, so that 182 is neutral (160) to it."""
    import onnx
    from onnx import numpy_helper

    path = brightness_model.write(tmp_path / "darker.onnx")
    made = onnx.load(str(path))
    centres = {**SHADES, "surprise": 212}
    values = np.asarray([centres[name] for name in FER2013], np.float32)
    arrays = {"weights": (2 * values / 400)[None], "biases": -(values**2) / 400}
    for constant in made.graph.initializer:
        if constant.name in arrays:
            constant.CopyFrom(numpy_helper.from_array(arrays[constant.name].astype(np.float32), constant.name))
    onnx.save(made, str(path))
    return path


def test_a_gate_that_holds_exits_0(cli, bright, gray_zone):
    done = cli("evaluate", bright, "--against", bright, "--data", gray_zone, "--max-drop", 0, "--max-class-drop", 0)
    assert done.code == 0
    assert "gate passed: accuracy no change, where 0 less is allowed; no emotion fell" in done.out
    assert "no face changed between right and wrong" in done.out


def test_a_gate_that_fails_names_the_emotion_after_printing_everything(cli, darker, bright, gray_zone):
    against = ("evaluate", darker, "--against", bright, "--data", gray_zone, "--max-class-drop", 5, "--max-drop", 20)
    done = cli(*against, "--markdown", "page.md")
    assert done.code == 1
    assert "surprise fell by 20.00 points, from 100.0% to 80.0% (at most 5 allowed)" in one_line(done)
    assert "accuracy fell" not in one_line(done)
    assert "gate FAILED" in done.out
    assert "note: surprise has 20 faces, so one face is 5.0 points; its change of -20.0" in done.out
    assert "evaluate: 64/64" in done.err
    assert "gate FAILED" in Path("page.md").read_text()
    values = json.loads(cli(*against, "--json").out)["against"]
    assert values["gate"]["passed"] is False
    assert values["emotions"]["surprise"]["right_to_wrong"] == 4
    assert values["reference"]["accuracy"] == 1
    assert cli(*against[:-3], 25).code == 0


def test_a_fall_in_accuracy_fails_too(cli, darker, bright, gray_zone):
    failed = cli("evaluate", darker, "--against", bright, "--data", gray_zone, "--max-drop", 12)
    assert "accuracy fell by 12.50 points, from 100.0% to 87.5%" in one_line(failed)


@pytest.mark.parametrize("option", ["--max-drop", "--max-class-drop"])
def test_a_limit_without_a_reference_is_wrong_usage(cli, model, option):
    failed = cli("evaluate", model, option, 1)
    assert failed.code == 2
    assert "--against" in one_line(failed)


def test_a_limit_that_is_no_number_of_points_is_wrong_usage_before_any_work(cli, model):
    failed = cli("evaluate", model, "--against", model, "--max-drop", -1)
    assert failed.code == 2
    assert "--max-drop -1 is no number of percentage points" in one_line(failed)
    assert "700" not in failed.err


def test_a_store_in_another_order_is_warned_of(cli, bright, tmp_path):
    alphabetical = {"sad": "neutral", "surprise": "sad", "neutral": "surprise"}
    truth = FER2013 * 12
    shown = [alphabetical.get(name, name) for name in truth]
    write_store(tmp_path / "folders", dataset_of([shaded(shown, "PublicTest", truth)], "folders"))
    done = cli("evaluate", bright, "--data", tmp_path / "folders", "--json")
    warning = "faces labelled sad look like neutral, surprise look like sad, neutral look like surprise"
    assert warning in json.loads(done.out)["warnings"][0]
    assert warning in done.err


def test_eight_emotions_and_seven_meet_where_both_know(cli, bright, tmp_path):
    order = FERPLUS
    faces = shaded([*FER2013 * 3, "happy", "sad"], "PublicTest", [*FER2013 * 3, "contempt", "contempt"], order)
    write_store(tmp_path / "eight", dataset_of([faces], "eight"))
    failed = cli("evaluate", bright, "--data", tmp_path / "eight")
    assert failed.code == 1
    assert "contempt" in one_line(failed)
    assert "--common" in one_line(failed)
    values = json.loads(cli("evaluate", bright, "--data", tmp_path / "eight", "--common", "--json").out)
    assert (values["faces"], values["accuracy"]) == (21, 1)
    assert "2 of contempt" in values["notes"][0]


def test_a_model_of_fewer_emotions_needs_common(cli, tmp_path):
    names = ("happy", "sad", "neutral")
    path = tiny_net.write(tmp_path / "three.onnx", tiny_net.model(classes=3), tiny_net.card(labels=names))
    failed = cli("evaluate", path)
    assert failed.code == 1
    assert "order" in one_line(failed)
    assert "--common" in one_line(failed)
    values = json.loads(cli("evaluate", path, "--common", "--json").out)
    assert (values["faces"], list(values["emotions"])) == (300, list(names))


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.onnx", None, "does not exist"),
        ("text.onnx", b"hello", "not an ONNX file"),
        ("text.safetensors", b"hello", "no safetensors file"),
        ("text.engine", b"hello", "not a TensorRT engine"),
        ("text.txt", b"hello", "no model"),
        ("lfs.onnx", b"version https://git-lfs.github.com/spec/v1\n", "Git-LFS"),
    ],
)
def test_bad_models_give_one_line(cli, tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    failed = cli("evaluate", tmp_path / name)
    assert failed.code == 1
    assert says in one_line(failed)
    assert failed.out == ""


@pytest.mark.parametrize("options", [("--data", "dmeo"), ("--split", "Publictest"), ("--exclude", "none.json")])
def test_what_is_not_there_gives_one_line_and_no_file(cli, model, tmp_path, options):
    failed = cli("evaluate", model, *options, "--html", tmp_path / "page.html")
    assert failed.code == (1 if "--exclude" in options else 2)
    assert one_line(failed)
    assert not (tmp_path / "page.html").exists()
