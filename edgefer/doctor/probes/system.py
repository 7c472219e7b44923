"""Python, the operating system, the processor, and how a Jetson is set."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import edgefer
from edgefer.benchmark import confines
from edgefer.benchmark.cpu_state import read_cpu
from edgefer.benchmark.environment import memory_bytes, processor
from edgefer.benchmark.jetson import is_jetson, read_jetson
from edgefer.benchmark.sysfs import text
from edgefer.doctor.finding import Finding, Group, Mark
from edgefer.doctor.place import shown

# JetPack 6.1, the first with TensorRT 10.3.
_L4T = (36, 4)
_DPKG_S = 5.0
_SMALL_BYTES = 2 << 30


def system() -> list[Finding]:
    """Python, system, processor, memory."""
    return [_python(), _system(), _processor(), _memory()]


def jetson(root: Path = Path("/")) -> list[Finding]:
    """JetPack and the power mode; nothing on other machines."""
    return [_jetpack(root), _power(root)] if is_jetson(root) else []


def _python() -> Finding:
    kind = "the virtual environment " if sys.prefix != sys.base_prefix else ""
    fact = f"{platform.python_version()}, edgefer {edgefer.__version__}, in {kind}{shown(sys.prefix)}"
    return Finding(Group.SYSTEM, "Python", Mark.OK, fact, details={"version": platform.python_version()})


def _system() -> Finding:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = platform.mac_ver()[0] and f"macOS {platform.mac_ver()[0]}"
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    virtual = confines.virtual_machine().replace("yes", "a virtual machine")
    inside = [one for one in (confines.container(), virtual) if one]
    fact = ", ".join([one for one in (name, kernel) if one] + ([f"inside {' in '.join(inside)}"] if inside else []))
    return Finding(Group.SYSTEM, "system", Mark.OK, fact, details={"name": name, "kernel": kernel, "inside": inside})


def _processor() -> Finding:
    cores, quota, governor = len(confines.cores()), confines.cpu_quota(), read_cpu().governor
    fact = f"{processor()}, {cores} core{'s' if cores > 1 else ''}"
    fact += f" worth {quota:g} by the container's quota" if quota is not None else ""
    fact += f", governor {governor}" if governor else ""
    return Finding(Group.SYSTEM, "processor", Mark.OK, fact, details={"cores": cores, "quota": quota})


def _memory() -> Finding:
    total = memory_bytes()
    details = {"bytes": total}
    if total is None:
        return Finding(Group.SYSTEM, "memory", Mark.OK, "this system does not tell how much", details=details)
    fact = f"{total / 1e9:.1f} GB"
    if total >= _SMALL_BYTES:
        return Finding(Group.SYSTEM, "memory", Mark.OK, fact, details=details)
    swap = (
        "sudo fallocate -l 4G /swapfile && sudo chmod 600 /swapfile && sudo mkswap /swapfile && sudo swapon /swapfile"
    )
    return Finding(Group.SYSTEM, "memory", Mark.WARNING, f"{fact}: engine builds may run out of it", swap, (), details)


def _jetpack(root: Path) -> Finding:
    release = text(root / "etc/nv_tegra_release")
    found = re.search(r"R(\d+).*?REVISION:\s*([\d.]+)", release)
    if found is None:
        fact = "the device tree names a Jetson, but /etc/nv_tegra_release does not say which Linux for Tegra"
        return Finding(Group.SYSTEM, "JetPack", Mark.WARNING, fact, "sudo apt install --reinstall nvidia-l4t-core")
    l4t, package = f"{found[1]}.{found[2]}", _dpkg()
    fact = f"{package or 'unknown'}, Linux for Tegra {l4t}"
    details = {"l4t": l4t, "jetpack": package}
    if tuple(int(part) for part in l4t.split(".")[:2]) < _L4T:
        fact += ": its TensorRT is older than 10.3, which edgefer needs"
        fix = "flash JetPack 6.1 or later: https://developer.nvidia.com/embedded/jetpack"
        return Finding(Group.SYSTEM, "JetPack", Mark.WARNING, fact, fix, (), details)
    if not package:
        fact = f"Linux for Tegra {l4t} without JetPack's libraries, or dpkg does not tell"
        return Finding(Group.SYSTEM, "JetPack", Mark.WARNING, fact, "sudo apt install nvidia-jetpack", (), details)
    return Finding(Group.SYSTEM, "JetPack", Mark.OK, fact, details=details)


def _dpkg() -> str:
    """Version of the package nvidia-jetpack, empty where it cannot be told."""
    program = shutil.which("dpkg-query")
    if program is None:
        return ""
    try:
        command = [program, "--show", "--showformat=${Version}", "nvidia-jetpack"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_DPKG_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _power(root: Path) -> Finding:
    state = read_jetson(root)
    assert state is not None
    mode = state.power_mode
    details = {"mode": mode, "clocks_locked": state.clocks_locked}
    if mode is None:
        why = state.missing.get("power_mode", "unknown")
        return Finding(Group.SYSTEM, "power mode", Mark.WARNING, why, "sudo nvpmodel -q", (), details)
    locked = {True: ", clocks locked", False: ", clocks not locked", None: ""}[state.clocks_locked]
    fastest = _fastest(root)
    if fastest is None or mode == fastest[1]:
        return Finding(Group.SYSTEM, "power mode", Mark.OK, f"{mode}{locked}", details=details)
    fact = f"{mode}{locked}; {fastest[1]} is faster"
    return Finding(Group.SYSTEM, "power mode", Mark.WARNING, fact, f"sudo nvpmodel -m {fastest[0]}", (), details)


def _fastest(root: Path) -> tuple[int, str] | None:
    """Number and name of the mode without a limit, which is another number on each board; None where none is named so."""
    modes = re.findall(r"^<\s*POWER_MODEL ID=(\d+) NAME=(MAXN\w*)\s*>", text(root / "etc/nvpmodel.conf"), re.MULTILINE)
    named = [(int(number), name) for number, name in modes]
    # Where there is a MAXN_SUPER, it is above MAXN.
    return max(named, key=lambda mode: len(mode[1]), default=None)
