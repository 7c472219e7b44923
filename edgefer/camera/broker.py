"""Where an MQTT broker is, from its address; the password stays inside."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from edgefer.errors import UsageError

PORTS = {"mqtt": 1883, "mqtts": 8883}
PASSWORD = "EDGEFER_MQTT_PASSWORD"  # noqa: S105  the variable, for those who want no password in a list of processes
DEFAULT_PREFIX = "edgefer"
FIX = "write mqtt[s]://user:password@host:1883/prefix, with %23 for # and %2F for / in a password"


@dataclass(frozen=True)
class Broker:
    """A broker and the topics below `prefix`; as text without user and password."""

    host: str
    port: int
    tls: bool
    prefix: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}/{self.prefix}"


def parse_broker(address: str) -> Broker:
    """Read `mqtt[s]://[user[:password]@]host[:port][/prefix]`; a missing password is taken from EDGEFER_MQTT_PASSWORD.

    Raises UsageError, whose text never repeats the address.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError("the address of the MQTT broker cannot be read", FIX) from error
    if parts.scheme not in PORTS:
        raise UsageError("the address of an MQTT broker begins with mqtt:// or mqtts://", FIX)
    if not host or not host.isprintable() or " " in host or len(host) > 253 or port == 0:
        raise UsageError("the address of the MQTT broker names no host", FIX)
    if "?" in address or "#" in address:
        raise UsageError("the address of the MQTT broker holds ? or #", FIX)
    prefix = unquote(parts.path).strip("/") or DEFAULT_PREFIX
    if any(character in prefix for character in "+#\0") or prefix.startswith("$") or len(prefix.encode()) > 1000:
        raise UsageError("the prefix of MQTT topics must not hold + or #, nor begin with $", "name another one")
    user = None if parts.username is None else unquote(parts.username)
    password = os.environ.get(PASSWORD) if parts.password is None else unquote(parts.password)
    return Broker(
        host, port or PORTS[parts.scheme], parts.scheme == "mqtts", prefix, user, password if user is not None else None
    )
