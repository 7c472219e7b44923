"""The parsers of everything that reaches edgefer from outside, as targets of a fuzz; each in the current folder.

What is read back as it was written (a card, a recipe, a record) is held to it here: that is more than not to fail.
"""

from __future__ import annotations

import contextlib
import io
import json
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from edgefer import recipe, sweep
from edgefer.benchmark.compare import read_record
from edgefer.benchmark.result import BenchmarkResult
from edgefer.bundle import pbtxt
from edgefer.camera import marks, session_folder, session_read
from edgefer.camera.address import hidden
from edgefer.camera.broker import parse_broker
from edgefer.card import KEY, ModelCard, Passport, Precision
from edgefer.data.dataset import Options
from edgefer.data.exclusion import read_exclusion
from edgefer.data.readers import affectnet, expw, rafdb
from edgefer.data.readers.fer2013_csv import read_csv
from edgefer.data.readers.ferplus_csv import read_votes
from edgefer.data.readers.labels import check_list, class_emotions
from edgefer.data.readers.picture_header import read_header as read_picture_header
from edgefer.data.store import read_manifest as read_store_manifest
from edgefer.emotions import CANONICAL
from edgefer.engine.details import DETAILS, read_details
from edgefer.engine.inspect import describe
from edgefer.errors import EdgeferError
from edgefer.models.checkpoint import read_card
from edgefer.quantize.manifest import _SEAL as SEAL
from edgefer.quantize.manifest import MANIFEST, read_manifest
from edgefer.quantize.manifest import _seal as seal
from edgefer.runtime.onnx import read_card as read_onnx_card
from edgefer.scales import ScaleTable
from edgefer.trt.plan import is_plan, read_header
from tests.benchmark.measured import result, row
from tests.camera import sessions
from tests.fer_csv import HEADER, VOTES
from tests.nets import card
from tests.robustness.fuzz_loop import Target
from tests.robustness.fuzz_mutate import of_bytes, of_json, of_lines

JSON, TEXT = (of_json, of_json, of_bytes), (of_lines, of_lines, of_bytes)
SECRET = "OPEN-SESAME"
MARKS = b"\n===\n"  # what stands in an input between a session's file and its marks


def targets() -> dict[str, Target]:
    """All of them, by name."""
    made = (
        Target("plan", _plan, (b"ftrt" + bytes(20) + bytes((10, 3, 0, 26)) + bytes(40), b"vtrt" + bytes(60), b"text")),
        Target("card", _card, tuple(one.to_json().encode() for one in _cards()), _keys(_cards()[1].to_json()), JSON),
        Target("checkpoint", _checkpoint_header, (_safetensors_header(),), _keys(_safetensors_header()), JSON),
        Target("safetensors", _safetensors, (_framed(_safetensors_header()),), (b"__metadata__", KEY.encode())),
        Target("onnx", _onnx, (_onnx_file(card().to_json()), _onnx_file("{}"))),
        Target("scales", _scales, (_scale_table(),), _keys(_scale_table()), JSON),
        Target("recipe", _recipe, _recipes(False), _toml_words(), TEXT),
        Target("sweep", _sweep, (_SWEEP,), (b"[[cell]]\n", b"[axes]\n", b"recipe", b"published", b"name"), TEXT),
        Target(
            "fer2013", _fer2013, _fer2013_files(), (b"Training", b"PublicTest", b"emotion,pixels,Usage", b'"'), TEXT
        ),
        Target("ferplus", _ferplus, (_ferplus_file(),), (b"Training", VOTES.encode(), b'"'), TEXT),
        Target("classes", _classes, (b"anger\nhappy\n", b"0_angry\n1_happy\n2_sad\n"), _emotions(), TEXT),
        Target("label list", _label_list, (b"anger\nhappy\n", b"0 anger, 1 happy"), _emotions(), TEXT),
        Target(
            "expw", _expw, (b"a.jpg 0 10 20 90 80 55.5 3\nb.jpg 1 0 0 5 5 1 0\n",), (b"a.jpg", b"../a.jpg", b"./"), TEXT
        ),
        Target("rafdb", _rafdb, (b"train_00001.jpg 5\ntest_0002.jpg 1\n",), (b"train_00001.jpg", b"..", b"./"), TEXT),
        Target("affectnet", _affectnet, (_AFFECTNET,), (b"1/a.jpg", b"./", b"NULL", b"expression", b'"'), TEXT),
        Target("picture header", _picture_header, _PICTURES, (b"\xff\xd8", b"\xff\xda", b"IHDR", b"P5 ")),
        Target("session", _session, _session_files(), _keys(_session_files()[0]), JSON),
        Target("benchmark", _benchmark, (_record(),), _keys(_record()), JSON),
        Target("exclusion", _exclusion, (_EXCLUSION,), _keys(_EXCLUSION), JSON),
        Target("calibration", _calibration, (_CALIBRATION,), _keys(_CALIBRATION), JSON),
        Target("store", _store, (_STORE,), _keys(_STORE), JSON),
        Target("layers", _layers, (_LAYERS,), _keys(_LAYERS), JSON),
        Target("pbtxt", _pbtxt, (_PBTXT,), (b"x { ", b"a: [ ", b"]", b"-1", b'"'), TEXT, (ValueError,)),
        Target("address", _address, (b"rtsp://me:pw@host/x?token=y", b"mqtt://a:pw@h:1/p", b"x/y"), _ADDRESSES),
    )
    return {target.name: target for target in made}


