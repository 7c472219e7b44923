"""Addresses of sources: the options after `?`, and what must not be shown of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from math import isfinite
from urllib.parse import parse_qsl, urlsplit

from edgefer.camera.asked import Asked, Codec, parse_size
from edgefer.errors import UsageError

# Cameras take passwords before the host, in the query, and in the path (`/user=admin&password=...`).
# A password may hold colons and, against the rules, slashes; a number before a slash is a port.
_USER = re.compile(r"(^|[/\s'\"(])([^\s/:?#@'\"]*):(?!/)(?:[^/?#\s]*|(?!\d+(?:[/?#]|$))\S*?)@")
_VALUE = re.compile(r"(?i)((?:pass(?:word|wd)?|pwd|pw|psw|token|secret|auth|sig(?:nature)?|\w*key)=)[^&/?#;\s]+")
_LONGEST = 4096
ASKED = ("size", "fps", "codec")


def hidden(text: str) -> str:
    """An address, or a message with addresses in it, with every password and token replaced by `***`.

    Of a text too long for an address, in which passwords would take minutes to find, the length alone is shown.
    """
    if len(text) > _LONGEST:
        return f"(a text of {len(text)} characters)"
    return _VALUE.sub(r"\1***", _USER.sub(r"\1\2:***@", text))


def options(uri: str, known: Collection[str]) -> dict[str, str]:
    """The options of an address such as `demo://?faces=2&fps=30`.

    Raises UsageError for one that is unknown, stands twice or has no value.
    """
    found: dict[str, str] = {}
    scheme, _, rest = uri.partition("://")
    for key, value in parse_qsl(urlsplit(f"{scheme}://{rest}").query, keep_blank_values=True):
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}=?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"{scheme}:// has no option '{key}'", hint)
        if key in found or not value:
            raise UsageError(f"option '{key}' of {scheme}:// {'stands twice' if value else 'has no value'}", "give one")
        found[key] = value
    return found


def asked(found: dict[str, str]) -> Asked:
    """What the options `size`, `fps` and `codec` ask for."""
    return Asked(
        parse_size(found["size"]) if "size" in found else None,
        number(found, "fps", 30.0, 0.01, 1000.0) if "fps" in found else None,
        codec(found["codec"]) if "codec" in found else None,
    )


def codec(name: str) -> Codec:
    """The codec of this name. Raises UsageError for an unknown one."""
    known = [kind.value for kind in Codec]
    if name.lower() in known:
        return Codec(name.lower())
    near = difflib.get_close_matches(name.lower(), known, n=1)
    raise UsageError(f"unknown codec '{name}'", f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}")


def number(found: dict[str, str], key: str, default: float, low: float, high: float) -> float:
    """Option `key` as a number from `low` to `high`. Raises UsageError for anything else."""
    if key not in found:
        return default
    try:
        value = float(found[key])
    except ValueError:
        value = float("nan")
    if not isfinite(value) or not low <= value <= high:
        raise UsageError(f"{key}={found[key]} is no number from {low:g} to {high:g}", f"for example {key}={default:g}")
    return value


def whole(found: dict[str, str], key: str, default: int, low: int, high: int) -> int:
    """Option `key` as a whole number from `low` to `high`. Raises UsageError for anything else."""
    value = number(found, key, default, low, high)
    if value != int(value):
        raise UsageError(f"{key}={found[key]} is no whole number", f"for example {key}={default}")
    return int(value)
