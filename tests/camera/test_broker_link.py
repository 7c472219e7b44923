"""The link to an MQTT broker, with a real one that goes down and comes back."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from edgefer.camera import broker_link
from edgefer.camera.broker import parse_broker
from edgefer.camera.broker_link import Link
from edgefer.errors import BackendError
from tests.camera.mosquitto import Listener, Mosquitto, needs_mosquitto
from tests.camera.programs import until


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(broker_link, "BACK_OFF", (0.1, 0.2))


@pytest.fixture
def broker(tmp_path):
    with Mosquitto(tmp_path) as broker:
        yield broker


def link(broker, host="127.0.0.1", user="", scheme="mqtt"):
    return Link(parse_broker(f"{scheme}://{user}{host}:{broker.port}"))


@needs_mosquitto
def test_available_state_and_events(broker, capfd):
    broker.start()
    with Listener(broker.port) as live:
        sender = link(broker)
        live.wait(lambda: "online" in live.of("available"))
        sender.retain("state", {"people": 1})
        sender.send("events", {"event": "new"})
        live.wait(lambda: live.of("events"))
        with Listener(broker.port) as late:
            late.wait(lambda: len(late.retained) == 2)
            assert late.retained == {"available": "online", "state": {"people": 1}}
        sender.close()
        live.wait(lambda: "offline" in live.of("available"))
    assert capfd.readouterr().err.splitlines() == [
        f"mqtt: connected to mqtt://127.0.0.1:{broker.port}/edgefer",
        f"mqtt: 4 messages sent to mqtt://127.0.0.1:{broker.port}/edgefer",
    ]


@contextmanager
def back(broker, sender):
    """Start the broker and listen, before the sender says anything there."""
    with sender._lock:
        broker.start()
        listener = Listener(broker.port)
    with listener:
        yield listener


def gone(broker, sender):
    broker.stop()
    until(lambda: not sender._client.is_connected())


@needs_mosquitto
def test_a_broker_that_comes_late_goes_and_comes_back(broker, capfd):
    sender = link(broker)
    until(lambda: "does not answer (Connection refused); the camera goes on" in sender._told)
    sender.retain("state", {"people": 1})
    sender.retain("state", {"people": 2})
    sender.send("events", {"number": 0})
    with back(broker, sender) as live:
        live.wait(lambda: len(live.heard) == 3)
        assert sorted(map(str, live.heard)) == sorted(
            map(str, [("available", "online"), ("state", {"people": 2}), ("events", {"number": 0})])
        ), "of the states before it came the last one alone"
    gone(broker, sender)
    until(lambda: "does not answer" in sender._told)
    for number in range(1, 31):
        sender.retain("state", {"people": number})
        sender.send("events", {"number": number})
    with back(broker, sender) as live:  # it has forgotten everything
        live.wait(lambda: len(live.of("events")) == 30)
        live.wait(lambda: live.of("state"))
        assert live.of("events") == [{"number": number} for number in range(1, 31)]
        assert live.of("state") == [{"people": 30}]
        assert live.of("available") == ["online"]
    sender.close()
    told = capfd.readouterr().err
    assert [told.count(f"mqtt: {word}") for word in ("connected to", "lost")] == [2, 1]
    assert told.count("does not answer") == 2, "not once an attempt"
    assert told.splitlines()[-1].endswith("/edgefer")
    assert sender.lost == 0


def test_a_queue_that_is_full_loses_and_counts(broker, monkeypatch, capfd):
    monkeypatch.setattr(broker_link, "QUEUE", 5)
    sender = link(broker)
    for number in range(12):
        sender.send("events", {"number": number})
    assert sender.lost == 7
    start = time.monotonic()
    sender.close()
    assert time.monotonic() - start < 5
    last = f"mqtt: 0 messages sent to mqtt://127.0.0.1:{broker.port}/edgefer, 12 lost"
    assert capfd.readouterr().err.splitlines()[-1] == last


@needs_mosquitto
def test_a_broker_that_hangs_makes_nobody_wait(broker, monkeypatch, capfd):
    monkeypatch.setattr(broker_link, "FAREWELL", 0.3)
    monkeypatch.setattr(broker_link, "QUEUE", 100)
    broker.start()
    sender = link(broker)
    until(lambda: sender.sent == 1)
    broker.freeze()
    start = time.monotonic()
    for number in range(2000):
        sender.send("events", {"number": number, "filler": "x" * 1000})
    assert sender.lost == 1900
    sender.close()
    assert time.monotonic() - start < 5
    assert "1 message sent to" in capfd.readouterr().err


def test_a_host_that_is_not_there_makes_nobody_wait(broker, capfd):
    start = time.monotonic()
    sender = link(broker, host="no-such-host.invalid")
    sender.retain("state", {})
    sender.send("events", {})
    assert time.monotonic() - start < 2
    until(lambda: "does not answer" in capfd.readouterr().err)
    sender.close()


DIES = """
import os, signal, sys, time
from edgefer.camera.broker import parse_broker
from edgefer.camera.broker_link import Link
link = Link(parse_broker(sys.argv[1]))
time.sleep(60)
"""


@needs_mosquitto
def test_the_broker_says_offline_for_a_process_that_was_killed(broker):
    broker.start()
    with Listener(broker.port) as live:
        process = subprocess.Popen([sys.executable, "-c", DIES, f"mqtt://127.0.0.1:{broker.port}"])
        live.wait(lambda: live.of("available") == ["online"])
        process.send_signal(signal.SIGKILL)
        process.wait()
        live.wait(lambda: live.of("available") == ["online", "offline"])


@needs_mosquitto
def test_user_and_password(tmp_path, capfd):
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    maker = shutil.which("mosquitto_passwd")
    if maker is None:
        pytest.skip("needs mosquitto_passwd")
    subprocess.run([maker, "-b", passwords, "me", "p#ss"], check=True, capture_output=True)
    settings = ("allow_anonymous false", f"password_file {passwords}")
    with Mosquitto(tmp_path, *settings) as broker:
        broker.start()
        wrong = link(broker, user="me:wrong@")
        right = link(broker, user="me:p%23ss@")
        until(right._client.is_connected)
        until(lambda: "refuses (Not authorized)" in wrong._told)
        time.sleep(0.5)
        wrong.close()
        right.close()
    told = capfd.readouterr().err
    assert told.count("refuses (Not authorized); the camera goes on, edgefer tries again") == 1
    assert "p#ss" not in told
    assert "wrong" not in told


@needs_mosquitto
def test_tls(tmp_path, monkeypatch, capfd):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
            "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    with Mosquitto(tmp_path, "allow_anonymous true", f"certfile {certificate}", f"keyfile {key}") as broker:
        broker.start()
        stranger = link(broker, scheme="mqtts")
        until(lambda: "certificate verify failed" in stranger._told)
        stranger.close()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        sender = link(broker, scheme="mqtts")
        sender.retain("state", {"people": 1})
        until(lambda: sender.sent == 2)
        sender.close()
    assert "connected to mqtts://127.0.0.1" in capfd.readouterr().err


def test_without_paho_the_fix_is_named(monkeypatch, broker):
    monkeypatch.setitem(sys.modules, "paho.mqtt", None)
    with pytest.raises(BackendError, match=r"pip install 'edgefer\[mqtt\]'"):
        link(broker)
