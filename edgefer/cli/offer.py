"""Offers the face detector's file to somebody at a terminal who has none yet."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from edgefer.camera.choices import DetectorKind


def offer_detector(kind: DetectorKind, model: Path | None, source: str | None = None) -> None:
    """Ask whether to download YuNet where `kind` would take it and it is not here; without a terminal, do nothing.

    source: as on the command line; `demo://` does without where `kind` leaves the choice.

    Raises BackendError when the network does not give it, ArtifactError when what comes is another file.
    """
    if kind in (DetectorKind.HAAR, DetectorKind.NONE) or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    if kind is DetectorKind.AUTO and (source or "").lower().startswith("demo://"):
        return
    from edgefer.camera import yunet

    if yunet.find(model) is not None:
        return
    size = f"{yunet.SIZE / 1e6:.2f} MB, MIT licence"
    if typer.confirm(f"YuNet, which finds faces, is not here. Download it ({size}) to {yunet.cached()}?", err=True):
        yunet.fetch(yunet.cached())
