"""edgefer: facial-expression recognition distilled, compiled and watched on edge devices.

for frame in edgefer.watch("clip.mp4"):
    print(frame.time, [face.emotion for face in frame.faces])

docs/api.md has an example of each function. They are imported when they are first used: every command imports this
module, and few need all of it.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgefer.benchmark.api import benchmark
    from edgefer.benchmark.result import BenchmarkResult
    from edgefer.camera.api import Readings, watch
    from edgefer.camera.reading import FaceReading, FrameReading
    from edgefer.card import ModelCard
    from edgefer.data.faces import FaceSet
    from edgefer.distill.api import distill
    from edgefer.distill.run import Distilled
    from edgefer.distill.trainer import Run
    from edgefer.engine.api import build_engine
    from edgefer.engine.result import BuildResult
    from edgefer.errors import EdgeferError
    from edgefer.evaluate.api import evaluate
    from edgefer.evaluate.evaluate import Evaluation
    from edgefer.evaluate.result import EvaluationResult
    from edgefer.runtime.api import load
    from edgefer.runtime.prediction import Prediction
    from edgefer.runtime.session import Session

# From 1.29 on, ONNX Runtime reports the models that it opens to its makers, keeps a number of the machine in the home folder,
# and leaves it only to the environment to say no. Here, before it is imported, and for the processes that edgefer starts.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"
__all__ = [
    "BenchmarkResult",
    "BuildResult",
    "Distilled",
    "EdgeferError",
    "Evaluation",
    "EvaluationResult",
    "FaceReading",
    "FaceSet",
    "FrameReading",
    "ModelCard",
    "Prediction",
    "Readings",
    "Run",
    "Session",
    "__version__",
    "benchmark",
    "build_engine",
    "distill",
    "evaluate",
    "load",
    "watch",
]

if not TYPE_CHECKING:  # a type checker would take every misspelt name for one that is made here
    # Where each name is; the three rooms are callable themselves (edgefer/front.py).
    _HOMES = {
        "BenchmarkResult": "benchmark.result",
        "BuildResult": "engine.result",
        "Distilled": "distill.run",
        "EdgeferError": "errors",
        "Evaluation": "evaluate.evaluate",
        "EvaluationResult": "evaluate.result",
        "FaceReading": "camera.reading",
        "FaceSet": "data.faces",
        "FrameReading": "camera.reading",
        "ModelCard": "card",
        "Prediction": "runtime.prediction",
        "Readings": "camera.api",
        "Run": "distill.trainer",
        "Session": "runtime.session",
        "build_engine": "engine.api",
        "load": "runtime.api",
        "watch": "camera.api",
    }
    _ROOMS = ("benchmark", "distill", "evaluate")

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name in _ROOMS:
            return import_module(f"edgefer.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module 'edgefer' has no attribute '{name}'")
        found = globals()[name] = getattr(import_module(f"edgefer.{_HOMES[name]}"), name)
        return found

    def __dir__() -> list[str]:
        return list(__all__)
