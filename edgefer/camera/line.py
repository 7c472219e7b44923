"""The JSON lines, as types: what `FrameReading.to_json` gives and docs/frame-schema.json describes.

Only type checkers and the schema need this module, so that a run does not wait for its imports.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import NotRequired, TypedDict

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Version = Annotated[Literal[1], Field(description="version of this format; grows when a key changes its meaning")]


class FaceLine(TypedDict):
    """One face of a frame."""

    track: Annotated[int | None, Field(description="number of the person, from 1; null for pictures")]
    box: Annotated[
        list[int],
        Field(min_length=4, max_length=4, description="x, y, width, height in pixels; may reach over the edge"),
    ]
    label: Annotated[str, Field(description="the strongest emotion, steadied")]
    score: Annotated[Share, Field(description="its probability")]
    uncertain: Annotated[bool, Field(description="even that emotion is too weak to be shown")]
    probabilities: Annotated[dict[str, Share], Field(description="by emotion, in the order of the model, smoothed")]
    raw: Annotated[
        dict[str, Share] | None,
        Field(description="the network's own answer to this frame; null where it was not asked"),
    ]
    detected: Annotated[bool, Field(description="false where the face was not looked for in this frame, but followed")]
    detector_score: Annotated[
        Share | None, Field(description="when it was last found; null for detectors that give none")
    ]


class FrameLine(TypedDict):
    """One frame and the faces in it."""

    schema: Version
    frame: Annotated[Count, Field(description="0, 1, 2, ... of the frames read")]
    time: Annotated[
        float,
        Field(description="seconds: position in a video, since the first frame of a camera, the number of a picture"),
    ]
    age_ms: NotRequired[Annotated[float, Field(ge=0, description="live: milliseconds from the grab to this line")]]
    dropped: NotRequired[Annotated[Count, Field(description="live: frames replaced by newer ones so far")]]
    picture: NotRequired[Annotated[str, Field(description="pictures: file name")]]
    faces: list[FaceLine]


class IntervalLine(TypedDict):
    """With --aggregate-only: what was seen in an interval, and of nobody in particular."""

    schema: Version
    start: Annotated[float, Field(description="seconds, as `time` of a frame")]
    seconds: Annotated[float, Field(gt=0, description="length of the interval that was asked for")]
    frames: Annotated[Annotated[int, Field(ge=1)], Field(description="frames read in it")]
    faces: Annotated[Count, Field(description="faces in these frames, each frame counted by itself")]
    most: Annotated[Count, Field(description="most faces in one frame")]
    uncertain: Annotated[Share, Field(description="share of the faces without an emotion strong enough to be shown")]
    emotions: Annotated[dict[str, Share], Field(description="share of the faces by the emotion shown")]