def _plan(data: bytes) -> None:
    path = _file("x.engine", data)
    header = read_header(path)
    assert is_plan(path)
    assert len(header.version.split(".")) == 4
    assert header.size_bytes == len(data)


def _card(data: bytes) -> None:
    made = ModelCard.from_json(data, "x")
    assert ModelCard.from_json(made.to_json(), "x") == made
    assert ModelCard.from_json(made.to_json(indent=2), "x") == made


def _checkpoint_header(data: bytes) -> None:
    _safetensors(_framed(data))


def _safetensors(data: bytes) -> None:
    path = _file("x.safetensors", data)
    assert describe(path).card == read_card(path)


def _onnx(data: bytes) -> None:
    made = read_onnx_card(_file("x.onnx", data))
    assert ModelCard.from_json(made.to_json(), "x") == made


def _scales(data: bytes) -> None:
    made = ScaleTable.from_json(data.decode("utf-8", "surrogateescape"), "x", {})
    assert ScaleTable.from_json(made.to_json(), "x", {}) == made


def _recipe(data: bytes) -> None:
    made = recipe.load(str(_file("own.toml", data)))
    _file("own.toml", made.to_toml().encode())
    again = recipe.load("own.toml")
    assert again == made
    assert again.sha256 == made.sha256


def _sweep(data: bytes) -> None:
    if b"\n[[cell]]" in data:
        assert sweep.load_sweep(str(_file("own.toml", data))).cells


def _fer2013(data: bytes) -> None:
    rows = read_csv(_file("fer2013.csv", data))
    assert len(rows.labels) == len(rows.splits) == len(rows.pixels)
    assert rows.labels.max() <= 6
    names = ("Training", "PublicTest", "PrivateTest")
    lines = [
        f"{label},{' '.join(map(str, face.ravel().tolist()))},{names[split]}"
        for face, label, split in zip(rows.pixels, rows.labels, rows.splits, strict=True)
    ]
    again = read_csv(_file("fer2013.csv", "\n".join([HEADER, *lines]).encode()))
    assert np.array_equal(again.pixels, rows.pixels)
    assert np.array_equal(again.labels, rows.labels)


def _ferplus(data: bytes) -> None:
    rows = read_votes(_file("fer2013new.csv", data))
    assert rows.votes.shape == (len(rows.splits), 10)
    assert 0 <= rows.votes.min() <= rows.votes.max() <= 10


