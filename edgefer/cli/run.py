"""`edgefer run`: a camera, video or pictures -> faces and their emotions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.camera.choices import DETECT_WIDTH, DetectorKind
from edgefer.camera.settings import Watching
from edgefer.console import say

if TYPE_CHECKING:
    from edgefer.camera.frame import Source
    from edgefer.camera.sinks import Sink


def run(
    camera: Annotated[
        int | None, typer.Option(min=0, help="Camera number; camera 0 when no source is named.", show_default=False)
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="URI", help="A video, picture, folder of pictures, /dev/videoN or rtsp://...")
    ] = None,
    engine: Annotated[
        Path | None,
        typer.Option(help="A checkpoint, ONNX file or engine; default the newest engine that fits this machine."),
    ] = None,
    detector: Annotated[
        DetectorKind, typer.Option(help="Who finds the faces; none takes each picture as one face.")
    ] = DetectorKind.AUTO,
    detector_model: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YuNet's file; default EDGEFER_YUNET, then the download cache.")
    ] = None,
    detect_width: Annotated[
        int,
        typer.Option(
            min=32, max=8192, metavar="PIXELS", help="Look for faces in pictures of at most this longer side."
        ),
    ] = DETECT_WIDTH,
    detect_every: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="Look for faces in every N-th frame, follow them between.")
    ] = Watching.detect_every,
    confirm: Annotated[
        int, typer.Option(min=1, max=1000, metavar="N", help="Show a face when it was found so often in a row.")
    ] = Watching.confirm,
    patience: Annotated[
        float, typer.Option(min=0, max=60, metavar="SECONDS", help="Keep the number of somebody unseen for so long.")
    ] = Watching.patience,
    infer_every: Annotated[
        float,
        typer.Option(min=0, max=60, metavar="SECONDS", help="Ask the network about a face so often; 0 in every frame."),
    ] = Watching.infer_every,
    smooth: Annotated[
        float,
        typer.Option(min=0, max=60, metavar="SECONDS", help="Time constant that steadies the labels; 0 for none."),
    ] = Watching.smooth,
    lead: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="How far ahead another emotion must be to be shown.")
    ] = Watching.lead,
    hold: Annotated[
        float, typer.Option(min=0, max=60, metavar="SECONDS", help="For how long it must be ahead.")
    ] = Watching.hold,
    floor: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="Show a face as uncertain below this probability.")
    ] = Watching.floor,
    headless: Annotated[bool, typer.Option("--headless", help="Open no window.")] = False,
    jsonl: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write one JSON object a frame; - for stdout.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Record the pictures with what was read on them (.mp4, .avi).")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; default what the backend chooses.")] = None,
    max_frames: Annotated[int | None, typer.Option(min=1, metavar="N", help="Stop after so many frames.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Run an engine that no card vouches for.")] = False,
) -> None:
    """Watch a camera, video or pictures and tell the emotion of every face. Stores no picture unless told to record."""
    from edgefer.camera import loop
    from edgefer.camera.detect import open_detector
    from edgefer.camera.opencv import quiet
    from edgefer.camera.source import open_source
    from edgefer.cli.offer import offer_detector
    from edgefer.runtime.find import find_runnable
    from edgefer.runtime.open import open_session

    if threads is not None:
        quiet().setNumThreads(threads)
    offer_detector(detector, detector_model)
    with open_source(camera, source) as frames:
        finder = open_detector(detector, detector_model, detect_width)
        if engine is None:
            engine, reason = find_runnable()
            say(f"{engine}: {reason}")
        with open_session(engine, threads=threads, trust=trust) as session:
            sinks = _sinks(frames, headless, jsonl, record)
            settings = Watching(
                detect_every=detect_every,
                confirm=confirm,
                patience=patience,
                infer_every=infer_every,
                smooth=smooth,
                lead=lead,
                hold=hold,
                floor=floor,
            )
            loop.run(frames, finder, session, sinks, settings, max_frames)


def _sinks(source: Source, headless: bool, jsonl: str | None, record: Path | None) -> list[Sink]:
    """Where readings go; a machine without a display goes headless by itself, and says so."""
    from edgefer.camera.record import Recorder
    from edgefer.camera.sinks import JsonLines, Lines
    from edgefer.camera.window import Window, why_headless

    sinks: list[Sink] = []
    if record is not None:
        sinks.append(Recorder(record, source.fps))
    if jsonl is not None:
        sinks.append(JsonLines(jsonl))
    if not headless and (reason := why_headless()):
        say(f"{reason}: running headless")
        headless = True
    if not headless:
        sinks.append(Window(source))
    return sinks or [Lines()]
