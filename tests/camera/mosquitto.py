"""A real MQTT broker for tests, on a free port, that can go down and come back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
PROGRAM = shutil.which("mosquitto") or next(
    (found for place in PLACES if (found := shutil.which("mosquitto", path=place))), None
)
needs_mosquitto = pytest.mark.skipif(PROGRAM is None, reason="needs the broker mosquitto (apt-get install mosquitto)")


class Mosquitto:
    """Listens on this machine alone, keeps nothing on disk; `settings` are lines of its configuration."""

    def __init__(self, folder: Path, *settings: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        lines = settings or ("allow_anonymous true",)
        self._config = folder / "mosquitto.conf"
        if os.geteuid() == 0:
            lines = ("user root", *lines)  # else it drops its rights, and cannot read the test's folder
        self._config.write_text("\n".join([f"listener {self.port} 127.0.0.1", "persistence false", *lines]) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Mosquitto:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> Mosquitto:
        assert PROGRAM is not None
        command = [PROGRAM, "-c", str(self._config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        with socket.socket() as client:
            while client.connect_ex(("127.0.0.1", self.port)):
                assert time.monotonic() < end, "mosquitto does not answer"
                assert self._process.poll() is None, "mosquitto does not start"
                time.sleep(0.02)
        return self

    def freeze(self) -> None:
        """Let it hang with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class Listener:
    """Hears everything below a prefix; `retained` are the topics that the broker had kept."""

    def __init__(
        self, port: int, prefix: str = "edgefer", user: str | None = None, password: str | None = None
    ) -> None:
        from paho.mqtt import client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        self.heard: list[tuple[str, Any]] = []
        self.retained: dict[str, Any] = {}
        self._listening = False
        self._prefix = prefix
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{prefix}/#", qos=1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.username_pw_set(user, password)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self.wait(lambda: self._listening)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def of(self, name: str) -> list[Any]:
        return [message for topic, message in self.heard if topic == name]

    def wait(self, happened: Any, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end, f"it did not happen; heard {self.heard}"
            time.sleep(0.02)

    def _on_subscribe(self, *_: Any) -> None:
        self._listening = True

    def _on_message(self, _client: Any, _data: Any, message: Any) -> None:
        name = message.topic.removeprefix(f"{self._prefix}/")
        text = message.payload.decode()
        value = json.loads(text) if text.startswith("{") else text
        self.heard.append((name, value))
        if message.retain:
            self.retained[name] = value
