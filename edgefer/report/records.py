"""What commands print with --json and what training logs hold, as types; edgefer/report/schemas.py makes schemas of them.

Only schemas and type checkers need this module. Figures are fractions 0..1 unless their name or description says otherwise.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from edgefer.bundle.target import Target
from edgefer.card import ModelCard
from edgefer.doctor.finding import Group, Mark, Purpose
from edgefer.engine.description import Kind

Share = Annotated[float, Field(ge=0, le=1)]
Difference = Annotated[float, Field(ge=-1, le=1)]
Count = Annotated[int, Field(ge=0)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Ends = Annotated[list[float], Field(min_length=2, max_length=2, description="lower and upper end of an interval")]


class Intervals(TypedDict):
    """Bootstrap intervals over the faces."""

    level: Share
    resamples: Count
    seed: int
    accuracy: Ends | None
    balanced_accuracy: Ends | None
    macro_f1: Ends | None
    calibration_error: Ends | None


class EmotionScore(TypedDict):
    """One emotion. What has no value is null: recall without faces, precision of what is never said."""

    faces: Count
    recall: Share | None
    recall_interval: Ends | None
    precision: Share | None
    f1: Share | None


class Confusion(TypedDict):
    """Faces by true emotion (rows) and the one that was said (columns), both in `order`."""

    order: list[str]
    true_by_predicted: list[list[Count]]


class Reliability(TypedDict):
    """By bins of the probability of the label that was given."""

    faces: list[Count]
    confidence: list[float]
    accuracy: list[float]


class Evaluation(TypedDict):
    """One model on the faces of one protocol."""

    model: str
    precision: str
    backend: str
    dataset: str
    split: str
    data_sha256: Annotated[str, Field(description="hash of the faces with their labels")]
    protocol: Annotated[str, Field(description="official, leak-free, or without the faces of a list")]
    tta: Annotated[str, Field(description="test-time augmentation")]
    views: Annotated[str, Field(description="the same in words")]
    faces: Count
    accuracy: Share
    balanced_accuracy: Share
    macro_f1: Share
    calibration_error: Share
    negative_log_likelihood: Annotated[float, Field(ge=0, description="nats")]
    brier: Annotated[float, Field(ge=0, le=2)]
    intervals: Intervals | None
    emotions: dict[str, EmotionScore]
    confusion: Confusion
    reliability: Reliability | None


class Protocols(Evaluation):
    """The official evaluation, and that of the other protocol."""

    second: Evaluation | None


class McNemar(TypedDict):
    """Whether chance alone explains which faces became wrong and right."""

    method: str
    statistic: float | None
    p: Share


class Change(TypedDict):
    """One emotion; differences are candidate less reference."""

    faces: Count
    recall_reference: Share | None
    recall_candidate: Share | None
    difference: Difference | None
    difference_interval: Ends | None
    right_to_wrong: Count
    wrong_to_right: Count


class Gate(TypedDict):
    """Limits in percentage points."""

    passed: bool
    max_drop: float | None
    max_class_drop: float | None
    failures: list[str]
    notes: list[str]


class Against(TypedDict):
    """The model beside a reference, on the same faces; differences are candidate less reference."""

    candidate_title: str
    reference_title: str
    faces: Count
    same_label: Share
    kl_reference_candidate: Annotated[float, Field(description="nats, mean over faces")]
    accuracy_difference: Difference
    accuracy_difference_interval: Ends | None
    right_to_wrong: Count
    wrong_to_right: Count
    mcnemar: McNemar
    emotions: dict[str, Change]
    gate: Gate | None
    reference: Protocols


class EvaluationRecord(Protocols):
    """What `edgefer evaluate --json` prints."""

    schema: Literal[2]
    against: Against | None
    notes: list[str]
    warnings: list[str]


class Inspection(TypedDict):
    """What `edgefer inspect --json` prints. facts: by name, in the order to read them; each kind has its own."""

    schema: Literal[1]
    kind: Kind
    path: str
    size_bytes: Count
    facts: dict[str, Any]
    card: ModelCard | None
    problems: Annotated[list[str], Field(description="what is wrong with it; empty for a sound artifact")]


class DoctorFinding(TypedDict):
    """One row. fix: the line to type, empty where nothing is wrong. details: the same as values, by probe."""

    group: Group
    name: str
    mark: Mark
    fact: str
    fix: str
    needed_for: list[Purpose]
    details: dict[str, Any]


class DoctorRecord(TypedDict):
    """What `edgefer doctor --json` prints. ready: by purpose. marks: how many findings have each."""

    schema: Literal[1]
    edgefer: str
    seconds: Annotated[float, Field(ge=0)]
    ready: dict[Purpose, bool]
    marks: dict[Mark, Count]
    findings: list[DoctorFinding]


class BundleRecord(TypedDict):
    """What `edgefer bundle --json` prints. files: hash by path inside the bundle. run: what to type there."""

    schema: Literal[1]
    path: str
    target: Target
    model: str
    files: dict[str, Hash]
    run: str


class EpochLine(TypedDict):
    """A line of `metrics.jsonl`. accuracy: on the split that chooses the epoch. loss: mean over batches."""

    epoch: Annotated[int, Field(ge=1)]
    loss: float
    learning_rate: Annotated[float, Field(ge=0)]
    accuracy: Share
    seconds: Annotated[float, Field(ge=0, description="wall time")]


class FinishedRun(TypedDict):
    """`finished.json` of a run's folder. identity: hash of recipe, faces, teachers and first weights.

    int8: accuracy in simulated INT8 before and after a quantisation-aware training, null for others.
    """

    identity: Hash
    history: list[EpochLine]
    int8: Annotated[list[Share], Field(min_length=2, max_length=2)] | None


class TrainingRecord(TypedDict):
    """`record.json` of a kept training log: the machine, and the card of what was trained."""

    cpu: str
    python: str
    torch: str
    seconds: Count
    card: ModelCard
