"""Everything good that the table makes bad: small files and folders of each kind, made once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

RUN = """summary = "one short epoch"
[data]
source = "demo"
limit = 28
[model]
architecture = "mini-resemotenet-c"
size = 32
[train]
epochs = 1
batch = 14
"""


def main() -> None:
    make(Path(sys.argv[1]))


def make(root: Path) -> None:
    """Fill a folder that is there."""
    import torch

    from edgefer.card import FILE
    from edgefer.data.prepare import DATASETS, prepare
    from edgefer.distill.run import train_recipe
    from edgefer.models.checkpoint import load
    from edgefer.quantize.calibration import make_calibration_set
    from edgefer.quantize.pool import screen
    from edgefer.recipe import load as load_recipe
    from tests import fake_gpu, fer_csv, films, nets, picture_trees, tiny_net
    from tests.benchmark import paper_results
    from tests.camera import sessions

    tiny_net.write(root / "tiny.onnx")
    nets.write_checkpoint(root / "student.safetensors")
    network, _ = load(root / "student.safetensors")
    torch.save(network.body.state_dict(), root / "student.pth")
    (root / "engine").mkdir()
    (root / "engine" / "tiny.engine").write_bytes(fake_gpu.plan_bytes("tensorrt", "10.3.0.26"))
    (root / "engine" / FILE).write_text(tiny_net.card().to_json())
    usages = ["Training"] * 42 + ["PublicTest"] * 14 + ["PrivateTest"] * 14
    fer_csv.write(root / "faces.csv", usages)
    store = prepare(DATASETS["fer2013"], root / "faces.csv", root / "store")
    training = store.split("Training")
    excluded = {"dataset": "fer2013", "exclude": {"Training": {"sha256": training.sha256, "rows": {"0": "blank"}}}}
    for split in ("PublicTest", "PrivateTest"):
        excluded["exclude"][split] = {"sha256": store.split(split).sha256, "rows": {"0": "blank"}}
    (root / "list.json").write_text(json.dumps(excluded))
    pool = screen(tiny_net.faces(), source="noise")
    make_calibration_set(pool, tiny_net.card(), 28, root / "calibration")
    (root / "record.json").write_text(paper_results.result().to_json())
    (root / "recipe.toml").write_text(
        (Path(__file__).resolve().parents[2] / "recipes" / "demo-teacher.toml").read_text()
    )
    (root / "run.toml").write_text(RUN)
    train_recipe(load_recipe(str(root / "run.toml")), root / "run")
    (root / "sweep.toml").write_text('summary = "two"\n\n[[cell]]\nname = "a"\nrecipe = "demo-c"\n')
    lines = [sessions.sample(float(second), sessions.person(1, "happy")) for second in range(9)]
    sessions.write(root / "session", sessions.header(), *lines, sessions.end(9.0))
    films.film(root / "film.avi", [90] * 6)
    films.picture(root / "face.png")
    picture_trees.class_folders(root / "classes", {"happy": 3, "sad": 3})
    picture_trees.rafdb(root / "rafdb")
    picture_trees.expw(root / "expw", 12)
    picture_trees.affectnet_csv(root / "affectnet")
    picture_trees.affectnet_npy(root / "affectnet-npy")


if __name__ == "__main__":
    main()
