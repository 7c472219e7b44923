"""Energy per inference: what a window of known work drew, and what the same hardware draws at rest."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field, computed_field, model_validator

from edgefer.benchmark.energy_sources import gauge_for
from edgefer.benchmark.nvml import Unavailable


class Energy(BaseModel):
    """The electricity of one window of work, or the reason that nothing here measures it.

    joules: over the window of `seconds`, in which `faces` were answered. idle_watts: the draw of the same hardware
    just before, with the model open and nothing running. method: what measured; scope: which hardware it counts.
    why: the reason that there is no figure; all figures are None then.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    joules: float | None = Field(default=None, ge=0)
    seconds: float | None = Field(default=None, gt=0)
    faces: int | None = Field(default=None, ge=1)
    idle_watts: float | None = Field(default=None, ge=0)
    method: str = ""
    scope: str = ""
    why: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Energy:
        figures = (self.joules, self.seconds, self.faces)
        known = [figure is not None for figure in figures]
        if any(known) != all(known) or any(known) == bool(self.why) or any(known) != bool(self.method):
            raise ValueError("energy has either joules, seconds, faces and a method, or a reason")
        return self

    @computed_field  # type: ignore[prop-decorator]
    @property
    def watts(self) -> float | None:
        """Mean draw over the window."""
        return None if self.joules is None or self.seconds is None else self.joules / self.seconds

    @computed_field  # type: ignore[prop-decorator]
    @property
    def joules_per_face(self) -> float | None:
        """Gross: all that the hardware drew meanwhile."""
        return None if self.joules is None or self.faces is None else self.joules / self.faces

    @computed_field  # type: ignore[prop-decorator]
    @property
    def net_joules_per_face(self) -> float | None:
        """Less what the hardware draws at rest. About zero, or below, where the work does not show above that."""
        if self.joules is None or self.seconds is None or self.faces is None or self.idle_watts is None:
            return None
        return (self.joules - self.idle_watts * self.seconds) / self.faces


def measure(work: Callable[[], int], device: str, idle_s: float = 1.0) -> Energy:
    """Let this process rest for `idle_s` seconds, then do `work`, which returns the number of faces that it answered.

    device: `cpu` or `cuda:N`, on which the work runs and which must be done when `work` returns. Work of some seconds
    is needed: counters move in steps, and meters of NVIDIA's GPUs show the mean of up to a second.
    Where nothing measures the device, or it fails on the way, the result has the reason; what `work` raises passes.
    """
    try:
        with gauge_for(device) as gauge:
            begin = time.monotonic()
            gauge.start()
            time.sleep(idle_s)
            idle = gauge.stop() / (time.monotonic() - begin)
            begin = time.monotonic()
            gauge.start()
            try:
                faces = work()
            except BaseException:
                with contextlib.suppress(Unavailable):
                    gauge.stop()
                raise
            joules = gauge.stop()
            seconds = time.monotonic() - begin
    except Unavailable as why:
        return Energy(why=str(why))
    if joules <= 0:
        return Energy(why=f"{gauge.method} did not move within {seconds:.1f} s")
    return Energy(joules=joules, seconds=seconds, faces=faces, idle_watts=idle, method=gauge.method, scope=gauge.scope)
