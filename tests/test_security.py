"""What `docs/security.md` says: read out of the source, and tried."""

from __future__ import annotations

import ast
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import edgefer
from edgefer.camera import marks, web_handler, yunet
from edgefer.camera.choices import WEB_HOST
from edgefer.camera.web_access import find_place, grant
from tests import mjpeg_server
from tests.camera import sessions
from tests.conftest import ROOT
from tests.films import film, picture

PACKAGE = Path(edgefer.__file__).parent
PAGE = ROOT / "docs" / "security.md"
SECRET = "OPEN-SESAME"

# Modules that make objects, or run programs, out of bytes; and network clients other than the one that is watched here.
FORBIDDEN = {
    "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml", "code", "codeop", "pty",
    "ftplib", "telnetlib", "smtplib", "xmlrpc", "requests", "httpx", "aiohttp", "urllib3", "paramiko", "xml", "lxml",
}  # fmt: skip
# Who may import what, and why.
ONLY = {
    "urllib.request": {"camera/yunet.py"},  # the download
    "http.client": {"camera/yunet.py"},
    "http.server": {"camera/web_server.py", "camera/web_handler.py"},  # the page
    "socket": {"camera/web_server.py", "camera/web_access.py", "camera/window.py"},  # window: is a display there?
    "paho.mqtt": {"camera/broker_link.py"},
}
# Who imports other than its own package by a name that is no constant: TensorRT's flavours, a probe's own libraries, what
# a recipe or the line of a benchmark names with `module:function`, and the rooms that make up the Python API.
BY_NAME = {
    "trt/flavour.py", "benchmark/subject.py", "benchmark/opening.py", "models/adapters_torchvision.py", "front.py",
}  # fmt: skip
# onnx.load with external weights, of files that were looked at before (`edgefer.runtime.external`) or just written.
EXTERNAL = {"quantize/graph.py", "bundle/deepstream.py"}
CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp", "os.execve", "os.spawnv",
    "tempfile.mktemp", "subprocess.getoutput", "subprocess.getstatusoutput", "ssl._create_unverified_context",
}  # fmt: skip


