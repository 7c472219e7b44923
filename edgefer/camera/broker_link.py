"""A connection to an MQTT broker that is made in the background and comes back by itself."""

from __future__ import annotations

import contextlib
import json
import secrets
import sys
import threading
from collections.abc import Mapping
from typing import Any

from edgefer.camera.broker import Broker
from edgefer.camera.reading import counted
from edgefer.console import say
from edgefer.errors import BackendError

QUEUE = 1000  # messages kept while the broker does not answer; later ones are lost, and counted
BACK_OFF = (1, 30)  # seconds between attempts: the first, and the longest
CONNECT = 5.0  # seconds that one attempt may take
FAREWELL = 3.0  # seconds for the last messages


class Link:
    """Sends messages, at least once each (QoS 1), and never makes its caller wait.

    `<prefix>/available` is `online` while the link stands, else `offline`: the broker itself says so when the process is
    killed. sent: messages that the broker has confirmed. lost: messages that found the queue full.

    Raises BackendError where paho-mqtt is not installed.
    """

    def __init__(self, broker: Broker) -> None:
        try:
            from paho.mqtt import client as mqtt
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise BackendError("--mqtt needs paho-mqtt 2", "pip install 'edgefer[mqtt]'") from error
        self.broker = broker
        self.sent = self.lost = 0
        self._given = 0
        self._told = ""
        self._closing = self._stands = False
        self._retained: dict[str, str] = {}
        self._lock = threading.Lock()  # so that an older state never follows a newer one
        client = mqtt.Client(CallbackAPIVersion.VERSION2, f"edgefer-{secrets.token_hex(6)}")
        client.max_queued_messages_set(0)  # `_publish` keeps the limit, so that `offline` fits always
        client.reconnect_delay_set(*BACK_OFF)
        client.connect_timeout = CONNECT
        client.will_set(self._topic("available"), "offline", qos=1, retain=True)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client: Any = client
        client.connect_async(broker.host, broker.port, keepalive=20)
        client.loop_start()

    def send(self, name: str, message: Mapping[str, Any]) -> None:
        """Queue a message for `<prefix>/name`."""
        self._publish(name, json.dumps(message, separators=(",", ":")), retain=False)

    def retain(self, name: str, message: Mapping[str, Any]) -> None:
        """Set what the broker keeps at `<prefix>/name`; after an outage it gets the latest only."""
        text = json.dumps(message, separators=(",", ":"))
        with self._lock:
            self._retained[name] = text
            if self._client.is_connected():
                self._publish(name, text, retain=True)

    def close(self) -> None:
        """Send what is queued, say `offline` and leave; waits three seconds at most."""
        self._closing = True
        if not self._client.is_connected():
            self._client.disconnect()  # ends the attempts; the thread may sit in one, and is not waited for
        elif self._bid_farewell():
            self._client.disconnect()
            self._client.loop_stop()
        # Else the process ends without a word to the broker, which then says `offline` itself.
        unsent = self._given - self.sent
        lost = f", {self.lost + unsent} lost" if self.lost + unsent else ""
        say(f"mqtt: {counted(self.sent, 'message')} sent to {self.broker}{lost}")

    def _bid_farewell(self) -> bool:
        with self._lock, contextlib.suppress(ValueError, RuntimeError):
            self._given += 1
            last = self._client.publish(self._topic("available"), "offline", qos=1, retain=True)
            last.wait_for_publish(FAREWELL)
            return bool(last.is_published())
        return False

    def _publish(self, name: str, text: str, retain: bool) -> None:
        if self._given - self.sent >= QUEUE:
            self.lost += 1
        else:
            self._given += 1
            self._client.publish(self._topic(name), text, qos=1, retain=retain)

    def _topic(self, name: str) -> str:
        return f"{self.broker.prefix}/{name}"

    def _on_connect(self, client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if self._closing:
            client.disconnect()
        elif reason.is_failure:
            self._tell(f"{self.broker} refuses ({reason}); the camera goes on, edgefer tries again")
        else:
            self._stands = True
            self._tell(f"connected to {self.broker}")
            with self._lock:
                self._publish("available", "online", retain=True)
                for name, text in self._retained.items():
                    self._publish(name, text, retain=True)

    def _on_connect_fail(self, _client: Any, _data: Any) -> None:
        why = sys.exc_info()[1]  # paho calls this while it handles the error
        reason = f" ({getattr(why, 'strerror', None) or why})" if why else ""
        self._tell(f"{self.broker} does not answer{reason}; the camera goes on, edgefer tries again")

    def _on_disconnect(self, _client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if self._stands:  # else it was refused, which was told
            self._stands = False
            self._tell(f"lost {self.broker} ({reason}); the camera goes on, edgefer tries again")

    def _on_publish(self, *_: Any) -> None:
        self.sent += 1

    def _tell(self, message: str) -> None:
        """Each change once, however often an attempt fails."""
        if message != self._told and not self._closing:
            self._told = message
            say(f"mqtt: {message}")
