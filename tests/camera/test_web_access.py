from __future__ import annotations

import socket

import pytest

from edgefer.camera.web_access import Access, find_place, grant
from edgefer.errors import UsageError


@pytest.fixture
def here():
    return grant(find_place("127.0.0.1"), 8080)


@pytest.fixture
def everywhere():
    return grant(find_place("0.0.0.0"), 8080)


def test_this_machine_needs_no_token_and_no_warning(here):
    assert (here.url, here.warning) == ("http://127.0.0.1:8080/", "")
    assert here.inside("/page.css") == "page.css"


def test_others_need_the_link(everywhere):
    assert len(everywhere.token) >= 20
    assert everywhere.url.endswith(f":8080/{everywhere.token}/")
    assert "0.0.0.0" not in everywhere.url
    assert "everybody who has this link and can reach this machine sees" in everywhere.warning
    assert everywhere.inside(f"/{everywhere.token}/page.css") == "page.css"
    for path in ("/page.css", "/", f"/{everywhere.token}x/page.css", "//page.css", "/é/page.css"):
        assert everywhere.inside(path) is None
    assert grant(everywhere.place, 8080).token != everywhere.token


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:9", "LOCALHOST.:80", "[::1]:8080", "127.1.2.3"]
)
def test_names_of_this_machine(here, everywhere, host):
    assert here.serves(host)
    assert everywhere.serves(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "", "a b", "x@localhost",
     "localhost:", "localhost:80:80", "[::1", "192.168.1.5"],
)  # fmt: skip
def test_other_names(here, host):
    assert not here.serves(host)


def test_a_page_for_others_answers_to_addresses_and_its_own_name(everywhere):
    assert everywhere.serves("192.168.1.5:8080")
    assert everywhere.serves(socket.gethostname())
    assert not everywhere.serves("evil.example:8080")
    assert Access(find_place("localhost"), 1, "").serves("localhost")


def test_ipv6():
    try:
        place = find_place("::1")
    except UsageError:
        pytest.skip("needs IPv6")
    assert place.loopback
    assert grant(place, 80).url == "http://[::1]:80/"
    assert not find_place("::").loopback


@pytest.mark.parametrize("host", ["", "no such host", "256.1.1.1", "x" * 300])
def test_no_such_place(host):
    with pytest.raises(UsageError, match="no address is known for --web-host"):
        find_place(host)