def _classes(data: bytes) -> None:
    names = data.decode("utf-8", "surrogateescape").split("\n")
    found = class_emotions([name for name in names if name], "x")
    assert len(found) == len(set(found.values()) & set(CANONICAL)) >= 2


def _label_list(data: bytes) -> None:
    check_list(_file("classes.txt", data), ("anger", "happy"))


def _expw(data: bytes) -> None:
    _dataset(expw.read, "label.lst", data, ("origin/a.jpg", "origin/b.jpg"))


def _rafdb(data: bytes) -> None:
    names = ("Image/aligned/train_00001_aligned.jpg", "Image/aligned/test_0002_aligned.jpg")
    _dataset(rafdb.read, "EmoLabel/list_patition_label.txt", data, names)


def _affectnet(data: bytes) -> None:
    _file("set/validation.csv", _AFFECTNET)
    _dataset(affectnet.read, "training.csv", data, ("Manually_Annotated_Images/1/a.jpg",))


def _dataset(read: Callable[[Path, Options], object], name: str, data: bytes, pictures: tuple[str, ...]) -> None:
    for picture in pictures:
        if not (path := Path("set", picture)).exists():
            _file(str(path), b"")
    _file(f"set/{name}", data)
    with contextlib.redirect_stderr(io.StringIO()) as told:
        try:
            read(Path("set"), Options())
        finally:
            assert told.getvalue().replace("\n", "").isprintable()


def _picture_header(data: bytes) -> None:
    header = read_picture_header(data)
    assert header is None or isinstance(header.width, int)


def _session(data: bytes) -> None:
    lines, _, spool = data.partition(MARKS)
    _file(f"sessions/one/{marks.SPOOL}", spool)
    path = _file(f"sessions/one/{session_folder.FILE}", lines)
    session_folder.living()
    session_folder._began(path.parent)  # what `living` asks of a session that is being written
    record = session_read.read(path)
    assert record.last >= 0
    assert all(mark.time >= 0 for mark in record.marks)
    assert record.size <= len(lines)


def _benchmark(data: bytes) -> None:
    made = read_record(_file("benchmark.json", data))
    assert BenchmarkResult.from_json(made.to_json(), "x") == made


def _exclusion(data: bytes) -> None:
    made = read_exclusion(_file("audit.json", data))
    assert read_exclusion(_file("audit.json", made.model_dump_json().encode())) == made


def _calibration(data: bytes) -> None:
    read_manifest(_file(f"set/{MANIFEST}", _sealed(data)).parent, None)


def _sealed(data: bytes) -> bytes:
    """A manifest with the seal that it should have: who forges one can do that too."""
    with contextlib.suppress(ValueError, RecursionError):
        values = json.loads(data)
        if isinstance(values, dict):
            return json.dumps({**values, SEAL: seal(values)}).encode("utf-8", "surrogatepass")
    return data


def _store(data: bytes) -> None:
    made = read_store_manifest(_file("store/manifest.json", data).parent)
    assert read_store_manifest(_file("store/manifest.json", made.model_dump_json().encode()).parent) == made


def _layers(data: bytes) -> None:
    read_details(_file(f"engine/{DETAILS}", data).parent, "ab")


