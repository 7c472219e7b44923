from __future__ import annotations

import pytest

from edgefer.camera.broker import PASSWORD, Broker, parse_broker
from edgefer.errors import UsageError


@pytest.mark.parametrize(
    ("address", "broker"),
    [
        ("mqtt://host", Broker("host", 1883, False, "edgefer")),
        ("mqtts://host", Broker("host", 8883, True, "edgefer")),
        ("mqtt://10.0.0.7:1884/lab/left/", Broker("10.0.0.7", 1884, False, "lab/left")),
        ("mqtt://[::1]:1883/a%20b", Broker("::1", 1883, False, "a b")),
        ("mqtt://me:p%23a%2Fs@host/x", Broker("host", 1883, False, "x", "me", "p#a/s")),
        ("mqtt://me@host", Broker("host", 1883, False, "edgefer", "me", None)),
    ],
)
def test_addresses(address, broker):
    assert parse_broker(address) == broker


def test_a_password_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv(PASSWORD, "secret")
    assert parse_broker("mqtt://me@host").password == "secret"
    assert parse_broker("mqtt://me:other@host").password == "other"
    assert parse_broker("mqtt://host").password is None


@pytest.mark.parametrize(
    "address",
    [
        "http://me:secret@host", "host", "", "mqtt://", "mqtt://me:secret@", "mqtt://me:secret@host:port",
        "mqtt://me:secret@host:99999", "mqtt://me:sec#ret@host", "mqtt://me:secret?@host", "mqtt://me:secret@host/a/#",
        "mqtt://me:secret@host/+/a", "mqtt://me:secret@host/$SYS", "mqtt://me:secret@[::1", "mqtt://me:secret@ho st",
        "mqtt://me:secret@host:0", "mqtt://me:secret@" + "h" * 300,
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_without_repeating_it(address):
    with pytest.raises(UsageError) as caught:
        parse_broker(address)
    assert "sec" not in str(caught.value).replace("mqtt[s]://user:password@host:1883/prefix", "")
    assert "me:" not in str(caught.value)


def test_a_broker_as_text_keeps_its_password():
    broker = parse_broker("mqtts://me:secret@host/x")
    assert str(broker) == "mqtts://host:8883/x"
    assert "secret" not in repr(broker)
    assert str(parse_broker("mqtt://[::1]")) == "mqtt://[::1]:1883/edgefer"
