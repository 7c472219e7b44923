"""From one model on one runtime to the ways in which this machine can run it, each a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgefer.benchmark.abilities import Abilities
from edgefer.benchmark.candidate import Candidate, Kind, Provider, Role
from edgefer.card import Precision
from edgefer.runtime.engine import runs_here

_PROVIDERS = {Provider.CUDA: "CUDA", Provider.TENSORRT: "TensorRT"}
_ASK = "a minute a row on a CPU: ask for it with --compile"


@dataclass(frozen=True)
class Wish:
    """Which rows a suite makes of its models.

    threads: numbers of CPU threads; by default all cores, and for students one thread besides. compiled: rows by
    torch.compile; None for where it takes seconds, on a GPU. int8: make INT8 files for CPUs of students that have none.
    """

    threads: tuple[int, ...] = ()
    compiled: bool | None = None
    int8: bool = True


EVERYTHING = Wish()


def variants(row: Candidate, here: Abilities, wish: Wish) -> list[Candidate]:
    """The row as it is and in the further ways that this machine has; a row that cannot run stays alone."""
    if row.why or row.kind is Kind.FACTORY:
        return [row]
    if row.kind is Kind.TORCH:
        return list(_torch(row, here, wish))
    if row.kind is Kind.ONNXRUNTIME:
        return [*_threads(row, here, wish), *_providers(row, here)]
    return list(_engine(row, here))


def left_out(rows: Sequence[Candidate], here: Abilities, wish: Wish) -> tuple[str, ...]:
    """What the suite would measure elsewhere of these rows, by the reason that it is not measured here."""
    kinds = {row.kind for row in rows}
    missing: list[tuple[str, str]] = []
    if Kind.TORCH in kinds:
        missing += [("PyTorch FP16", here.half), ("PyTorch with CUDA graphs", here.torch_gpu)]
        missing += [("torch.compile", _no_compile(here, wish))] if wish.compiled is not False else []
    if Kind.ONNXRUNTIME in kinds:
        missing += [(f"ONNX Runtime on {name}", here.providers[one]) for one, name in _PROVIDERS.items()]
    if kinds & {Kind.TORCH, Kind.ONNXRUNTIME}:
        missing += [("torch-tensorrt", here.torch_tensorrt)]
    reasons = list(dict.fromkeys(why for _, why in missing if why))
    return tuple(f"{', '.join(name for name, other in missing if other == why)}: {why}" for why in reasons)


def _torch(row: Candidate, here: Abilities, wish: Wish) -> Iterator[Candidate]:
    on_gpu = not here.torch_gpu
    if on_gpu:
        yield row
    else:
        yield from _threads(row, here, wish)
    fast = row
    if not here.half:
        fast = row.model_copy(update={"runtime": "PyTorch FP16", "precision": Precision.FP16})
        yield fast
    if not _no_compile(here, wish):
        yield fast.model_copy(update={"runtime": f"{fast.runtime}, torch.compile", "compiled": True})
    if on_gpu:
        yield fast.model_copy(update={"runtime": f"{fast.runtime}, CUDA graph", "cuda_graph": True})


def _no_compile(here: Abilities, wish: Wish) -> str:
    """Why there are no rows by torch.compile; empty where there are."""
    if wish.compiled is False:
        return "not asked for"
    if here.torch_gpu and wish.compiled is None:
        return here.compiler or _ASK
    return here.compiler


def _engine(row: Candidate, here: Abilities) -> Iterator[Candidate]:
    if here.gpu:
        yield row.model_copy(update={"why": f"needs an NVIDIA GPU, and {here.gpu}"})
        return
    yield row
    # Of one that cannot run, a single row says so.
    if row.trust or runs_here(Path(row.target)):
        yield row.model_copy(update={"runtime": f"{row.runtime}, CUDA graph", "cuda_graph": True})


def _threads(row: Candidate, here: Abilities, wish: Wish) -> Iterator[Candidate]:
    """The row with the most threads keeps its name, so that it has the same one however many others there are."""
    both = row.role is Role.STUDENT and here.cores > 1
    numbers = sorted(set(wish.threads or ((1, here.cores) if both else (here.cores,))), reverse=True)
    for number in numbers:
        label = "" if number == numbers[0] else f", {number} thread{'s' * (number > 1)}"
        yield row.model_copy(update={"runtime": f"{row.runtime}{label}", "threads": number})


def _providers(row: Candidate, here: Abilities) -> Iterator[Candidate]:
    """On a GPU; INT8 in the form for CPUs has no kernels there, and TensorRT's form is measured as an engine."""
    precision = row.card.precision if row.card else Precision.FP32
    if precision not in {Precision.FP32, Precision.FP16}:
        return
    for provider, name in _PROVIDERS.items():
        if not here.providers[provider]:
            yield row.model_copy(update={"runtime": f"{row.runtime}, {name}", "provider": provider})
