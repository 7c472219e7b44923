"""Recipes: one experiment in one TOML file, validated in one pass with every fault listed.

Reading a recipe imports and executes nothing that it names. `docs/recipes.md` explains every key.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from edgefer.errors import ArtifactError, RecipeError, UsageError
from edgefer.paths import read_text_file, sha256_of
from edgefer.recipe_loss import KINDS, LOSSES, KDLoss, LossSection
from edgefer.recipe_section import Section
from edgefer.recipe_teachers import TEACHERS, TeacherModel, misplaced

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


_LONGEST_KEY = 100

# How names of quantisation-aware runs end.
QAT = "-qat"
# Bytes of a recipe's file. The time that tomllib takes grows with the square of the parts of a key.
_LARGEST = 32 << 10


class DataSection(Section):
    """`source`: `demo`, a prepared store's name, or its folder. `choose` is the split that picks the best epoch.

    `exclude` is a list of training faces to leave out, as `edgefer data audit` writes it.
    """

    source: str = "demo"
    train: str = "Training"
    choose: str = "PublicTest"
    limit: int | None = Field(default=None, ge=1, description="train on the first so many faces only")
    exclude: Path | None = None


class ModelSection(Section):
    """The network to train. `size` is its input in pixels, square; `channels` 3 repeats gray faces."""

    architecture: str
    size: int = Field(default=48, ge=16, le=512)
    channels: Literal[1, 3] = 1
    stem_dropout: float = Field(default=0.2, ge=0, lt=1)
    head_dropout: float = Field(default=0.5, ge=0, lt=1)
    crop_margin: float = Field(default=0.0, ge=0, le=1)


class StartSection(Section):
    """Where the weights begin: at those of a trained network of the same architecture, of any emotions.

    Exactly one of: `recipe`, trained first where it was not yet, on its own data; `student`, which comes with edgefer;
    `checkpoint`, a file.
    """

    recipe: str | None = None
    student: str | None = None
    checkpoint: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> StartSection:
        if sum(value is not None for value in (self.recipe, self.student, self.checkpoint)) != 1:
            raise ValueError("name one of recipe, student or checkpoint")
        return self


class TeacherSection(Section):
    """Who teaches; several are one ensemble.

    `recipes` are trained first where they were not yet, `students` are networks that come with edgefer, `checkpoints`
    are files, `models` are networks of any origin with weights in the ensemble (`docs/teachers.md`). `combine` is of
    what an ensemble takes the mean: the centred logits, or the probabilities. With `mirror` each is asked about the
    mirrored face too, and answers with the mean. `answers` are files of what teachers said that need not be here; they
    stand alone.
    """

    later: ClassVar[frozenset[str]] = frozenset({"models", "combine", "mirror", "answers"})

    recipes: tuple[str, ...] = ()
    students: tuple[str, ...] = ()
    checkpoints: tuple[Path, ...] = ()
    models: tuple[TeacherModel, ...] = ()
    combine: Literal["logits", "softmax"] = "logits"
    mirror: bool = False
    answers: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _some(self) -> TeacherSection:
        networks = bool(self.recipes or self.students or self.checkpoints or self.models)
        if not (networks or self.answers):
            raise ValueError("name recipes, students or checkpoints, or answers, or add [[teacher.models]]")
        if self.answers and (networks or self.mirror or self.combine != "logits"):
            raise ValueError("answers stand alone: no network can be asked beside them, combine and mirror are decided")
        return self


class OptimizerSection(Section):
    """Stochastic gradient descent with momentum."""

    learning_rate: float = Field(default=0.05, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    nesterov: bool = True
    weight_decay: float = Field(default=5e-4, ge=0)
    clip: float | None = Field(default=None, gt=0, description="largest gradient norm")


class ScheduleSection(Section):
    """`plateau` multiplies the rate by `factor` after `patience` epochs without a better `choose` accuracy.

    `cosine` falls to zero over all epochs. `warmup` epochs rise linearly first.
    """

    kind: Literal["plateau", "cosine"] = "cosine"
    factor: float = Field(default=0.1, gt=0, lt=1)
    patience: int = Field(default=5, ge=0)
    warmup: float = Field(default=0.0, ge=0)


class AugmentSection(Section):
    """Random changes of every training face.

    Rotation in degrees; scale and shift as fractions of the size; light (brightness and contrast) as a fraction;
    `erase` is the chance of a grey square; `mixup` the parameter of its Beta distribution. `views` is how many
    renderings of the training set there are, one an epoch in turn; 0 is a new one every epoch.
    """

    flip: bool = True
    rotate: float = Field(default=0.0, ge=0, le=90)
    scale: float = Field(default=0.0, ge=0, lt=1)
    shift: float = Field(default=0.0, ge=0, lt=1)
    light: float = Field(default=0.0, ge=0, lt=1)
    erase: float = Field(default=0.0, ge=0, le=1)
    mixup: float = Field(default=0.0, ge=0)
    share: float = Field(default=1.0, ge=0, le=1, description="share of faces that rotate, scale and shift")
    views: int = Field(default=0, ge=0)

    @property
    def only_flips(self) -> bool:
        """True when a face has just two renderings, so that a teacher's answers to both can be kept."""
        return not (self.rotate or self.scale or self.shift or self.light or self.erase)


