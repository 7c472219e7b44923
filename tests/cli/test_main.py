"""The command line as a whole: light to start, one line for an error, the right exit code."""

import json
import subprocess
import sys

import pytest
from typer.models import CommandInfo

from edgefer.cli.main import app

HEAVY = {"torch", "cv2", "onnx", "onnxruntime", "tensorrt", "tensorrt_rtx", "tensorrt_lean", "numpy", "matplotlib"}


def name_of(info: CommandInfo) -> str:
    return info.name or str(getattr(info.callback, "__name__", "")).replace("_", "-")


def command_names() -> list[tuple[str, ...]]:
    """Every command and subcommand."""
    names: list[tuple[str, ...]] = [(), *((name_of(info),) for info in app.registered_commands)]
    for group in app.registered_groups:
        inner = group.typer_instance.registered_commands if group.typer_instance else []
        names += [(str(group.name),), *((str(group.name), name_of(info)) for info in inner)]
    return names


def test_help_of_every_command_imports_nothing_heavy():
    # One process for all: what any command's help imports stays imported.
    script = f"""
import json, sys
from edgefer.cli.main import main
shown = {{}}
for words in {command_names()!r}:
    try:
        main([*words, "--help"])
    except SystemExit as stop:
        shown[" ".join(words)] = stop.code
print("RESULT" + json.dumps([shown, sorted({HEAVY!r} & set(sys.modules))]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    shown, heavy = json.loads(done.stdout.rsplit("RESULT", 1)[1])
    assert heavy == []
    assert set(shown.values()) == {0}
    assert {"quickstart", "distill", "build-engine", "run", "data prepare"} <= set(shown)


def test_the_package_itself_imports_nothing_heavy():
    script = f"import edgefer, sys; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version(cli):
    import edgefer

    assert cli("--version").out.strip() == f"edgefer {edgefer.__version__}"


@pytest.mark.parametrize(("word", "meant"), [("distil", "distill"), ("benchmrk", "benchmark")])
def test_an_unknown_command_is_wrong_usage_with_a_suggestion(cli, word: str, meant: str):
    outcome = cli(word)
    assert outcome.code == 2
    assert meant in outcome.err


def test_python_dash_m_is_the_same_command():
    done = subprocess.run([sys.executable, "-m", "edgefer", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("edgefer ")
