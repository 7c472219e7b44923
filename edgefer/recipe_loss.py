"""The `[loss]` section of a recipe: one class a kind, each with its own keys and its paper's defaults.

All kinds are `alpha * cross-entropy with the labels + (1 - alpha) * what the kind says of the teacher's answers`; where
a paper adds the two with weight 1 each, alpha is 0.5 and the whole is half as large. `distill/knowledge.py` has the
formulas.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from edgefer.recipe_section import Section

KINDS = ("kd", "dkd", "dist", "nkd", "soft-labels")


class _Loss(Section):
    alpha: float = Field(default=0.5, ge=0, le=1)
    temperature: float = Field(default=3.0, gt=0, le=100)
    class_weights: Literal["none", "inverse", "inverse-sqrt"] = "none"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    hints: dict[str, str] | None = Field(
        default=None, min_length=1, description="a module of the student = its teacher's"
    )
    hint_weight: float = Field(default=1.0, gt=0)

    def alone(self) -> KDLoss:
        """What is left without a teacher: cross-entropy. Students that differ in the teacher's part alone share it."""
        return KDLoss(class_weights=self.class_weights, label_smoothing=self.label_smoothing)


class KDLoss(_Loss):
    """T^2 * KL(teacher || student) (arXiv 1503.02531). `standardise` makes z-scores of both logits first (2403.01427)."""

    later: ClassVar[frozenset[str]] = frozenset({"kind", "standardise", "hints", "hint_weight"})

    kind: Literal["kd"] = "kd"
    alpha: float = Field(default=0.2, ge=0, le=1)
    standardise: bool = False

    def alone(self) -> KDLoss:
        return self.model_copy(update={"standardise": False, "hints": None, "hint_weight": 1.0})


class DKDLoss(_Loss):
    """KD decoupled into the true class (`target`) and the others (`others`) (arXiv 2203.08679).

    `warmup`: epochs over which the term grows linearly from nothing.
    """

    kind: Literal["dkd"]
    temperature: float = Field(default=4.0, gt=0, le=100)
    target: float = Field(default=1.0, ge=0, description="the paper's alpha: weight of the true class against the rest")
    others: float = Field(default=8.0, ge=0, description="the paper's beta: weight of the classes but the true one")
    warmup: float = Field(default=20.0, ge=0)
    standardise: bool = False


class DISTLoss(_Loss):
    """Correlations instead of a divergence (arXiv 2205.10536): `beta` between a face's classes, `gamma` between faces."""

    kind: Literal["dist"]
    temperature: float = Field(default=1.0, gt=0, le=100)
    beta: float = Field(default=1.0, ge=0)
    gamma: float = Field(default=1.0, ge=0)


class NKDLoss(_Loss):
    """The teacher's belief in the true class, and `gamma` times its normalised others (arXiv 2303.13005).

    `temperature` is the paper's lambda: of the others alone.
    """

    kind: Literal["nkd"]
    temperature: float = Field(default=1.0, gt=0, le=100)
    gamma: float = Field(default=1.5, ge=0)


class SoftLabelsLoss(_Loss):
    """Cross-entropy with the teacher's probabilities, `smoothing` of them spread evenly: our reading of EmoXNetLite."""

    kind: Literal["soft-labels"]
    alpha: float = Field(default=0.0, ge=0, le=1)
    temperature: float = Field(default=1.0, gt=0, le=100)
    smoothing: float = Field(default=0.1, ge=0, lt=1)


def kind_of(values: Any) -> Any:
    """Which class reads these values: a table's `kind`, `kd` where it names none."""
    return values.get("kind", "kd") if isinstance(values, dict) else getattr(values, "kind", "kd")


AnyLoss = KDLoss | DKDLoss | DISTLoss | NKDLoss | SoftLabelsLoss
LossSection = Annotated[
    Annotated[KDLoss, Tag("kd")]
    | Annotated[DKDLoss, Tag("dkd")]
    | Annotated[DISTLoss, Tag("dist")]
    | Annotated[NKDLoss, Tag("nkd")]
    | Annotated[SoftLabelsLoss, Tag("soft-labels")],
    Discriminator(kind_of),
]
LOSSES: dict[str, type[_Loss]] = dict(zip(KINDS, (KDLoss, DKDLoss, DISTLoss, NKDLoss, SoftLabelsLoss), strict=True))
