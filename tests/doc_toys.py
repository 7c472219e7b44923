"""What the commands of a page find in their folder: drawn faces in place of somebody's pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

from edgefer.data.demo import demo_faces


def pictures(folder: Path, count: int = 210) -> None:
    """`my-faces/<emotion>/<number>.png`, gray, 48 pixels; three stand there twice, one of them as another emotion too."""
    import cv2

    faces = demo_faces("Training", count)
    for number, (face, label) in enumerate(zip(faces.pixels, faces.labels, strict=True)):
        place = folder / "my-faces" / faces.emotions[label]
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{number:04}.png"), face)
    happy, sad = folder / "my-faces" / "happy", folder / "my-faces" / "sad"
    first, second, third = sorted(happy.iterdir())[:3]
    for copy in (happy / "copy-a.png", happy / "copy-b.png"):
        shutil.copy(first, copy)
    shutil.copy(second, happy / "copy-c.png")
    shutil.copy(third, sad / "copy-d.png")
