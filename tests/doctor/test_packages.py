from __future__ import annotations

from importlib import metadata

import pytest

from edgefer.doctor.packages import installed, oldest, too_old


@pytest.fixture
def asks(monkeypatch):
    lines = ["numpy>=1.26", "onnx>=1.16", "torch>=2.8; extra == 'train'", "torch-tensorrt>=2.9; extra == 'x'"]
    monkeypatch.setattr(metadata, "requires", lambda _: lines)


def test_versions_come_in_the_order_of_the_names():
    found = installed(("typer", "no-such-package", "numpy"))
    assert list(found) == ["typer", "numpy"]
    assert found["numpy"] == metadata.version("numpy")


@pytest.mark.usefixtures("asks")
def test_what_edgefer_asks_is_read_from_its_own_metadata():
    assert (oldest("torch"), oldest("torch-tensorrt"), oldest("numpy"), oldest("cv")) == ("2.8", "2.9", "1.26", "")
    assert too_old("torch", "2.7.1") == "older than 2.8, which edgefer needs"
    assert too_old("torch", "2.10.0") == too_old("torch", "3.0") == too_old("unknown", "0.1") == ""


def test_a_checkout_that_is_not_installed_asks_for_nothing(monkeypatch):
    def absent(_):
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "requires", absent)
    assert too_old("torch", "0.1") == ""
