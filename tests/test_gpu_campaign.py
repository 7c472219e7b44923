"""The GPU campaign at toy size: the same steps, the same processes, drawn faces."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from edgefer.data.dataset import Dataset
from edgefer.data.store import open_store, write_store
from edgefer.distill.answers import open_answers
from edgefer.distill.run import faces_of
from edgefer.recipe import Recipe, load
from edgefer.sweep import load_sweep
from edgefer.trt import driver
from edgefer.trt.driver import Driver, Gpu
from tests import doc_lines, fake_gpu
from tests.conftest import ROOT
from tests.runtime.test_engine import write_engine

SCRIPT = ROOT / "scripts" / "gpu_campaign.py"
TRAINED = "environment,data,teachers,targets,students"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


def command(work: Path, *words: object) -> list[str]:
    return [sys.executable, str(SCRIPT), "--work", str(work), *map(str, words)]


def said(work: Path, *words: object, code: int = 0) -> str:
    done = subprocess.run(command(work, *words), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def state(work: Path) -> dict[str, str]:
    try:
        return {name: step["status"] for name, step in json.loads((work / "state.json").read_text()).items()}
    except (OSError, ValueError):
        return {}


def workers(work: Path) -> list[int]:
    """The processes whose folder is the campaign's."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and folder_of(entry) == work]


def folder_of(process: Path) -> Path | None:
    try:
        return (process / "cwd").readlink()
    except OSError:
        return None


