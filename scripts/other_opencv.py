"""Run the camera's tests with other builds of OpenCV than the one that is installed.

    python scripts/other_opencv.py [REQUIREMENT...]

Each is installed into a folder of its own, which comes first on the path; what is installed already stays as it is. One that
pip cannot fetch is left out, with the reason. Without a requirement: headless 4.x, which has no windows, and OpenCV 5, which
has no Haar. The command ends with 1 where tests fail.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILDS = ("opencv-python-headless==4.12.0.88", "opencv-python==5.0.0.93")
TESTS = ("tests/camera", "tests/cli/test_run.py", "tests/cli/test_run_sources.py", "tests/data/test_preprocess.py")
TOLD = "import cv2; print(cv2.__version__, cv2.__file__)"


def fetch(requirement: str, folder: Path) -> str:
    """Install one build, without what it depends on, into a folder; returns why it cannot be had, or an empty string."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    return errors[-1].removeprefix("ERROR: ") if errors else f"pip ended with {done.returncode}"


def tested(folder: Path, tests: Sequence[str]) -> int:
    """The exit code of the tests with the build in a folder; they fail where another one would be imported."""
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PYTHONPATH": path}
    told = subprocess.run([sys.executable, "-c", TOLD], env=environment, capture_output=True, text=True, check=False)
    print(told.stdout or told.stderr, end="", flush=True)
    if str(folder) not in told.stdout:
        return 1
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode


def main(requirements: Sequence[str], tests: Sequence[str] = TESTS) -> None:
    failed = []
    for requirement in requirements or BUILDS:
        print(f"with {requirement}:", flush=True)
        with tempfile.TemporaryDirectory(prefix="edgefer-opencv-") as place:
            if reason := fetch(requirement, Path(place)):
                print(f"left out: {reason}", flush=True)
            elif tested(Path(place), tests):
                failed.append(requirement)
    if failed:
        sys.exit(f"error: tests fail with {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