def name_of(node: ast.AST) -> str:
    """`a.b.c` of a call's function; empty for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := name_of(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def constant(call: ast.Call, keyword: str) -> object:
    """The constant that a call passes for a keyword; None where it passes none, `...` for what is no constant."""
    for given in call.keywords:
        if given.arg == keyword:
            return given.value.value if isinstance(given.value, ast.Constant) else ...
    return None


def own_name(node: ast.AST) -> bool:
    """Whether a module's name is written there, or begins with edgefer's."""
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    return isinstance(node, ast.Constant) or (
        isinstance(first, ast.Constant) and str(first.value).startswith("edgefer.")
    )


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def faults(place: str, source: str) -> Iterator[str]:
    """What a module does that edgefer does not."""
    for node in ast.walk(ast.parse(source)):
        where = f"{place}:{getattr(node, 'lineno', 0)}"
        for module in imported(node):
            if module.split(".")[0] in FORBIDDEN:
                yield f"{where} imports {module}"
            for guarded, allowed in ONLY.items():
                if (module == guarded or module.startswith(f"{guarded}.")) and place not in allowed:
                    yield f"{where} imports {module}"
        if isinstance(node, ast.Call):
            yield from (f"{where} {fault}" for fault in faults_of_call(place, node))


def faults_of_call(place: str, call: ast.Call) -> Iterator[str]:
    name = name_of(call.func)
    if name in CALLS:
        yield f"calls {name}"
    if constant(call, "shell") not in (None, False):
        yield f"gives {name} a shell"
    if name == "torch.load" and constant(call, "weights_only") is not True:
        yield "unpickles with torch.load"
    if name == "torch.jit.load" and place != "models/adapters.py":
        yield "loads TorchScript"
    if name in ("np.load", "numpy.load") and constant(call, "allow_pickle") not in (None, False):
        yield "unpickles with np.load"
    if name == "onnx.load" and constant(call, "load_external_data") is not False and place not in EXTERNAL:
        yield "follows weights outside an ONNX file"
    if name.endswith((".extractall", ".extract")):
        yield f"unpacks with {name}"
    if name.endswith("import_module") and not own_name(call.args[0]) and place not in BY_NAME:
        yield "imports a module by name"
    if name.endswith("tls_insecure_set") or constant(call, "verify") is False:
        yield "trusts any certificate"


def test_no_module_does_what_edgefer_does_not_do():
    files = sorted(PACKAGE.rglob("*.py"))
    assert len(files) > 300
    found = [
        fault
        for path in files
        for fault in faults(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle", "from yaml import load", "import urllib.request", "from urllib import request", "eval('1')",
        "import os; os.system('ls')", "subprocess.run('ls', shell=True)", "subprocess.run('ls', shell=flag)",
        "torch.load(path)", "torch.load(path, weights_only=False)", "torch.jit.load(path)", "import xml.etree",
        "np.load(path, allow_pickle=True)", "onnx.load(path)", "archive.extractall(folder)", "import socket",
        "importlib.import_module(name)", "client.tls_insecure_set(True)", "tempfile.mktemp()", "__import__('os')",
    ],
)  # fmt: skip
def test_the_look_into_the_source_sees(line: str):
    assert list(faults("new.py", line))


def test_every_exception_is_needed():
    """A module that no longer does what it was allowed loses the leave."""

    def without(place: str) -> list[str]:
        return [*faults("other.py", (PACKAGE / place).read_text(encoding="utf-8"))]

    for allowed in (*ONLY.values(), BY_NAME, EXTERNAL):
        for place in allowed:
            assert without(place), f"{place} needs no leave"


def test_the_one_download_is_https_and_pinned():
    assert yunet.URL.startswith("https://")
    assert re.fullmatch(r"[0-9a-f]{64}", yunet.SHA256)
    source = (PACKAGE / "camera/yunet.py").read_text(encoding="utf-8")
    assert source.count("urlopen(") == 1


def test_the_page_is_for_this_machine_and_for_no_other_site():
    place = find_place(WEB_HOST)
    assert place.loopback
    access = grant(place, 8080)
    assert not access.serves("evil.example:8080"), "DNS rebinding"
    assert not access.serves("evil.example")
    headers = {name.lower(): value for name, value in web_handler.HEADERS.items()}
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def everything(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode("latin1") for path in sorted(folder.rglob("*")) if path.is_file())


def test_no_password_is_told_or_written(cli, model, tmp_path):
    pytest.importorskip("paho.mqtt")
    process, port = mjpeg_server.start(picture(tmp_path / "x.jpg"), frames=15)
    words = (
        "run", "--headless", "--engine", model, "--detector", "none", "--reconnect", "0",
        "--source", f"http://me:{SECRET}@127.0.0.1:{port}/x?password={SECRET}",
        "--mqtt", f"mqtt://me:{SECRET}@127.0.0.1:9/p", "--jsonl", "lines.jsonl", "--csv", "faces.csv",
        "--session", "one", "--record", "film.avi",
    )  # fmt: skip
    try:
        told = cli(*words)
    finally:
        mjpeg_server.kill(process)
    assert "faces by no detector" in told.err
    assert SECRET not in told.out + told.err
    assert Path("lines.jsonl").read_text()
    assert Path("sessions/one/session.jsonl").read_text()
    assert SECRET not in everything(Path())
    refused = cli(*words)
    assert refused.code
    assert SECRET not in refused.out + refused.err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_what_a_camera_saw_is_its_owners(cli, model, tmp_path):
    before = os.umask(0)
    try:
        outputs = ("--jsonl", "lines.jsonl", "--csv", "faces.csv", "--session", "one", "--record", "film.avi")
        clip = film(tmp_path / "clip.avi", [20] * 5)
        done = cli("run", "--headless", "--source", clip, "--engine", model, "--detector", "none", *outputs)
        assert done.code == 0, done.err
        marks.send(Path("sessions/one"), "x")
    finally:
        os.umask(before)
    files = [path for path in Path().rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"lines.jsonl", "faces.csv", "session.jsonl", "marks.jsonl", "film.avi"}
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in files} == dict.fromkeys(
        (path.name for path in files), "0o600"
    )


def test_a_damaged_session_leaks_no_file_of_the_machine(cli, tmp_path):
    """A session is read, never followed: what it names is text."""
    header = sessions.header(source="/etc/passwd", name="../../../etc/passwd")
    sessions.write(tmp_path / "s", header, sessions.sample(0.0, sessions.person(1)), sessions.end(1.0))
    shown = cli("report", tmp_path / "s", "--json")
    assert "root:" not in shown.out + shown.err


COMMITTED = ("docs", "recipes", "calibration", "engines", "benchmarks", "edgefer")
MACHINE = re.compile(r"(?<![\w.])/(?:root|work|Users|mnt|private|data\d*|home/(?!edgefer\b)\w+|tmp/\w)")


def test_no_record_in_the_repository_names_a_place_of_a_machine():
    files = [
        path
        for folder in COMMITTED
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".json", ".jsonl", ".csv", ".toml", ".log"} and path.is_file()
    ]
    assert len(files) > 20
    named = {
        str(path.relative_to(ROOT)): found[0] for path in files if (found := MACHINE.search(path.read_text("utf-8")))
    }
    assert named == {}
    cards = list((PACKAGE / "students").rglob("*.safetensors"))
    assert cards
    for path in cards:
        with path.open("rb") as handle:
            header = handle.read(int.from_bytes(handle.read(8), "little")).decode()
        assert not MACHINE.search(json.loads(header)["__metadata__"]["edgefer.card"]), path


def test_every_test_that_the_page_names_is_there():
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", text))
    assert len(named) > 8
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
    assert "tests/test_security.py" in named
