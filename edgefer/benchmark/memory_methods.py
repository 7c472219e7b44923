"""The ways in which memory is read: what each one counts, in one sentence for tables, pages and docs."""

from __future__ import annotations

METHODS = {
    "RSS": "pages of the process in RAM (resident set), shared ones counted in full",
    "PSS": "pages of the process in RAM, shared ones divided by the number of processes that share them; moves when a "
    "neighbour with the same libraries starts or ends",
    "USS": "private pages only: what would be freed if the process ended; moves as PSS does",
    "peak RSS": "the highest resident set since the model began to open, memory used within one call included",
    "GPU": "the process's own share of GPU memory, CUDA context included (NVML)",
    "GPU device": "all that is in use on the GPU, by whatever process, in steps of 2 MiB (cudaMemGetInfo); a difference "
    "means the model only on a GPU that is otherwise idle, and on a Jetson it is all RAM",
    "jtop GPU": "the process's own share of a Jetson's memory that its GPU has mapped, which RSS does not hold (jtop)",
    "torch allocated": "the most that PyTorch's tensors took at once; nothing of the context, of libraries or of TensorRT",
    "torch reserved": "the most that PyTorch's allocator held of the GPU at once, to fill with tensors",
}
