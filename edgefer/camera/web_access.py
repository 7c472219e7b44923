"""Who may see the page: the address it is served at, the names it may be called by, and the secret in its path."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from dataclasses import dataclass

from edgefer.camera.choices import WEB_HOST
from edgefer.errors import UsageError

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\[\]:/?#@\s]+)(?::\d{1,5})?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where to listen. host: as it was asked for. address: the IP address it stands for."""

    host: str
    family: socket.AddressFamily
    address: str

    @property
    def loopback(self) -> bool:
        """Whether only programs on this machine can connect."""
        return ipaddress.ip_address(self.address).is_loopback


@dataclass(frozen=True)
class Access:
    """How a page that listens at a place is reached, and by whom. token: empty where only this machine can connect."""

    place: Place
    port: int
    token: str

    @property
    def root(self) -> str:
        """The path under which everything is."""
        return f"/{self.token}/" if self.token else "/"

    @property
    def url(self) -> str:
        """What to type into a browser; for a page on all addresses the one by which others reach this machine."""
        address = self.place.address
        if ipaddress.ip_address(address).is_unspecified:
            address = _outward(self.place.family)
        return f"http://{f'[{address}]' if ':' in address else address}:{self.port}{self.root}"

    @property
    def warning(self) -> str:
        """Who can see the page, where that is not this machine alone; else empty."""
        if self.place.loopback:
            return ""
        everywhere = ipaddress.ip_address(self.place.address).is_unspecified
        return (
            f"warning: everybody who has this link and can reach {'this machine' if everywhere else self.place.host} sees the people before the camera; "
            "the connection is not encrypted"
        )

    def serves(self, host: str) -> bool:
        """Whether a Host header names this page.

        A page of another site whose name was made to point here (DNS rebinding) sends that name; it cannot send an
        address, and has no token.
        """
        found = _HOST.fullmatch(host.strip())
        if found is None:
            return False
        name = found["name"].strip("[]").lower().rstrip(".")
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return name in self._names()
        return address.is_loopback or not self.place.loopback

    def inside(self, path: str) -> str | None:
        """What a path names under the root; None where it has not the token."""
        if not self.token:
            return path[1:]
        token, stroke, name = path[1:].partition("/")
        return name if stroke and hmac.compare_digest(token.encode(), self.token.encode()) else None

    def _names(self) -> set[str]:
        names = {"localhost"}
        if not self.place.loopback:
            own = socket.gethostname().lower()
            names |= {own, f"{own}.local", self.place.host.lower().rstrip(".")}
        return names


def find_place(host: str) -> Place:
    """The place that an address or a name of this machine stands for. Raises UsageError where there is none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE) if host else []
    except (OSError, UnicodeError):
        found = []
    for family, _, _, _, address in found:
        if family in (socket.AF_INET, socket.AF_INET6):
            return Place(host, family, str(address[0]).partition("%")[0])
    raise UsageError(f"no address is known for --web-host '{host}'", f"use {WEB_HOST}, 0.0.0.0 or this machine's name")


def grant(place: Place, port: int) -> Access:
    """Access to a page that listens at a place; a new token for every run that others can reach."""
    return Access(place, port, "" if place.loopback else secrets.token_urlsafe(16))


def _outward(family: socket.AddressFamily) -> str:
    """The address of this machine on its way out; no packet is sent to find it."""
    outside = "192.0.2.1" if family == socket.AF_INET else "2001:db8::1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((outside, 9))
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