def until(what: str, met) -> None:
    end = time.monotonic() + 120
    while not met():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A toy campaign, killed while its teachers trained, gone on with, one of its steps failing; what it printed."""
    work = (tmp_path_factory.mktemp("campaign") / "work").resolve()
    first = subprocess.Popen(command(work, "all", "--toy", "--only", TRAINED), stdout=subprocess.DEVNULL)
    until("the teachers", lambda: workers(work))
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert state(work)["teachers"] == "unfinished"
    until("the workers to end with it", lambda: not workers(work))
    # Where the step tensorrt wants a folder there is a file.
    (work / "tensorrt").write_text("")
    return work, said(work, "all", "--toy", "--only", f"tensorrt,{TRAINED}", code=1)


def test_a_killed_campaign_goes_on_and_a_failing_step_stops_nothing(campaign: tuple[Path, str]):
    work, text = campaign
    assert state(work) == {
        "environment": "done", "data": "done", "teachers": "done", "targets": "done", "students": "done",
        "tensorrt": "failed",
    }  # fmt: skip
    assert "tensorrt: failed after 0 s: FileExistsError" in text
    for name in ("fer2013-resemotenet", "fer2013-seresnet-18", "edgefer-c", "edgefer-c-alone"):
        assert (work / "runs" / name / "finished.json").is_file()
        record = json.loads((work / "runs" / name / "record.json").read_text())
        assert (record["card"]["name"], bool(record["torch"])) == (name, True)
    assert text.index("tensorrt: failed") > text.index("students: done"), "the most valuable first"


def test_the_table_comes_last_and_says_what_it_is_traced_to(campaign: tuple[Path, str]):
    work, text = campaign
    assert text.endswith((work / "results.md").read_text() + "\n")
    results = json.loads((work / "results.json").read_text())
    assert results["toy"] is True
    assert "no figure of it means anything" in text
    assert results["environment"]["libraries"]["torch"]
    rows = {row["name"]: row for rows in results["trainings"].values() for row in rows}
    assert set(rows) == {"fer2013-resemotenet", "fer2013-seresnet-18", "edgefer-c", "edgefer-c-alone"}
    for row in rows.values():
        assert row["finished"] is True
        assert (row["seed"], len(row["data_sha256"]), len(row["recipe_sha256"])) == (0, 64, 64)
    assert 0 < results["ensemble"]["accuracy"] <= 1
    assert len(results["ensemble"]["ranking"]) == 3, "both alone and both together"
    assert results["steps"]["paper-grid"]["status"] == "not begun"


def test_a_done_campaign_has_nothing_more_to_do(campaign: tuple[Path, str]):
    work, _ = campaign
    text = said(work, "all", "--toy", "--only", TRAINED)
    assert "s at most" not in text
    assert "no toy campaign" not in text
    done = subprocess.run(command(work, "all", "--only", "data"), capture_output=True, text=True, check=False)
    assert (done.returncode, "is a toy campaign" in done.stderr) == (2, True)


def test_steps_that_lack_time_or_what_they_need_wait(tmp_path: Path):
    work = tmp_path / "work"
    text = said(work, "all", "--toy", "--seconds", 1, "--only", "environment,data,students", code=1)
    assert state(work) == {"environment": "waiting", "data": "waiting", "students": "waiting"}
    assert "needs targets" in text
    assert "were left" in text


def test_the_kept_answers_teach_without_the_teachers(campaign: tuple[Path, str]):
    work, _ = campaign
    files = sorted((work / "answers").iterdir())
    toy = ["data.source=demo", "data.limit=48", "augment.views=2", "teacher.recipes=[]"]
    recipe = load("edgefer-c", (*toy, f"teacher.answers={json.dumps(list(map(str, files)))}"))
    answers = open_answers(files, recipe, faces_of(recipe).training)
    assert [values.shape for values in answers.views.values()] == [(48, 7)] * 2
    assert sum(path.stat().st_size for path in files) < 5000


def test_what_is_packed_fits(campaign: tuple[Path, str], tmp_path: Path, monkeypatch, capsys):
    from campaign import pack as packing
    from campaign.place import Place

    work, _ = campaign
    made = packing.pack(Place(work, toy=True), tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["answers-0.safetensors", "logs.tar.xz", "results.json", "results.md", "students.tar.0"]
    assert [path.name for path in made][:2] == ["results.md", "results.json"]
    with tarfile.open(tmp_path / "out" / "logs.tar.xz") as bundle:
        logs = bundle.getnames()
    assert {"state.json", "logs/edgefer-c.log", "runs/edgefer-c/metrics.jsonl", "runs/edgefer-c/recipe.toml"} <= set(
        logs
    )
    assert not [name for name in logs if name.endswith(".safetensors") or name.startswith("home/")]
    # Parts are cut, and the ninth file stays behind, the least valuable one.
    monkeypatch.setattr(packing, "PART_BYTES", 100_000)
    parts = packing.pack(Place(work, toy=True), tmp_path / "small")
    assert len(parts) == len(list((tmp_path / "small").iterdir())) == 8
    assert all(path.stat().st_size <= 100_000 for path in parts if path.name.startswith("students"))
    assert "left behind: students.tar" in capsys.readouterr().out


def test_a_campaign_on_another_machine_goes_on_from_the_kept_answers(campaign: tuple[Path, str], tmp_path: Path):
    work, _ = campaign
    other = tmp_path / "other"
    text = said(other, "accept", work / "answers")
    assert text == "the ensemble's answers are here: answers-0.safetensors\n"
    assert (state(other)["teachers"], state(other)["targets"]) == ("done", "done")
    assert (other / "answers" / "answers-0.safetensors").is_file()
    (tmp_path / "empty").mkdir()
    refused = subprocess.run(command(other, "accept", tmp_path / "empty"), capture_output=True, text=True, check=False)
    assert (refused.returncode, "holds neither" in refused.stderr) == (2, True)


def test_faces_arrive_in_parcels_as_they_were(tmp_path: Path):
    from campaign.parcels import accept, pack_parcels, unpack
    from campaign.place import Place, StepFailed

    source = np.random.default_rng(0)
    faces = source.integers(0, 256, (130, 48, 48), dtype=np.uint8)
    votes = source.random((70, 3), dtype=np.float32)

    def store(name: str, rows: np.ndarray, targets: np.ndarray | None = None) -> Path:
        labels = (rows % 3).astype(np.uint8)
        codes = (np.arange(len(rows)) >= len(rows) // 2).astype(np.uint8)
        dataset = Dataset(
            name, ("happy", "sad", "fear"), ("Training", "PublicTest"), labels, codes, (48, 48),
            lambda: iter([faces[rows]]), "a.csv", "0" * 64, "edgefer data prepare x --source a.csv", targets=targets,
        )  # fmt: skip
        return write_store(tmp_path / "data" / name, dataset).path

    stores = [store("faces", np.arange(130)), store("votes", np.arange(0, 130, 2)[:70], votes[:65])]
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    content = source.bytes(600_000)
    (wheels / "x.whl").write_bytes(content)
    parcels = pack_parcels(stores, [wheels], tmp_path / "out", 0.25)
    assert [sum(file.stat().st_size for file in parcel.iterdir()) <= 260_000 for parcel in parcels[:3]] == [True] * 3
    place = Place(tmp_path / "work")
    assert accept(place, parcels[0])
    with pytest.raises(StepFailed, match="have not come yet"):
        unpack(place)
    for parcel in parcels[1:]:
        waiting = accept(place, parcel)
    assert not waiting
    at = unpack(place)
    for original in stores:
        arrived = open_store(at / original.name, verify=True)
        assert arrived.info.sha256 == open_store(original).info.sha256
    assert (at / "files" / "x.whl").read_bytes() == content


def test_every_step_is_data_and_fits_a_call():
    from campaign.plan import LONGEST, NAMES, STEPS

    for step in STEPS:
        assert step.least <= step.seconds <= LONGEST == 540
        assert set(step.needs) <= set(NAMES[: NAMES.index(step.name)]), "what is needed comes before"


def test_every_recipe_of_the_campaign_is_sound(tmp_path: Path):
    """Names, keys and values of all trainings, without training one."""
    from campaign import networks
    from campaign.place import Place
    from campaign.worker import job_recipe

    place = Place(tmp_path)
    place.answers.mkdir()
    (place.answers / "answers-0.safetensors").touch()
    for job in networks.EMOXNET:
        (place.runs / job.folder).mkdir(parents=True)
        (place.runs / job.folder / "best.safetensors").touch()
    place.write("ensemble.json", {"checkpoints": ["a.safetensors", "b.safetensors"]})
    jobs = [
        *networks.TEACHERS, *networks.students(place), *networks.EMOXNET, *networks.lite(place),
        *networks.ablation(place), *networks.PAPER_TEACHER, *networks.paper(place),
    ]  # fmt: skip
    assert len({job.folder for job in jobs}) == len(jobs) == 42
    for job in jobs:
        recipe = job_recipe({"name": job.name, "recipe": job.recipe, "changes": job.changes, "alone": job.alone})
        assert recipe.name == job.name
        assert (recipe.teacher is None) == (
            job.alone or job.name.startswith(("fer2013", "emoxnet-v", "emoxnet-s", "emoxnet-r", "resemotenet"))
        )
    grid = {
        job.name: job_recipe({"name": "x", "recipe": job.recipe, "changes": job.changes, "alone": False})
        for job in networks.paper(place)
    }
    assert [(recipe.train.batch, recipe.train.epochs, recipe.loss.temperature) for recipe in grid.values()] == [
        (16, 80, 3.0)
    ] * 6
    assert [recipe.loss.alpha for recipe in grid.values()] == [0.20, 0.15, 0.20, 0.15, 0.10, 0.20]


TINY = (
    "data.source=demo", "data.limit=48", "model.architecture=mini-resemotenet-c", "model.size=24", "train.batch=16",
    "schedule.warmup=0",
)  # fmt: skip


def spec(name: str, **more: object) -> dict[str, object]:
    base = {"name": name, "recipe": "edgefer-c", "changes": TINY, "epochs": 0, "alone": True, "group": "", "equal": []}
    return base | {"end": time.time() + 5} | more


def test_a_trial_says_how_many_epochs_fit_and_is_made_once(capsys):
    from campaign.worker import train

    train(spec("one"))
    plan = json.loads(Path("plans/one.json").read_text())
    assert plan["epochs"] == max(5, min(plan["epochs"], 600)) >= 5
    assert plan["faces_per_second"] == pytest.approx(48 / plan["trial_seconds"])
    assert 1 <= plan["keep_every"] <= max(1, plan["epochs"] // 6)
    lines = Path("runs/one/metrics.jsonl").read_text().splitlines()
    assert len(lines) == plan["epochs"]
    assert "faces/s beside the others" in capsys.readouterr().out
    # Gone on with by its plan, whatever time is left now: the run is whole, so nothing is trained.
    train(spec("one", end=0.0))
    assert Path("runs/one/metrics.jsonl").read_text().splitlines() == lines


def test_networks_of_one_table_are_trained_equally_long(capsys):
    from campaign.worker import train

    Path("plans").mkdir()
    for name, epochs in (("one", 2), ("two", 1)):
        Path(f"plans/{name}.json").write_text(json.dumps({"epochs": epochs, "keep_every": 1}))
    train(spec("one", equal=["one", "two"], group="both"))
    assert len(Path("runs/both/one/metrics.jsonl").read_text().splitlines()) == 1


def test_throughput_is_measured_once_a_way(capsys):
    from campaign.profiling import measure

    asked = {"name": "c", "recipe": "edgefer-c", "changes": TINY, "wanted": 10**9, "toy": True, "end": time.time() + 60}
    Path("profile").mkdir()
    Path("profile/c.json").write_text(
        json.dumps({"wanted": 1, "rates": {"compiled": "begun, and not over in its time"}})
    )
    measure(asked | {"ways": ("compiled", "plain")})
    rates = json.loads(Path("profile/c.json").read_text())["rates"]
    assert rates["compiled"] == "begun, and not over in its time"
    assert rates["plain"] > 0
    assert "aten::" in Path("profile/c.txt").read_text(), "what limits it"


def recipe_of(job) -> Recipe:
    from campaign.worker import job_recipe

    return job_recipe({"name": job.name, "recipe": job.recipe, "changes": job.changes, "alone": job.alone})


def test_the_sweeps_of_the_papers_find_what_the_campaign_trained(tmp_path: Path):
    """Name by name the same experiments, by the hash of what decides a result."""
    from campaign import networks
    from campaign.place import Place

    cells = load_sweep("emoxnet").cells
    assert [(cell.name, cell.recipe.sha256) for cell in cells] == [
        (job.name, recipe_of(job).sha256) for job in networks.EMOXNET
    ]
    grid = {job.name: recipe_of(job) for job in networks.paper(Place(tmp_path))}
    first = [cell for cell in load_sweep("paper-table-4").cells if cell.recipe.loss.temperature == 3.0]
    assert len(first) == len(grid) == 6
    for cell in first:
        ours = grid[next(name for name in grid if cell.name.startswith(name))]
        assert ours.model_copy(update={"teacher": cell.recipe.teacher}).sha256 == cell.recipe.sha256


def test_what_the_steps_call_are_commands_of_today(tmp_path: Path, monkeypatch):
    from campaign import machine, training
    from campaign.place import Place

    asked: dict[str, list[str]] = {}

    def noting(place: Place, commands: dict[str, list[str]]) -> dict[str, int]:
        asked.update(commands)
        return dict.fromkeys(commands, 0)

    for module in (machine, training):
        monkeypatch.setattr(module, "together", noting)
    monkeypatch.setattr(training, "train", lambda place, jobs, equal=False: None)
    place = Place(tmp_path)
    machine.benchmark(place)
    place.write("plans/emoxnet-vgg-13.json", {"epochs": 9})
    place.write("plans/emoxnet-seresnet-18.json", {"epochs": 7})
    place.write("plans/emoxnet-resemotenet.json", {"epochs": 8})
    training.emoxnet(place)
    assert set(asked) == {"benchmark-batch-1", "benchmark-sweep", "benchmark-students", "emoxnet-ensemble"}
    for words in asked.values():
        assert words[:3] == [sys.executable, "-m", "edgefer"]
        assert doc_lines.unknown(words[3:]) == []
    assert "train.epochs=7" in asked["emoxnet-ensemble"]
    assert asked["benchmark-sweep"].count("--batch") == 6


def test_an_engine_for_another_gpu_is_tried_past_the_refusal(monkeypatch, tmp_path: Path):
    from campaign.tensorrt import try_engine

    tensorrt, _ = fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    hopper = Driver((Gpu("NVIDIA H100 80GB HBM3", "sm90", 80 << 30),), "580.65.06", "13.0")
    monkeypatch.setattr(driver, "probe", lambda: hopper)
    engine = write_engine(tmp_path / "e", "tensorrt_rtx", "1.7.1.116")
    try_engine({"engine": str(engine), "out": str(tmp_path / "said.json")})
    heard = json.loads((tmp_path / "said.json").read_text())
    assert heard["passport"].startswith("BackendError: ")
    assert "was built for sm89, but this GPU (NVIDIA H100 80GB HBM3) is sm90" in heard["passport"]
    assert heard["validity"] == "EngineValidity.INVALID, diagnostics 4"
    assert heard["inference"].startswith("logits [")
    tensorrt.broken = "deserialise"
    try_engine({"engine": str(engine), "out": str(tmp_path / "said.json")})
    heard = json.loads((tmp_path / "said.json").read_text())
    assert heard["deserialise"] == "nothing"
    assert heard["deserialise, said"] == "IRuntime::deserializeCudaEngine: Error Code 1\n  Serialization"
    assert heard["inference"].startswith("BackendError: TensorRT-RTX 1.7.1.116 cannot load")
    assert "context" not in heard
