"""What makes the times of two records comparable: the same hardware, held to the same power."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from edgefer.benchmark.environment import Environment

# Firmware and kernel reserve some of the memory, more or less from one boot to the next.
_SAME_MEMORY = 0.02


class Fingerprint(BaseModel):
    """The facts of one machine. None where a record does not tell, which is no difference to any other.

    cores: what the process could run on. cpu_quota: cores' worth of time that its container granted, 0 for no limit.
    power_limits_w: of each GPU. power_mode: of a Jetson.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    cpu: str
    cores: int
    cpu_quota: float
    memory_bytes: int | None
    governor: str | None
    gpus: tuple[str, ...]
    driver: str | None
    power_limits_w: tuple[float, ...] | None
    power_mode: str | None


def fingerprint(environment: Environment) -> Fingerprint:
    """The facts, from the state before the first measurement where they could change."""
    state = environment.before
    limits = [gpu.power_limit_w for gpu in state.gpus if gpu.power_limit_w is not None] if state else []
    return Fingerprint(
        cpu=environment.cpu,
        cores=environment.cores,
        cpu_quota=environment.cpu_quota or 0.0,
        memory_bytes=environment.memory_bytes,
        governor=environment.governor or None,
        gpus=environment.gpus,
        driver=environment.driver or None,
        power_limits_w=tuple(limits) if state is not None and limits and len(limits) == len(state.gpus) else None,
        power_mode=state.jetson.power_mode if state and state.jetson else None,
    )


def differences(one: Environment, other: Environment) -> list[str]:
    """In words, each fact that differs, such as `cores 2 and 4`; empty when the two are comparable."""
    a, b = fingerprint(one), fingerprint(other)
    facts = [
        ("CPU", a.cpu, b.cpu),
        ("cores", str(a.cores), str(b.cores)),
        ("CPU quota", _quota(a.cpu_quota), _quota(b.cpu_quota)),
        ("memory", *_memories(a.memory_bytes, b.memory_bytes)),
        ("CPU governor", a.governor, b.governor),
        ("GPU", ", ".join(a.gpus) or "none", ", ".join(b.gpus) or "none"),
        ("GPU driver", a.driver, b.driver),
        ("GPU power limit", _limits(a.power_limits_w), _limits(b.power_limits_w)),
        ("power mode", a.power_mode, b.power_mode),
    ]
    return [f"{what} {was} and {now}" for what, was, now in facts if was is not None and now is not None and was != now]


def _quota(cores: float) -> str:
    return f"{cores:g} cores" if cores else "none"


def _limits(watts: tuple[float, ...] | None) -> str | None:
    return None if watts is None else ", ".join(f"{limit:.0f} W" for limit in watts)


def _memories(one: int | None, other: int | None) -> tuple[str | None, str | None]:
    if one is None or other is None or abs(one - other) <= _SAME_MEMORY * max(one, other):
        return None, None
    return f"{one / 1e9:.1f} GB", f"{other / 1e9:.1f} GB"