class TrainSection(Section):
    """Length and numerics. `ema` is the decay a step of the averaged weights that are measured and kept; 0 is off.

    `keep_every` epochs the state to resume from is written; raise it where a state is large and an epoch short.
    `compile` puts the training passes through torch.compile.
    """

    later: ClassVar[frozenset[str]] = frozenset({"compile"})

    epochs: int = Field(default=30, ge=1)
    batch: int = Field(default=64, ge=2)
    seed: int = 0
    ema: float = Field(default=0.0, ge=0, lt=1)
    precision: Literal["fp32", "bf16"] = "fp32"
    keep_every: int = Field(default=1, ge=1)
    compile: bool = False


class QatSection(Section):
    """Quantisation-aware training: from `[start]`, else from this recipe's own float network, trained first.

    The recipe's loss, batches and augmentation stay; `epochs` and `learning_rate` stand in for those of the recipe, and
    the rate falls as a cosine without a warm-up. learning_rate: by default a hundredth of the recipe's.
    """

    precision: Literal["int8"] = "int8"
    epochs: int = Field(default=2, ge=1)
    learning_rate: float | None = Field(default=None, gt=0)


class Recipe(Section):
    """One experiment, with every default filled in."""

    name: str
    summary: str = ""
    data: DataSection = DataSection()
    model: ModelSection
    start: StartSection | None = None
    teacher: TeacherSection | None = None
    loss: LossSection = KDLoss()
    optimizer: OptimizerSection = OptimizerSection()
    schedule: ScheduleSection = ScheduleSection()
    augment: AugmentSection = AugmentSection()
    train: TrainSection = TrainSection()
    qat: QatSection | None = None

    @model_validator(mode="after")
    def _something_to_learn_from(self) -> Recipe:
        if self.teacher is None and self.loss != self.loss.alone():
            raise ValueError(f"what [loss] says of a teacher (kind '{self.loss.kind}') needs a [teacher]")
        if self.loss.hints and self.teacher is not None and self.teacher.answers:
            raise ValueError("loss.hints needs a network to look into: teacher.answers is none")
        if self.train.compile and self.loss.hints:
            raise ValueError(
                "train.compile and loss.hints exclude each other: features cannot be read inside a compiled pass"
            )
        if self.train.compile and self.qat:
            raise ValueError("train.compile and qat exclude each other: rounding is not compiled")
        return self

    @property
    def sha256(self) -> str:
        """Hash of everything that changes the result but the faces, which have hashes of their own."""
        aside: dict[str, Any] = {name: section.untouched() for name, section in self if isinstance(section, Section)}
        aside |= {"name": True, "summary": True}
        # Younger than networks that are in use.
        aside |= {name: True for name in ("start", "qat") if getattr(self, name) is None}
        for section, key in (("data", "exclude"), ("train", "keep_every")):
            aside[section].add(key)
        # Pydantic 2.7 takes a union's member for a wrong one when a field of it is left out, and warns.
        return sha256_of(self.model_dump_json(exclude=aside, warnings=False))

    def alone(self) -> Recipe:
        """The same student without its teacher: the baseline that says what distillation gained."""
        return self.model_copy(
            update={"name": f"{self.name}-alone", "teacher": None, "loss": self.loss.alone(), "qat": None}
        )

    def floating(self) -> Recipe:
        """The same without quantisation: the network that quantisation-aware training begins with."""
        name = self.name.removesuffix(QAT)
        return self.model_copy(update={"name": name if name != self.name else f"{name}-float", "qat": None})

    @property
    def epochs(self) -> int:
        """How many epochs this run takes."""
        return self.qat.epochs if self.qat else self.train.epochs

    @property
    def learning_rate(self) -> float:
        """The rate that the schedule multiplies."""
        if self.qat is None:
            return self.optimizer.learning_rate
        return self.qat.learning_rate or self.optimizer.learning_rate / 100

    @property
    def rates(self) -> ScheduleSection:
        """How the rate changes over `epochs`."""
        return self.schedule if self.qat is None else ScheduleSection()

    def to_toml(self) -> str:
        """The resolved recipe, loadable again."""
        import tomli_w

        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True, exclude={"name"}))


def shipped() -> dict[str, Path]:
    """The recipes that come with edgefer, by name."""
    return {path.stem: path for path in shipped_files() if not is_sweep(path)}


def shipped_files() -> list[Path]:
    """Every TOML file that comes with edgefer: recipes and sweeps (`edgefer.sweep`)."""
    package = Path(str(resources.files("edgefer")))
    # In a checkout the recipes stand beside the package, in a wheel inside it.
    folder = package / "recipes" if (package / "recipes").is_dir() else package.parent / "recipes"
    return sorted(folder.glob("*.toml"))


def is_sweep(path: Path) -> bool:
    """Whether a TOML file is a sweep: it has a line `[[cell]]`."""
    return b"\n[[cell]]" in _text(path)


