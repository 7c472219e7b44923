"""One training on several processes, started by torchrun: by NCCL on GPUs, by gloo on CPUs.

Each process holds all faces and the same weights and computes its slice of every batch. What couples the faces of a
batch is computed over the whole of it: the slices' logits are gathered before the loss, batch norm takes its statistics
and dropout its mask from the whole batch (`distill/whole_batch.py`), and the gradients, each process's share of the one
loss, are summed. So the result is that of one process, to rounding. Alone, every function here does nothing.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

from edgefer.errors import BackendError, EdgeferError, UsageError
from edgefer.ranks import leads, local_rank, rank, world
from edgefer.recipe import Recipe

PATIENCE = timedelta(minutes=20)  # the longest that a process waits for one that lives but does not answer

_T = TypeVar("_T")


def default_device() -> torch.device:
    """Where training runs: this process's GPU when there are any. Raises BackendError when they are too few."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    if world() == 1:
        return torch.device("cuda")
    if local_rank() >= torch.cuda.device_count():
        raise BackendError(
            f"process {local_rank() + 1} of this machine has no GPU of its own, of {torch.cuda.device_count()}",
            f"torchrun --nproc-per-node {torch.cuda.device_count()}, or hide the GPUs with CUDA_VISIBLE_DEVICES=",
        )
    return torch.device("cuda", local_rank())


def check_batch(recipe: Recipe, faces: int) -> None:
    """Raise UsageError unless every process gets an equal slice of a batch."""
    size = min(recipe.train.batch, faces)
    if size % world():
        raise UsageError(
            f"{recipe.name}: a batch of {size} faces cannot be divided by {world()} processes",
            f"--set train.batch={max(size - size % world(), world())}",
        )


def led(work: Callable[[], _T]) -> _T:
    """What `work` gives, or the EdgeferError that it raises, in the leading process; the others do not call it."""
    if world() == 1:
        return work()
    said: list[Any] = [None]
    if leads():
        try:
            said[0] = work()
        except EdgeferError as error:
            said[0] = error
    with _together():
        dist.broadcast_object_list(said, src=0, device=torch.device("cpu"))
    if isinstance(said[0], EdgeferError):
        raise said[0]
    result: _T = said[0]
    return result


def spread(work: Callable[[Tensor], Tensor], parts: Sequence[Tensor]) -> Tensor:
    """`work` of every part, one after the other in one tensor: the processes take turns and share what they got.

    work: `[n, ...]` to `[n, ...]`, each row for itself.
    """
    if world() == 1:
        return torch.cat([work(part) for part in parts])
    own = {number: work(parts[number]) for number in range(rank(), len(parts), world())}
    like = next(iter(own.values())) if own else work(parts[0])
    results = [
        own[number] if number in own else like.new_zeros((len(part), *like.shape[1:]))
        for number, part in enumerate(parts)
    ]
    return summed(torch.cat(results))


def own_slice(batch: Tensor) -> Tensor:
    """The rows that are this process's of a batch `[B, ...]`: `[B / world, ...]`."""
    return batch if world() == 1 else batch.chunk(world())[rank()]


def gathered(rows: Tensor) -> Tensor:
    """The whole batch `[B, ...]` from each process's rows, in order.

    Gradients flow to this process's rows alone: with `sum_gradients` each process adds its share of the one loss.
    """
    return rows if world() == 1 else _Gather.apply(rows)


def summed(values: Tensor) -> Tensor:
    """The sum over the processes, the same in each; `values` is overwritten. No gradients."""
    if world() > 1:
        with _together():
            dist.all_reduce(values)
    return values


def sum_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Give every process the sum of all processes' gradients, in one exchange."""
    if world() == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    total = summed(torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, part in zip(gradients, total.split([gradient.numel() for gradient in gradients]), strict=True):
        gradient.copy_(part.view(gradient.shape))


def last_word() -> None:
    """Let nothing interrupt this process any more, because it ends anyway and is to say why; nothing alone.

    torchrun ends all processes when the first has ended, and Ctrl-C comes from the terminal and from torchrun. Either may
    come between an error and its message, which then would be lost.
    """
    if world() > 1:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)


def first_to_tell() -> bool:
    """Whether this process is the first that wants to say why all of them end; always true alone."""
    if world() == 1:
        return True
    last_word()
    try:
        return _store().compare_set("edgefer/told", "", str(rank())).decode() == str(rank())
    except (RuntimeError, BackendError):
        return True


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(_context: Any, rows: Tensor) -> Tensor:
        whole = rows.new_zeros((world(), *rows.shape))
        whole[rank()] = rows
        return summed(whole).flatten(0, 1)

    @staticmethod
    def backward(_context: Any, *gradients: Tensor) -> Tensor:
        return own_slice(gradients[0])


@contextlib.contextmanager
def _together() -> Iterator[None]:
    """Around an exchange: joins the others first, and says what happened when one of them is gone."""
    try:
        _join()
        yield
    except RuntimeError as error:
        last_word()
        raise BackendError(
            f"another of the {world()} processes has ended or does not answer",
            "if it left no message it was killed; the same command with --resume goes on",
        ) from error


@cache
def _join() -> None:
    if torch.cuda.is_available():
        torch.cuda.set_device(default_device())
    # torchrun ends the others so when one has ended: let them say how to go on, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    store = dist.PrefixStore("edgefer/group", _store())  # type: ignore[attr-defined]
    dist.init_process_group(backend, store=store, rank=rank(), world_size=world(), timeout=PATIENCE)


@cache
def _store() -> Any:
    """Where the processes find each other: torchrun's, which outlives each of them."""
    if not dist.is_available():
        raise BackendError("this PyTorch was built without torch.distributed", "train in one process, without torchrun")
    try:
        return next(iter(dist.rendezvous("env://", timeout=PATIENCE)))[0]  # type: ignore[attr-defined]
    except ValueError as error:
        raise BackendError(
            f"WORLD_SIZE says {world()} processes, but not where they meet ({error})",
            "start them with torchrun, or unset WORLD_SIZE",
        ) from error