def _pbtxt(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    found = pbtxt.parse(text)
    assert pbtxt.parse(pbtxt.render(found)) == found


def _address(data: bytes) -> None:
    """No text of an address shows its password, whatever else is in it."""
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(EdgeferError):
        parse_broker(text)
    rest = text.replace(SECRET, "").replace("@", "")
    for address in (f"rtsp://me:{SECRET}@host/{rest}", f"http://host/?password={SECRET}&{rest}"):
        assert SECRET not in hidden(address)
    try:
        shown = str(parse_broker(f"mqtt://me:{SECRET}@host/{rest}"))
    except EdgeferError as error:
        shown = str(error)
    assert SECRET not in shown


def _file(name: str, data: bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@cache
def _cards() -> tuple[ModelCard, ...]:
    passport = Passport(
        flavour="tensorrt_rtx", version="1.7.1.116", targets=("sm89",), batch=(1, 8, 32), plan_sha256="a",
        onnx_sha256="b", inputs={"onnx": "c"}, census={"conv half": 3}, max_drop=1.5,
    )  # fmt: skip
    measured = {
        "dataset": "demo", "split": "PublicTest", "faces": 9, "backend": "onnxruntime cpu", "accuracy": 0.5,
        "balanced_accuracy": 0.5, "macro_f1": 0.4, "recall": {"anger": 0.5},
    }  # fmt: skip
    return card(), card(precision=Precision.INT8, engine=passport, tools={"torch": "2"}, measured=[measured])


@cache
def _safetensors_header() -> bytes:
    tensor = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    return json.dumps({"__metadata__": {KEY: card().to_json()}, "w": tensor}).encode()


def _framed(header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + bytes(16)


def _onnx_file(text: str) -> bytes:
    """A graph of no bytes, and the card among the metadata, as protobuf writes them."""
    entry = _field(1, KEY.encode()) + _field(2, text.encode())
    return b"\x08\x0a" + _field(2, b"edgefer") + _field(7, b"") + _field(14, entry)


def _field(number: int, data: bytes) -> bytes:
    length, size = b"", len(data)
    while size > 0x7F:
        length, size = length + bytes((size & 0x7F | 0x80,)), size >> 7
    return bytes((number << 3 | 2,)) + length + bytes((size,)) + data


@cache
def _scale_table() -> bytes:
    from edgefer.scales import weights_sha256

    layer = {"input": 0.125, "weights": [0.5, 0.25]}
    return json.dumps(
        {"format": 1, "precision": "int8", "weights_sha256": weights_sha256({}), "layers": {"a": layer}}
    ).encode()


@cache
def _recipes(sweeps: bool) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in recipe.shipped_files() if recipe.is_sweep(path) is sweeps)


@cache
def _toml_words() -> tuple[bytes, ...]:
    sections = [name for name in recipe.Recipe.model_fields if name not in ("name", "summary")]
    keys = {key.split(b"=")[0].strip() for text in _recipes(False) for key in text.split(b"\n") if b"=" in key}
    return (
        *(f"[{name}]\n".encode() for name in sections), *(key + b" = " for key in sorted(keys)), b"[[teacher.models]]\n",
        b"inf", b"nan", b"1979-05-27", b'"""', b"{ a = 1 }", b"0x1F", b"\\uD800", b"kind = ", b"[[" * 50,
    )  # fmt: skip


_SWEEP = b"""summary = "a"
[set]
"train.epochs" = 2
[axes]
"loss.temperature" = [3.0, 1.0]
[[cell]]
name = "E1"
recipe = "demo-c"
set = { "loss.alpha" = 0.2 }
published = 0.7642
"""


@cache
def _fer2013_files() -> tuple[bytes, ...]:
    face = " ".join(str(value % 256) for value in range(2304))
    plain = f"{HEADER}\n0,{face},Training\n6,{face},PrivateTest\n"
    return plain.encode(), f'emotion,pixels\r\n3,"{face}"\r\n'.encode(), f"{HEADER}\n0,1 2 3,Training\n".encode()


def _ferplus_file() -> bytes:
    return f"{VOTES}\nTraining,fer0000000.png,4,0,0,1,3,2,0,0,0,0\nPublicTest,,0,0,0,0,0,0,0,0,0,10\n".encode()


def _emotions() -> tuple[bytes, ...]:
    return (*(name.encode() for name in CANONICAL), b"happiness", b"0 ", b"1,", b"\xef\xbb\xbf")


_AFFECTNET = b"""subDirectory_filePath,face_x,face_y,face_width,face_height,expression
1/a.jpg,1,2,30,40,3
1/b.jpg,NULL,NULL,NULL,NULL,9
"""
_PICTURES = (
    b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 48, 64, 1) + bytes(3) + b"\xff\xda" + bytes(8) + b"\xff\xd9",
    b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 48, 48, 8, 0, 0, 0, 0) + b"xxxxIEND",
    b"BM" + bytes(12) + struct.pack("<Iii", 40, 48, -48) + bytes(30),
    b"RIFF" + bytes(4) + b"WEBPVP8X" + bytes(20),
    b"II*\0" + struct.pack("<IH", 8, 2) + struct.pack("<HHII", 256, 3, 1, 48) + struct.pack("<HHII", 257, 4, 1, 48),
    b"P5 48 48 255\n" + bytes(16),
)


