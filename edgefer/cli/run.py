"""`edgefer run`: a camera, video or pictures -> faces and their emotions."""

from __future__ import annotations

import gc
import os
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from edgefer.camera.asked import Asked, Codec, parse_size
from edgefer.camera.choices import DETECT_WIDTH, INTERVAL, WEB_HOST, DetectorKind
from edgefer.camera.endurance import Endurance
from edgefer.camera.session_folder import RATE
from edgefer.camera.settings import Watching
from edgefer.console import say

_source = partial(typer.Option, rich_help_panel="Source")
_model = partial(typer.Option, rich_help_panel="Model")
_faces = partial(typer.Option, rich_help_panel="Faces")
_people = partial(typer.Option, rich_help_panel="People and labels")
_output = partial(typer.Option, rich_help_panel="What comes out")


def run(
    camera: Annotated[
        int | None, _source(min=0, help="Camera number; camera 0 when no source is named.", show_default=False)
    ] = None,
    source: Annotated[
        str | None,
        _source(
            metavar="URI",
            help="/dev/videoN, v4l2://, csi://N, rtsp://, http://, demo://, a video, picture, folder or '*.jpg'.",
        ),
    ] = None,
    size: Annotated[
        str | None, _source(metavar="WxH", help="Ask the camera for pictures of this size, such as 1280x720.")
    ] = None,
    fps: Annotated[float | None, _source(help="Ask the camera for so many frames a second.")] = None,
    codec: Annotated[
        Codec | None, _source(help="Ask the camera for this codec; default mjpg.", show_default=False)
    ] = None,
    reconnect: Annotated[
        float,
        _source(metavar="SECONDS", help="Open a lost camera or stream again for so long; 0 ends the run at once."),
    ] = Endurance.reconnect,
    frozen: Annotated[
        float, _source(metavar="SECONDS", help="Take a picture repeated for so long for a loss; 0 for never.")
    ] = Endurance.frozen,
    max_frames: Annotated[int | None, _source(min=1, metavar="N", help="Stop after so many frames.")] = None,
    engine: Annotated[
        Path | None,
        _model(help="A checkpoint, ONNX file or engine; default the newest engine that fits this machine."),
    ] = None,
    threads: Annotated[int | None, _model(min=1, help="CPU threads; default what the backend chooses.")] = None,
    trust: Annotated[bool, _model("--trust", help="Run an engine that no card vouches for.")] = False,
    detector: Annotated[
        DetectorKind, _faces(help="Who finds the faces; none takes each picture as one face.")
    ] = DetectorKind.AUTO,
    detector_model: Annotated[
        Path | None, _faces(metavar="FILE", help="YuNet's file; default EDGEFER_YUNET, then the download cache.")
    ] = None,
    detect_width: Annotated[
        int,
        _faces(min=32, max=8192, metavar="PIXELS", help="Look for faces in pictures of at most this longer side."),
    ] = DETECT_WIDTH,
    detect_every: Annotated[
        int, _faces(min=1, max=1000, metavar="N", help="Look for faces in every N-th frame, follow them between.")
    ] = Watching.detect_every,
    confirm: Annotated[
        int, _people(min=1, max=1000, metavar="N", help="Show a face when it was found so often in a row.")
    ] = Watching.confirm,
    patience: Annotated[
        float, _people(min=0, max=60, metavar="SECONDS", help="Keep the number of somebody unseen for so long.")
    ] = Watching.patience,
    infer_every: Annotated[
        float,
        _people(min=0, max=60, metavar="SECONDS", help="Ask the network about a face so often; 0 in every frame."),
    ] = Watching.infer_every,
    smooth: Annotated[
        float,
        _people(min=0, max=60, metavar="SECONDS", help="Time constant that steadies the labels; 0 for none."),
    ] = Watching.smooth,
    lead: Annotated[
        float, _people(min=0, max=1, metavar="SHARE", help="How far ahead another emotion must be to be shown.")
    ] = Watching.lead,
    hold: Annotated[
        float, _people(min=0, max=60, metavar="SECONDS", help="For how long it must be ahead.")
    ] = Watching.hold,
    floor: Annotated[
        float, _people(min=0, max=1, metavar="SHARE", help="Show a face as uncertain below this probability.")
    ] = Watching.floor,
    headless: Annotated[bool, _output("--headless", help="Open no window.")] = False,
    jsonl: Annotated[str | None, _output(metavar="FILE", help="Write one JSON object a frame; - for stdout.")] = None,
    csv: Annotated[str | None, _output(metavar="FILE", help="Write one line of CSV a face; - for stdout.")] = None,
    mqtt: Annotated[
        str | None, _output(metavar="URL", help="Tell a broker at mqtt[s]://user:password@host:1883/prefix.")
    ] = None,
    web: Annotated[
        int | None, _output(min=0, max=65535, metavar="PORT", help="Show a page to browsers; 0 takes a free port.")
    ] = None,
    web_host: Annotated[
        str, _output(metavar="HOST", help="Where that page is served; others than this machine need 0.0.0.0.")
    ] = WEB_HOST,
    record: Annotated[
        Path | None, _output(metavar="FILE", help="Record the pictures with what was read on them (.mp4, .avi).")
    ] = None,
    session_name: Annotated[
        str | None,
        _output("--session", metavar="NAME", help="Write emotions over time to sessions/NAME/, see edgefer report."),
    ] = None,
    session_rate: Annotated[
        float, _output(min=0.01, max=1000, metavar="HZ", help="Samples a second of the session, at most.")
    ] = RATE,
    session_continue: Annotated[
        bool, _output("--session-continue", help="Continue a session that is there already.")
    ] = False,
    aggregate_only: Annotated[
        bool, _output("--aggregate-only", help="Give out counts of each interval alone, of nobody in particular.")
    ] = False,
    interval: Annotated[
        float, _output(min=1, max=86400, metavar="SECONDS", help="Length of these intervals.")
    ] = INTERVAL,
) -> None:
    """Watch a camera, video or pictures and tell the emotion of every face. Stores no picture unless told to record."""
    # The pools that numpy and OpenCV make for matrix products, which nothing here computes, spin for 0.1 s at first.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from edgefer.camera import loop
    from edgefer.camera.detect import open_detector
    from edgefer.camera.opencv import quiet
    from edgefer.camera.outputs import Outputs, open_sinks
    from edgefer.camera.session_open import SessionAsked, session_sink
    from edgefer.camera.source import open_source
    from edgefer.cli.offer import offer_detector
    from edgefer.runtime.find import find_runnable
    from edgefer.runtime.open import open_session

    wish = None if session_name is None else SessionAsked(session_name, session_rate, session_continue)
    outputs = Outputs(headless, jsonl, csv, record, mqtt, aggregate_only, interval, web, web_host)
    if threads is not None:
        quiet().setNumThreads(threads)
    offer_detector(detector, detector_model, source)
    asked = Asked(parse_size(size) if size else None, fps, codec)
    with open_source(camera, source, asked, Endurance(reconnect, frozen=frozen)) as frames:
        finder = open_detector(detector, detector_model, detect_width, frames)
        if engine is None:
            engine, reason = find_runnable()
            say(f"{engine}: {reason}")
        with open_session(engine, threads=threads, trust=trust) as session:
            loop.warm_up(session)
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
            kept = wish and session_sink(
                wish, frames, session, finder.name, settings, interval if aggregate_only else None
            )
            marks = kept.marks if kept else None
            sinks = open_sinks(outputs, frames, session.card.labels, patience, marks)
            if kept:
                sinks.insert(0, kept)
            if not gc.isenabled():  # see edgefer/__main__.py
                gc.freeze()  # what was made until here stays to the end
                gc.enable()
            loop.run(frames, finder, session, sinks, settings, max_frames)
