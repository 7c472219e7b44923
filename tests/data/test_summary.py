from __future__ import annotations

from pathlib import Path

from edgefer.data.demo import demo_faces
from edgefer.data.prepare import prepare
from edgefer.data.readers.fer2013 import FER2013
from edgefer.data.summary import list_sources, summarise
from tests.fer_csv import write


def test_a_store_is_summed_up_from_its_manifest():
    write(Path("fer2013.csv"), ["Training"] * 8 + ["PublicTest"])
    store = prepare(FER2013, Path("fer2013.csv"), Path("data/fer2013"))
    summary = summarise("fer2013")
    assert summary.counts["Training"] == store.split("Training").counts()
    assert summary.split_sha256["PublicTest"] == store.split("PublicTest").sha256
    assert summary.bytes == sum(file.stat().st_size for file in store.path.glob("*.npy"))
    assert (summary.source, summary.size, summary.path) == ("fer2013.csv", (48, 48), "data/fer2013")


def test_demo_faces_are_summed_up_too():
    summary = summarise("demo")
    assert summary.counts["PublicTest"] == demo_faces("PublicTest").counts()
    assert sum(summary.counts["Training"].values()) == 3010
    assert (summary.bytes, summary.path) == (0, "built in")
    assert (summary.colour, summary.targets, summary.left_out) == ("gray", False, {})


def test_the_list_goes_on_past_a_damaged_store():
    for name in ("bad", "good"):
        write(Path("fer2013.csv"), ["Training"])
        prepare(FER2013, Path("fer2013.csv"), Path("data") / name)
    Path("data/bad/manifest.json").write_text("{")
    found = {one.name: one for one in list_sources()}
    assert list(found) == ["demo", "bad", "good"]
    assert "is damaged" in found["bad"].fault
    assert (found["good"].faces, found["good"].fault) == ({"Training": 1}, "")
