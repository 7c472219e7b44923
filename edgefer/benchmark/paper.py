"""What the paper of Mini-ResEmoteNet prints about speed, memory and size, and what it leaves open.

A. Murtada, O. Abdelrhman, T. A. Attia: Mini-ResEmoteNet: Leveraging Knowledge Distillation for Human-Centered Design.
arXiv 2501.18538, January 2025. A figure that is not here was not at hand when this was written; none is derived.
"""

from __future__ import annotations

from dataclasses import dataclass

CITATION = (
    "A. Murtada, O. Abdelrhman, T. A. Attia, Mini-ResEmoteNet: Leveraging Knowledge Distillation for Human-Centered "
    "Design, arXiv 2501.18538 (2025), Table V"
)
TEACHER = "resemotenet"


@dataclass(frozen=True)
class Published:
    """One model as the paper has it. architecture: its name in edgefer.

    milliseconds, accuracy (per cent): on FER2013, then on RAF-DB where both are known; accuracies of B and C on FER2013 are
    the best of Table IV. memory_mb: on the two datasets. size_mb: Table V's, which are MiB. Empty: nothing is at hand.
    """

    name: str
    architecture: str
    parameters: int
    milliseconds: tuple[float, ...] = ()
    memory_mb: tuple[float, ...] = ()
    size_mb: float | None = None
    accuracy: tuple[float, ...] = ()

    @property
    def times(self) -> float | None:
        """How many times as fast as the teacher by the paper: its teacher's faster time over this one's."""
        if not self.milliseconds:
            return None
        return min(ROWS[0].milliseconds) / self.milliseconds[0]


ROWS = (
    Published(
        "ResEmoteNet", TEACHER, 80_238_599, (1.4, 3.2), (10_102.94, 838.19), size_mb=306.09, accuracy=(79.79, 94.76)
    ),
    Published("student A", "mini-resemotenet-a", 20_069_383, (0.14,), accuracy=(76.42, 85.00)),
    Published("student B", "mini-resemotenet-b", 5_022_215, (0.15,), accuracy=(70.20, 82.45)),
    Published("student C", "mini-resemotenet-c", 1_259_911, accuracy=(58.58,)),
)

NOT_STATED = (
    "how many faces one timed call holds (batch size), for times and for memory",
    "the size of the input; 64x64 is the teacher's",
    "the device that was timed; training ran on an NVIDIA P100",
    "whether there was a warm-up, and how many calls were timed",
    "whether the GPU was waited for before the clock was read",
    "whether copies to and from the GPU are in the time",
    "the spread: every time is one figure",
    "what counts as memory: tensors, the allocator, the process or the GPU",
    "which split the accuracies are of, and which split chose the epoch",
)

CONTRADICTIONS = (
    "A's accuracy on FER2013 is 76.42 in Tables IV and V, and 76.33 in the abstract, Table VI and the conclusion",
    "on RAF-DB, A and B have 85.00 and 82.45 in the tables, and 84.21 and 81.41 in the text",
    "the teacher's accuracies, 79.79 and 94.76, are copied from its own paper and were not measured again",
    "one and the same teacher takes 1.4 ms on FER2013 and 3.2 ms on RAF-DB",
    "A needs 3.8 times the multiplications of B and is printed as the faster one, 0.14 ms against 0.15 ms",
    "0.14 ms for A is 1.2 TFLOP/s, and PyTorch launches some 45 kernels for one call, which takes longer by itself: the "
    "time is divided by a batch, or the clock was read before the GPU had finished",
    "one and the same teacher takes 10,102.94 MB of memory on one dataset and 838.19 MB on the other",
    'the conclusion has memory "increased by 49.63%", which is a reduction',
    "the teacher's 306.09 MB in Table V and 320.95 MB in Table I are the same bytes, in MiB and in MB, of the parameters "
    "alone: the buffers of batch normalisation are in neither",
    '"50 %, 75 % and 87.5 %" fewer are channels; parameters fall by 75 %, 93.7 % and 98.4 %',
)