@cache
def _session_files() -> tuple[bytes, ...]:
    lines = [
        sessions.header(), sessions.sample(0.0, sessions.person(1), sessions.unseen(2)), sessions.mark(0.5, "task 1"),
        sessions.gap(1.0), sessions.sample(2.0), sessions.end(3.0),
    ]  # fmt: skip
    counted = {"kind": "interval", "time": 0.0, "seconds": 2.0, "frames": 20, "faces": 9, "most": 1, "uncertain": 0.1}
    interval = counted | {"emotions": dict.fromkeys(sessions.LABELS, 0.25)}
    whole, aggregate = _lines(lines), _lines([sessions.header(aggregate=True), interval, sessions.end(2.0)])
    spool = _lines([{"wall": sessions.START + 1.5, "text": "later", "kind": "note", "id": "f" * 32}])
    return whole + MARKS + spool, aggregate + MARKS + spool


def _lines(records: list[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@cache
def _record() -> bytes:
    return result(row("a")).to_json(indent=None).encode()


_EXCLUSION = b'{"dataset": "x", "exclude": {"Training": {"sha256": "ab", "rows": {"3": "a copy"}}}}'
_GREY = {"mean": 100.0, "darkest": 20.0, "brightest": 200.0}
_CALIBRATION = json.dumps(
    {
        "format": 2, "model": "tiny", "dataset": "demo", "source": "demo", "data_sha256": "ab", "split": "Training",
        "seed": 0, "rows": [3, 5], "skipped": {"copies": 1}, "exclude": {"file": "audit.json", "sha256": "ab"},
        "coverage": {"bounds": [99.5], "faces": {"anger": [1, 1]}, "drawn": _GREY, "split": _GREY},
        "input": {"height": 48, "width": 48}, "faces_sha256": "ab",
    }
).encode()  # fmt: skip
_STORE = json.dumps(
    {
        "format": 1, "name": "own", "emotions": ["anger", "happy"], "size": [48, 48], "sha256": "ab", "source": "x",
        "splits": {"Training": {"faces": 2, "emotions": {"anger": 1}, "sha256": "ab"}}, "source_sha256": "ab",
        "command": "edgefer data prepare own", "left_out": {"unknown": 1},
        "files": {"faces.npy": {"bytes": 5, "modified": 7, "sha256": "ab"}},
    }
).encode()  # fmt: skip
_LAYERS = (
    b'{"format": 1, "plan_sha256": "ab", "activation_bytes": 5, "weights_bytes": null, "layers": [{"name": "a",'
    b' "kind": "conv", "input": "half", "weights": "half", "output": "half", "form": "x"}]}'
)
_PBTXT = b'name: "x"\ninput { name: "a" }\na { b: 1 c: [ 1, 2 ] d: TRUE e: "\\n" }\n'
_ADDRESSES = (b"password=", b"token=", b"@", b"?", b"#", b"mqtt://", b"mqtts://", b"[::1]", b"%2F", b"rtsp://", b"\n")


def _keys(text: str | bytes) -> tuple[bytes, ...]:
    """Every key in a JSON text, or in lines of it."""
    found: set[str] = set()

    def look(node: object) -> None:
        if isinstance(node, dict):
            found.update(node)
        for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            look(value)

    for line in (text.encode() if isinstance(text, str) else text).splitlines():
        with contextlib.suppress(ValueError):
            look(json.loads(line))
    return tuple(sorted(key.encode() for key in found))
