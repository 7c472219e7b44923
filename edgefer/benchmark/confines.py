"""What confines this process: a container's share of the processor, and whether the machine is a real one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from edgefer.benchmark.sysfs import number, text


def cores() -> list[int]:
    """Numbers of the cores that this process may run on."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Cores' worth of CPU time that control groups grant this process (`docker run --cpus`); None where unlimited.

    Every group from the process's own up to the root can set one; the smallest holds.
    """
    granted = [quota for folder in _groups(root) if (quota := _granted(folder)) is not None]
    return min(granted, default=None)


def container(root: Path = Path("/")) -> str:
    """Which kind of container this is, in one word or two; empty when nothing says so."""
    for mark, name in ((".dockerenv", "Docker"), ("run/.containerenv", "Podman")):
        if (root / mark).exists():
            return name
    if "KUBERNETES_SERVICE_HOST=" in text(root / "proc/self/environ"):
        return "Kubernetes"
    found = re.search(r"docker|kubepods|libpod|lxc|containerd", text(root / "proc/self/cgroup"))
    return found.group() if found else ""


def virtual_machine(root: Path = Path("/")) -> str:
    """The name of the virtual machine that this is, or `yes`; empty on real hardware, as far as can be told."""
    if "microsoft" in text(root / "proc/sys/kernel/osrelease").lower():
        return "WSL"
    if re.search(r"^flags\s*:.*\bhypervisor\b", text(root / "proc/cpuinfo"), re.MULTILINE):
        return text(root / "sys/class/dmi/id/sys_vendor") or "yes"
    return ""


def _groups(root: Path) -> Iterator[Path]:
    """Folders of the process's CPU group and of all groups above it, of either version of control groups."""
    mounted = root / "sys/fs/cgroup"
    for line in text(root / "proc/self/cgroup").splitlines():
        parts = line.split(":", 2)
        if len(parts) != 3:
            continue
        _, controllers, path = parts
        if controllers and "cpu" not in controllers.split(","):
            continue
        # Inside a container the path may be the host's, which is not there; its own group is then the mounted root.
        for base in (mounted / controllers, mounted / "cpu") if controllers else (mounted, mounted / "unified"):
            group = base / path.lstrip("/")
            yield from (folder for folder in (group, *group.parents) if folder.is_relative_to(base))


def _granted(folder: Path) -> float | None:
    """`max 100000` or `150000 100000` microseconds in version 2; two files, -1 for no limit, in version 1."""
    found = re.fullmatch(r"(\d+) (\d+)", text(folder / "cpu.max"))
    if found:
        return int(found[1]) / int(found[2])
    quota, period = number(folder / "cpu.cfs_quota_us"), number(folder / "cpu.cfs_period_us")
    return quota / period if quota is not None and quota > 0 and period else None
