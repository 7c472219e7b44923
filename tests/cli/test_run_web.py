"""`edgefer run --web`, as a process of its own where signals and ports matter."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import one_line
from tests.films import film


@contextmanager
def running(model, *arguments):
    """A run of the demo camera, and where its page is."""
    command = [
        sys.executable, "-m", "edgefer", "run", "--source", "demo://?size=64x64&fps=20", "--engine", str(model),
        "--detector", "none", "--headless", "--web", "0", *arguments,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, next(line for line in process.stderr if line.startswith("live view: ")).split()[-1]
        finally:
            process.kill()


def port_of(url):
    return int(re.search(r":(\d+)/", url)[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_viewers_and_frees_the_port(model, number):
    with running(model, "--jsonl", "out.jsonl") as (process, url):
        viewer = urllib.request.urlopen(f"{url}events", timeout=20)
        assert viewer.readline() == b"retry: 2000\n"
        held = [socket.create_connection(("127.0.0.1", port_of(url))) for _ in range(3)]
        assert urllib.request.urlopen(f"{url}picture.jpg", timeout=20).read().startswith(b"\xff\xd8")
        process.send_signal(number)
        assert viewer.read().endswith(b"event: end\ndata: \n\n")
        said = process.stderr.read()
        assert process.wait(20) == 0
        assert "Traceback" not in said
        assert said.splitlines()[-1].endswith("frames written: 0; files made: out.jsonl")
        lines = Path("out.jsonl").read_text().splitlines()
        assert [json.loads(line)["frame"] for line in lines] == list(range(len(lines)))
        with socket.create_server(("127.0.0.1", port_of(url))):
            pass
        for client in held:
            client.close()


def test_two_runs_on_one_port(cli, model, tmp_path):
    Path("kept.jsonl").write_text("kept\n")
    with running(model) as (_, url):
        port = port_of(url)
        result = cli(
            "run", "--source", "demo://?size=64x64", "--engine", model, "--detector", "none", "--headless", "--web", port,
            "--jsonl", "kept.jsonl",
        )  # fmt: skip
        assert result.code == 1
        assert one_line(result) == (
            f"error: port {port} of 127.0.0.1 is taken by another program. end that one, or use another: "
            f"--web {port + 1}; --web 0 takes any free one"
        )
        assert Path("kept.jsonl").read_text() == "kept\n"
        assert urllib.request.urlopen(url, timeout=20).status == 200, "the first goes on"


def test_others_see_a_warning_and_need_the_link(model):
    with running(model, "--web-host", "0.0.0.0") as (_, url):
        connection = http.client.HTTPConnection("127.0.0.1", port_of(url), timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().status == 403
        token = url.rstrip("/").rsplit("/", 1)[1]
        assert urllib.request.urlopen(f"http://127.0.0.1:{port_of(url)}/{token}/", timeout=20).status == 200
        connection.close()


def test_what_goes_to_the_page_is_said_before_it_is_open(cli, model, tmp_path):
    clip = film(tmp_path / "clip.avi", [20] * 5)
    arguments = ("run", "--source", clip, "--engine", model, "--detector", "none", "--headless", "--web", 0)
    lines = cli(*arguments, "--web-host", "0.0.0.0").err.splitlines()
    said = [
        next(n for n, line in enumerate(lines) if part in line) for part in ("the page (pictures", "warning", "live")
    ]
    assert said == sorted(said)
    alone = cli(*arguments, "--aggregate-only").err
    assert "of nobody in particular, go to the page" in alone
    assert "pictures too" not in alone


def test_the_page_of_a_run_that_records_says_so(model):
    with running(model, "--record", "out.avi") as (_, url):
        assert b"pictures are recorded" in urllib.request.urlopen(url, timeout=20).read()


def test_a_run_of_counts_alone_has_no_picture(model):
    with running(model, "--aggregate-only", "--interval", "1") as (_, url):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{url}picture.jpg", timeout=20)
        viewer = urllib.request.urlopen(f"{url}events", timeout=20)
        found = next(line for line in viewer if line.startswith(b'data: {"'))
        assert set(json.loads(found[6:])) == {
            "schema", "start", "seconds", "frames", "faces", "most", "uncertain", "emotions", "marks",
        }  # fmt: skip
        viewer.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--web-host", "0.0.0.0"], "--web-host needs --web"),
        (["--web", "0", "--web-host", "no such host"], "no address is known for --web-host"),
        (["--web", "0", "--web-host", "198.51.100.7"], "is not an address of this machine"),
    ],
)
def test_wrong_usage(cli, model, arguments, message):
    result = cli(
        "run", "--source", "demo://?seconds=1", "--engine", model, "--detector", "none", "--headless", *arguments
    )
    assert result.code == 2
    assert message in one_line(result)


def test_a_port_that_is_none(cli):
    assert cli("run", "--web", "70000").code == 2
