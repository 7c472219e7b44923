"""What the Dockerfile names is there, what it leaves behind is small, and it can be done step by step without Docker."""

from __future__ import annotations

import fnmatch
import importlib
import re

import pytest

from tests.conftest import ROOT


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("dockerfile")


@pytest.fixture
def smoke(script):
    return importlib.import_module("aarch64_smoke")


@pytest.fixture
def stages(script):
    return script.read(ROOT / "Dockerfile")


def steps(stage, word):
    return [step for step in stage.steps if step.word == word]


def test_targets_are_made_of_the_stages_they_need(script, stages):
    assert [stage.name for stage in script.needed(stages, "cpu")] == ["python", "source", "build-cpu", "cpu"]
    assert [stage.name for stage in script.needed(stages, "gpu")] == ["python", "source", "build-gpu", "gpu"]
    assert list(stages)[-1] == "cpu", "the last stage is what docker build makes without --target"


@pytest.mark.parametrize("target", ["cpu", "gpu"])
def test_a_target_runs_edgefer_as_a_user_without_rights(stages, target):
    stage = stages[target]
    assert [step.words for step in steps(stage, "ENTRYPOINT")] == [["edgefer"]]
    user = steps(stage, "USER")[-1]
    assert user.rest == "1000:1000"
    assert not [step for step in stage.steps if step.word in {"RUN", "COPY"} and step.line > user.line]


def test_every_base_is_a_stage_or_a_pinned_release(stages):
    for stage in stages.values():
        assert stage.base in stages or re.fullmatch(r"debian:\d+\.\d+-slim", stage.base)


def test_what_is_copied_exists_and_is_let_through(stages):
    listed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in listed if line.startswith("!")}
    copied = {
        name
        for stage in stages.values()
        for step in steps(stage, "COPY")
        if not step.rest.startswith("--from=")
        for name in step.words[:-1]
    }
    assert "*" in listed
    assert copied == let_through, "nothing is sent to the builder in vain"
    assert all((ROOT / name).exists() for name in copied)


def test_a_wheel_can_be_built_from_what_is_copied(stages):
    copied = {name for stage in stages.values() for step in steps(stage, "COPY") for name in step.words[:-1]}
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = {"pyproject.toml", "edgefer"}
    needed |= set(re.findall(r'^(?:readme = |license-files = \[)"(.+?)"', text, re.MULTILINE))
    needed |= set(re.findall(r'^"(\w+)" = "edgefer/', text, re.MULTILINE))
    assert {"README.md", "LICENSE", "recipes"} <= needed <= copied


def test_extras_and_constraints_exist(stages):
    resolve = importlib.import_module("resolve")
    lines = "\n".join(step.rest for stage in stages.values() for step in steps(stage, "RUN"))
    named = {extra for found in re.findall(r"/src\[([\w,-]+)\]", lines) for extra in found.split(",")}
    assert named == {"train", "tensorrt"}
    assert named <= set(resolve.extras(ROOT / "pyproject.toml"))
    installs = [line for line in lines.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert all("-c /src/constraints.txt" in line for line in installs)


def test_opencv_without_windows_has_the_tested_version(stages):
    (pattern,) = set(re.findall(r"sed -n '(s/.*?/p)'", "".join(s.rest for s in steps(stages["build-cpu"], "RUN"))))
    _, old, new, _ = pattern.split("/")
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    (pin,) = [re.sub(old, new, line) for line in pins if re.match(old, line)]
    assert re.fullmatch(r"opencv-python-headless==[\d.]+", pin)


def test_nothing_that_was_downloaded_stays(stages):
    for stage in stages.values():
        for step in steps(stage, "RUN"):
            assert ("apt-get install" in step.rest) == ("rm -rf /var/lib/apt/lists/*" in step.rest)
            assert step.rest.count("pip install") == step.rest.count("--no-cache-dir")


def test_commands_in_the_comments_exist(cli):
    text = re.sub(r" \\\n#\s+", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    lines = re.findall(r"# +docker run .*?edgefer:(?:cpu|gpu) ([a-z-]+)(.*)", text)
    assert len(lines) == 5
    for command, rest in lines:
        shown = cli(command, "--help")
        assert shown.code == 0, shown.err
        assert all(option in shown.out for option in re.findall(r"--[a-z]+", rest))


def test_what_is_not_understood_is_refused(script, tmp_path):
    path = tmp_path / "Dockerfile"
    for text, why in (
        ("FROM debian", "a stage without a name"),
        ("FROM debian AS a\nADD x y", "line 2: ADD is not expected"),
        ("RUN true", "line 1: RUN"),
        ("FROM debian AS a\nRUN true \\\n", "in the middle of a step"),
    ):
        path.write_text(text)
        with pytest.raises(ValueError, match=why):
            script.read(path)


def test_steps_over_several_lines_are_one(script, tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text('# a\nFROM debian AS a\nRUN one \\\n # note\n && two\nCMD ["x", "y z"]\n')
    first, second = script.read(path)["a"].steps
    assert (first.rest, first.line) == ("one && two", 3)
    assert second.words == ["x", "y z"]


def test_folders_and_files_are_copied_as_docker_does(smoke, tmp_path, monkeypatch):
    context, inside = tmp_path / "context", tmp_path / "inside"
    (context / "pkg/__pycache__").mkdir(parents=True)
    (context / "pkg/a.py").write_text("a")
    (context / "pkg/__pycache__/a.pyc").write_text("a")
    (context / "one.txt").write_text("1")
    monkeypatch.setattr(smoke, "ROOT", context)
    place = smoke.Place(inside)
    smoke.copy(["pkg", "/src/pkg"], place, {})
    smoke.copy(["one.txt", "/src/"], place, {})
    other = smoke.Place(tmp_path / "other")
    smoke.copy(["--from=first", "/src", "/src"], other, {"first": place})
    for folder in (inside, other.folder):
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        assert files == ["src/one.txt", "src/pkg/a.py"]
    assert not fnmatch.filter((str(p) for p in inside.rglob("*")), "*.pyc")


def test_output_names_no_machine_and_goes_between_its_markers(smoke, tmp_path):
    assert smoke.cleaned("Error in cpuinfo: x\nok  system  Debian GNU/Linux 13 (trixie), Linux 6.1.0-x y\n") == (
        "ok  system  Debian GNU/Linux 13 (trixie), Linux (kernel) y"
    )
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- smoke arm64 -->\nold\n<!-- end of smoke arm64 -->\nafter\n")
    smoke.write(page, "<!-- smoke arm64 -->\nnew\n<!-- end of smoke arm64 -->", "arm64")
    assert page.read_text() == "before\n<!-- smoke arm64 -->\nnew\n<!-- end of smoke arm64 -->\nafter\n"
    page.write_text("none")
    with pytest.raises(SystemExit, match="has no markers"):
        smoke.write(page, "new", "arm64")
    assert page.read_text() == "none"


def test_only_stages_that_hold_nothing_of_the_checkout_are_kept(smoke, stages, tmp_path):
    fresh, filled = smoke.Place(tmp_path), smoke.Place(tmp_path, copied=True)
    assert smoke.kept(stages["python"], None)
    assert smoke.kept(stages["source"], fresh)  # its steps come before what it copies
    assert not smoke.kept(stages["source"], filled)
    assert not smoke.kept(stages["build-cpu"], filled)
    assert not smoke.kept(stages["cpu"], fresh)
