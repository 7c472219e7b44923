"""What the suite measures: one model on one runtime with one number of threads."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, ConfigDict, Field

from edgefer.benchmark.confines import cores, cpu_quota
from edgefer.card import ModelCard, Precision


class Kind(str, Enum):
    """What opens a candidate's target."""

    TORCH = "torch"
    ONNXRUNTIME = "onnxruntime"
    ENGINE = "engine"
    FACTORY = "factory"


class Provider(str, Enum):
    """What ONNX Runtime computes with, by its own names."""

    CPU = "CPUExecutionProvider"
    CUDA = "CUDAExecutionProvider"
    TENSORRT = "TensorrtExecutionProvider"


class Role(str, Enum):
    """Every row is compared with the teachers."""

    TEACHER = "teacher"
    STUDENT = "student"


def all_threads() -> int:
    """The cores that this process may use, no more than a container's CPU quota pays for in whole ones."""
    allowed, quota = len(cores()), cpu_quota()
    # A thread beyond the quota is paid for by stopping all of them for the rest of each period.
    return allowed if quota is None else max(1, min(allowed, int(quota)))


class Candidate(BaseModel):
    """One row of the benchmark before it is measured.

    model, runtime: what the table calls it; together they must be unique in a suite.
    target: a checkpoint, ONNX file or engine; for a factory `package.module:function`, which returns a Session.
    precision: what PyTorch computes in, FP32 or FP16; files have theirs in their card. compiled: by `torch.compile`.
    cuda_graph: calls replay a captured graph, of PyTorch or of an engine. provider: of ONNX Runtime.
    trust: open an engine that no card vouches for. note: what a reader must know about the row.
    why: why it cannot run, when that is known before it is tried; the row is kept.
    card: the model's card where it can be read without opening the model, so that a row that cannot run still has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    runtime: str
    kind: Kind
    target: str
    role: Role = Role.STUDENT
    threads: int = Field(default_factory=all_threads, ge=1)
    precision: Precision = Precision.FP32
    compiled: bool = False
    cuda_graph: bool = False
    provider: Provider = Provider.CPU
    trust: bool = False
    note: str = ""
    why: str = ""
    card: ModelCard | None = None

    @property
    def name(self) -> str:
        """`model, runtime`."""
        return f"{self.model}, {self.runtime}"