def find(name: str) -> Path:
    """The file of a recipe or a sweep: a path, or the name of a shipped one. Raises UsageError when there is none."""
    path = Path(name)
    if path.suffix == ".toml":
        if path.is_file():
            return path
        raise UsageError(f"{path} is not a file", "list the shipped recipes with: edgefer recipes ls")
    recipes = {path.stem: path for path in shipped_files()}
    if name not in recipes:
        near = difflib.get_close_matches(name, recipes, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "list them with: edgefer recipes ls"
        raise UsageError(f"no recipe is named '{name}'", hint)
    return recipes[name]


def load(name: str, changes: Iterable[str] | Mapping[str, object] = ()) -> Recipe:
    """Read a recipe by name or path and apply changes: `section.key=value` with values in TOML syntax, or by key.

    Raises RecipeError that lists every fault, UsageError when there is no such recipe or a change has no `=`.
    """
    path = find(name)
    values = read_toml(path)
    if is_sweep(path):
        raise RecipeError(f"{path} is a sweep of recipes", f"run it with: edgefer distill --sweep {name}")
    for key, value in changes.items() if isinstance(changes, Mapping) else map(_parse, changes):
        _apply(values, key, value)
    # A run of its own name, so that the float one beside it is found.
    name = path.stem + QAT * ("qat" in values and not path.stem.endswith(QAT))
    return check({**values, "name": name}, str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file; RecipeError when it is none."""
    try:
        text = _text(path)
        # A parser's time grows with the square of a key's parts.
        if any(part.count(b".") > _LONGEST_KEY for part in re.split(rb"[=,{}\[\]\n]", text)):
            raise ValueError(f"it has a key of more than {_LONGEST_KEY} parts")
        values: dict[str, Any] = tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise RecipeError(f"{path} is not TOML: {why}", "start from a copy: edgefer recipes copy demo-c") from error
    return values


def _text(path: Path) -> bytes:
    fix = "list the shipped recipes with: edgefer recipes ls"
    try:
        text = read_text_file(path, "a recipe", fix)
    except ArtifactError as error:
        raise RecipeError(error.what, error.fix) from error
    if len(text) > _LARGEST:
        raise UsageError(f"{path} has {len(text):,} bytes, more than a recipe can have", fix)
    return text


def check(values: dict[str, Any], where: str) -> Recipe:
    """Validate a recipe's values; RecipeError lists all faults with the keys that hold them."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        faults = [_fault(detail) for detail in error.errors()]
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise RecipeError(
            f"{where} has {count}: {'; '.join(faults)}", "mend them, then: edgefer recipes check FILE"
        ) from error


def _fault(detail: Any) -> str:
    kind, keys = _without_tag([str(part) for part in detail["loc"]])
    place = ".".join(keys) or "recipe"
    if detail["type"] == "missing":
        return f"{place} is missing"
    if detail["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        return f"{place}.kind is none of {', '.join(KINDS)}"
    if detail["type"] != "extra_forbidden":
        given = "" if not keys or isinstance(detail["input"], dict) else f" (got {detail['input']!r})"
        return f"{place}: {detail['msg'].removeprefix('Value error, ')}{given}"
    if kind in TEACHERS and (why := misplaced(kind, keys[-1])):
        return f"{place} {why}"
    if others := [name for name, loss in LOSSES.items() if kind in LOSSES and keys[1] in loss.model_fields]:
        return f"{place} is no key of kind '{kind}', but of {' and '.join(others)}"
    near = difflib.get_close_matches(keys[-1], _known_keys(keys[:-1], kind), n=1)
    return f"{place} is no key" + (f", did you mean '{near[0]}'?" if near else "")


def _without_tag(keys: list[str]) -> tuple[str, list[str]]:
    """The kind of loss or teacher that pydantic puts into a fault's place, and the place as it stands in the file."""
    if keys[:1] == ["loss"] and len(keys) > 1 and keys[1] in LOSSES:
        return keys[1], [keys[0], *keys[2:]]
    if keys[:2] == ["teacher", "models"] and len(keys) > 3 and keys[3] in TEACHERS:
        return keys[3], [*keys[:3], *keys[4:]]
    return "", keys


def _known_keys(section: list[str], kind: str) -> list[str]:
    if kind:
        return list((LOSSES.get(kind) or TEACHERS[kind]).model_fields)
    fields: Any = Recipe.model_fields
    if section:
        found = {name: field.annotation for name, field in fields.items()}.get(section[0])
        options = [found, *getattr(found, "__args__", ())]
        fields = next((option.model_fields for option in options if hasattr(option, "model_fields")), {})
    return list(fields)


def _parse(change: str) -> tuple[str, object]:
    key, separator, text = change.partition("=")
    if not separator or not key.strip():
        raise UsageError(f"--set {change} has no value", "write it as --set train.epochs=3")
    try:
        return key, tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return key, text  # a bare word is a string


def _apply(values: dict[str, Any], key: str, value: object) -> None:
    *sections, leaf = key.strip().split(".")
    place = values
    for section in sections:
        place = place.setdefault(section, {})
        if not isinstance(place, dict):
            raise UsageError(f"--set {key}={value}: {section} is no section", "write it as --set train.epochs=3")
    place[leaf] = value
