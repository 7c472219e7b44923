"""Runs edgefer's command line many times: everything heavy is imported once, and each command is a fork of that process.

Reads one JSON object a line and answers each with one: `{"commands": [...], "timeout": seconds}` to
`{"results": [...]}`; the commands of one request run at the same time. A command is argv, cwd, env, files for stdout
and stderr, what stdin and stdout are, and the largest file that it may write. It runs as a user without root's right to
pass over file modes, in a process group of its own, which is killed when it ends.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

# Address space beyond what the imports took: a command that asks for more gets a MemoryError, not the whole machine.
MORE = 4 << 30
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2
_CAPBSET_DROP = 24
_CAPABILITY_VERSION = 0x20080522
_HEAVY = (
    "numpy",
    "onnx",
    "onnxruntime",
    "cv2",
    "torch",
    "safetensors.torch",
    "matplotlib.pyplot",
    "onnxconverter_common",
)


def main() -> None:
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    for name in _HEAVY:
        importlib.import_module(name)
    import edgefer

    for module in pkgutil.walk_packages(edgefer.__path__, "edgefer."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    answers = os.dup(1)
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        started = [_start(command) for command in request["commands"]]
        results = _wait(started, time.monotonic() + request["timeout"])
        os.write(answers, json.dumps({"results": results}).encode() + b"\n")


def _start(command: dict) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        _become(command)
        code = _run(command["argv"])
    finally:
        os._exit(code)


def _become(command: dict) -> None:
    """Turn this fork into what a shell would have started."""
    os.setsid()
    _without_root()
    os.chdir(command["cwd"])
    os.environ.clear()
    os.environ.update(command["env"])
    stdin = os.open(command.get("stdin") or os.devnull, os.O_RDONLY)
    out = _stdout(command)
    err = os.open(command["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for place, descriptor in enumerate((stdin, out, err)):
        os.dup2(descriptor, place)
    os.closerange(3, 256)
    for place, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if name in command.get("closed", ()):
            os.close(place)
            setattr(sys, name, None)
        else:
            errors = "backslashreplace" if name == "stderr" else "strict"
            setattr(sys, name, open(place, mode, encoding="utf-8", errors=errors, closefd=False))  # noqa: SIM115
    limit = _size() + MORE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    if command.get("largest"):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (command["largest"],) * 2)


def _stdout(command: dict) -> int:
    if command.get("stdout") == "pipe":
        reading, writing = os.pipe()
        os.close(reading)
        return writing
    return os.open(command["out"], os.O_WRONLY | (0 if command.get("stdout") else os.O_CREAT | os.O_TRUNC))


def _run(argv: list[str]) -> int:
    """The command, and its exit code by the rules of the interpreter."""
    sys.argv = ["edgefer", *argv]
    from edgefer.cli.main import main as edgefer_main

    code: object = 0
    try:
        edgefer_main(argv)
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  what the interpreter would print
        traceback.print_exc()
        code = 1
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        print("Exception ignored in: <stdout>; Traceback: it could not be flushed", file=sys.stderr)
        code = 120
    if sys.stderr is not None:
        sys.stderr.flush()
    return int(code or 0)


def _wait(started: list[int], until: float) -> list[dict]:
    results: dict[int, dict] = {}
    while len(results) < len(started):
        for pid in started:
            if pid in results:
                continue
            late = time.monotonic() > until
            if late:
                _kill(pid)
            done, status, used = os.wait4(pid, 0 if late else os.WNOHANG)
            if done:
                _kill(pid)
                code = os.waitstatus_to_exitcode(status)
                results[pid] = {"code": code, "late": late, "megabytes": used.ru_maxrss // 1024}
        time.sleep(0.002)
    return [results[pid] for pid in started]


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _without_root() -> None:
    """Root may read and write whatever the modes say; the users of edgefer may not."""
    if os.geteuid() or sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
        libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets):
        return
    kept = ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH) & 0xFFFFFFFF
    for place in range(3):
        sets[place] &= kept
    libc.capset(header, sets)


def _size() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
