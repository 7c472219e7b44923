"""The figures of a benchmark: times, their parts, ratios, memory and verdicts, each with its unit in its name."""

from __future__ import annotations

from enum import Enum

from pydantic import BaseModel, ConfigDict, Field, computed_field, model_validator

from edgefer.benchmark.energy import Energy

# trtexec calls a coefficient of variation above this unstable, too.
UNSTABLE = 0.025


class Figures(BaseModel):
    """Frozen; JSON carries computed values beside the measured ones, and they are computed again when it is read."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Spread(Figures):
    """Milliseconds of many calls. p99_ms has no value below 100 samples: it would be the largest under another name."""

    samples: int = Field(ge=1)
    min_ms: float = Field(ge=0)
    median_ms: float
    mean_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float | None
    max_ms: float

    @model_validator(mode="after")
    def _ordered(self) -> Spread:
        points = [self.min_ms, self.median_ms, self.p90_ms, self.p95_ms, self.p99_ms, self.max_ms]
        known = [point for point in points if point is not None]
        if known != sorted(known):
            raise ValueError("percentiles must not fall")
        return self


class Histogram(Figures):
    """Calls by duration: `counts` over equal steps from `low_ms` to `high_ms`, and how many took longer than that."""

    low_ms: float = Field(ge=0)
    high_ms: float
    counts: tuple[int, ...] = Field(min_length=1)
    above: int = Field(ge=0)


class Latency(Spread):
    """Milliseconds of one call from pixels in memory to logits in memory, over the samples of all rounds.

    rounds_ms: the median of each round, in order. variation: their standard deviation over their mean; no value for a
    single round. low_ms, high_ms: 95 % bootstrap interval of the median over rounds; no value for a single round.
    ended: why measuring stopped, such as `200 calls and 3 s` or `the interval is tight: 0.4 % of the median`.
    """

    rounds_ms: tuple[float, ...] = Field(min_length=1)
    variation: float | None
    low_ms: float | None = None
    high_ms: float | None = None
    histogram: Histogram | None = None
    ended: str = ""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unstable(self) -> bool:
        """Whether rounds differ by more than the benchmark's word can carry."""
        return self.variation is not None and self.variation > UNSTABLE


class Parts(Figures):
    """Where a call's time goes on a GPU, by CUDA events on its stream, as trtexec names them.

    Measured in calls of their own, beside the ones of `Latency`, so that recording events is charged to neither.
    h2d: pixels to the GPU. compute: the network. d2h: logits back. enqueue: host time to queue the network's work.
    latency: h2d, compute and d2h of each call together, whose percentiles the parts' do not add up to.
    wall_s: seconds on the host from the first of these calls to the end of the last, summed over rounds.
    """

    h2d: Spread
    compute: Spread
    d2h: Spread
    enqueue: Spread
    latency: Spread | None = None
    wall_s: float | None = Field(default=None, gt=0)


class Speedup(Figures):
    """How many times faster than the row named `over`: the median over rounds of its latency over this row's.

    low, high: 95 % bootstrap interval over rounds; no value for a single round.
    """

    over: str
    value: float
    low: float | None
    high: float | None


class Cell(Figures):
    """One row at one batch size.

    why: the reason that there is no latency. memory: bytes when warm, by method. note: what a reader must know.
    energy: of as many faces as were inferred meanwhile; no value where nothing on this machine counts it.
    """

    batch: int = Field(ge=1)
    why: str = ""
    note: str = ""
    latency: Latency | None = None
    parts: Parts | None = None
    energy: Energy | None = None
    memory: dict[str, int] = Field(default_factory=dict)
    speedups: tuple[Speedup, ...] = ()

    @model_validator(mode="after")
    def _explained(self) -> Cell:
        if (self.latency is None) != bool(self.why):
            raise ValueError("a cell has either a latency or a reason")
        return self

    @computed_field  # type: ignore[prop-decorator]
    @property
    def faces_per_second(self) -> float | None:
        """Faces a second by the mean call, transfers and checks included."""
        return None if self.latency is None else 1000 * self.batch / self.latency.mean_ms


class Start(Figures):
    """Seconds from the order to start a process to its first answer, files in the page cache; the parts follow each other.

    process_s: until the interpreter runs our code. import_s: the runtime's libraries. load_s: opening the file.
    compile_s: the part of `load_s` in which code was compiled for this machine, where the runtime tells
    (TensorRT-RTX, torch.compile). first_s: the first answer.
    """

    process_s: float | None = None
    import_s: float
    load_s: float
    compile_s: float | None = None
    first_s: float

    @computed_field  # type: ignore[prop-decorator]
    @property
    def total_s(self) -> float:
        """From the order to the first answer; without the interpreter's own start where that is not known."""
        return (self.process_s or 0.0) + self.import_s + self.load_s + self.first_s


class Setup(Figures):
    """How a row was run, as far as it changes a time.

    device: `cpu` or `cuda:0`. precision: arithmetic of the network. cuda_graph: whether calls replay a captured graph.
    transfers: whether `Latency` holds copies to and from the device. spin_wait: whether the host waits for the GPU
    without sleeping. compiled: by `torch.compile`.
    """

    device: str = "cpu"
    threads: int = Field(ge=1)
    precision: str = "fp32"
    cuda_graph: bool = False
    transfers: bool = False
    spin_wait: bool = False
    compiled: bool = False


class Sizes(Figures):
    """Bytes of an open model where its runtime tells them.

    weights: parameters and buffers. activations: what one call needs besides weights, input and output.
    io: input and output at the largest batch that is run at once.
    """

    weights_bytes: int | None = None
    activation_bytes: int | None = None
    io_bytes: int | None = None


class VerdictKind(str, Enum):
    """What a verdict is about; the first five are findings, the others doubts."""

    SHIP = "ship"
    SLOWER = "slower"
    SAME = "same"
    GAIN = "gain"
    BATCH = "batch"
    UNSTABLE = "unstable"
    TREND = "trend"
    THROTTLED = "throttled"
    BUSY = "busy"
    BOUND = "bound"
    TAIL = "tail"


class Verdict(Figures):
    """One judgement in words, and the names of the rows that it is about."""

    kind: VerdictKind
    rows: tuple[str, ...]
    text: str
