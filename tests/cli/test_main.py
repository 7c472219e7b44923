"""The command line as a whole: light to start, one line for an error, the right exit code."""

import json
import subprocess
import sys

import pytest
from typer.main import get_command

from edgefer.cli import main

HEAVY = {"torch", "cv2", "onnx", "onnxruntime", "tensorrt", "tensorrt_rtx", "tensorrt_lean", "numpy", "matplotlib"}


def command_names() -> list[tuple[str, ...]]:
    """Every command and subcommand."""
    app = get_command(main.app)
    names: list[tuple[str, ...]] = [()]
    for name in main.COMMANDS:
        names.append((name,))
        names += [(name, inner) for inner in getattr(app.get_command(None, name), "commands", {})]
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


def test_a_command_is_imported_without_the_others():
    script = """
import sys
from edgefer.cli.main import COMMANDS, main
try:
    main(["run", "--help"])
except SystemExit:
    words = (name.replace("-", "_") for name in COMMANDS)
    print("RESULT", [word for word in words if f"edgefer.cli.{word}" in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.rsplit("RESULT", 1)[1].strip() == "['run']"


def test_help_lists_every_command_with_its_first_line(cli):
    lines = cli("--help").out.splitlines()
    listed = lines[lines.index("Commands:") + 1 :]
    assert [line.split()[0] for line in listed] == list(main.COMMANDS)
    assert all(len(line.split()) > 3 for line in listed)


def test_options_keep_their_headings_where_a_command_has_arguments(cli):
    out = cli("export", "--help").out
    assert out.index("Arguments:") < out.index("A checkpoint or") < out.index("Options:") < out.index("--out")


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
