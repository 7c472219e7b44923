"""python scripts/readme_picture.py [FILE]: the overlay on one frame of drawn people, for README.

No real person is in it. The faces, their places and their expressions come from the script of demo://; what stands at
them was read by the student that edgefer ships. Drawn faces are not what it learned from: SEED is one in which it reads all
four as they are played. The same on every run; fonts are those of the OpenCV that draws it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FILE = ROOT / "docs" / "images" / "overlay.png"
SEED = 7
SECOND = 14.3
SOURCE = f"demo://?faces=4&size=960x540&fps=10&each=4&pace=file&seconds={SECOND + 0.1:g}&seed={SEED}"


def main(file: Path) -> None:
    import cv2

    from edgefer.camera.loop import watch
    from edgefer.camera.overlay import draw
    from edgefer.camera.source import open_source
    from edgefer.runtime.find import DEFAULT, shipped_students
    from edgefer.runtime.open import open_session

    with open_source(uri=SOURCE) as source, open_session(shipped_students()[DEFAULT], threads=1) as session:
        faces = source.detector()  # from the script, also where YuNet is on this machine
        assert faces is not None
        *_, newest = watch(source, faces, session)
    picture = draw(replace(newest, fps=0.0))  # how fast this machine is has no place in it
    file.parent.mkdir(parents=True, exist_ok=True)
    if not cv2.imwrite(str(file), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise SystemExit(f"error: cannot write {file}")
    shown = ", ".join(f"{face.emotion} {face.score:.0%}" for face in newest.faces)
    print(f"{file}: {picture.shape[1]}x{picture.shape[0]}, {file.stat().st_size / 1e3:.0f} kB; {shown}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FILE)
