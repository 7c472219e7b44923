"""The TensorRT flavours as one capability object, filled by what the installed module has.

`tensorrt`       the standard: Jetson, data centre, RTX. Builds on the GPU that it builds for.
`tensorrt_rtx`   RTX 20 to 50 series. Builds for a list of targets, on any x86-64 machine, with or without a GPU.
`tensorrt_lean`  a small runtime for standard engines built with `--version-compatible`. Builds nothing.
"""

from __future__ import annotations

import difflib
import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Literal, cast, get_args

from edgefer.errors import BackendError, UsageError

if TYPE_CHECKING:
    from edgefer.trt.driver import Driver

FlavourName = Literal["tensorrt", "tensorrt_rtx", "tensorrt_lean"]
PlanName = Literal["tensorrt", "tensorrt_rtx"]

_TITLES: dict[FlavourName, str] = {
    "tensorrt": "TensorRT",
    "tensorrt_rtx": "TensorRT-RTX",
    "tensorrt_lean": "TensorRT lean",
}
_SHORT: dict[FlavourName, str] = {"tensorrt": "trt", "tensorrt_rtx": "rtx", "tensorrt_lean": "lean"}
_EXTRAS: dict[FlavourName, str] = {
    "tensorrt": "pip install 'edgefer[tensorrt]' (JetPack brings its own: python -m venv --system-site-packages)",
    "tensorrt_rtx": "pip install 'edgefer[rtx]' (x86-64)",
    "tensorrt_lean": "pip install tensorrt-lean-cu13 cuda-bindings",
}
# 10.3 is JetPack 6's and the first with everything that strongly typed networks need here; RTX is tested from 1.5.
_OLDEST: dict[FlavourName, tuple[int, int]] = {
    "tensorrt": (10, 3),
    "tensorrt_rtx": (1, 5),
    "tensorrt_lean": (10, 3),
}
_RTX_DEFAULT_TARGETS = ("sm80", "sm86", "sm89", "sm120")


@dataclass(frozen=True)
class Flavour:
    """What an installed TensorRT can do.

    targets: the compute capabilities that a build can be asked for, such as `sm89`; empty when a build is always for
    this machine's GPU. int8_convolutions: whether it compiles convolutions with INT8 on both sides.
    specialises_shapes: whether kernels are compiled again for each new input shape at run time.

    What a build can be asked for; all False where nothing can be built:
    supports_timing_cache: measured kernel times can be kept for the next build. supports_workspace: scratch memory can
    be limited. supports_version_compatible: plans for the lean runtime.
    supports_hardware_compatible: plans for all GPUs from Ampere on. supports_strip: plans without their weights.
    What a run can be asked for: supports_runtime_cache: kernels compiled at run time can be kept for the next one.
    captures_itself: the runtime replays CUDA graphs of its own; where not, its stream is captured.
    refits_from_onnx: the weights of a plan without them can be taken from the ONNX file that it was built from.
    """

    name: FlavourName
    version: str
    module: ModuleType
    targets: tuple[str, ...]
    default_targets: tuple[str, ...]
    int8_convolutions: bool
    specialises_shapes: bool
    reports_weights: bool
    supports_timing_cache: bool
    supports_workspace: bool
    supports_version_compatible: bool
    supports_hardware_compatible: bool
    supports_strip: bool
    supports_runtime_cache: bool
    captures_itself: bool
    refits_from_onnx: bool

    @property
    def title(self) -> str:
        """As NVIDIA writes it, with the version."""
        return f"{_TITLES[self.name]} {self.version}"

    @property
    def short(self) -> str:
        """`trt` or `rtx`, for file names."""
        return _SHORT[self.name]

    @property
    def plans(self) -> PlanName:
        """Whose plans it deals with: the lean runtime has none of its own."""
        return "tensorrt_rtx" if self.name == "tensorrt_rtx" else "tensorrt"

    @property
    def supports_targets(self) -> bool:
        """Whether a build names its targets; if not, it is for this machine's GPU."""
        return bool(self.targets)

    @property
    def can_build_without_gpu(self) -> bool:
        """Only a compiler that is told its target can do without the GPU."""
        return self.supports_targets


def title(name: FlavourName) -> str:
    """As NVIDIA writes it."""
    return _TITLES[name]


def load(name: FlavourName) -> Flavour:
    """Import a flavour. Creates no TensorRT object, so it is safe without a driver.

    Raises BackendError when it is not installed, cannot be loaded, or is too old.
    """
    named = title(name)
    try:
        module = importlib.import_module(name)
        version = str(module.__version__)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise BackendError(f"{named} is installed but lacks {error.name}", _EXTRAS[name]) from error
        raise BackendError(f"{named} is not installed", _EXTRAS[name]) from error
    except (ImportError, OSError, AttributeError) as error:
        reason = (str(error).splitlines() or ["unknown"])[0]
        raise BackendError(f"{named} is installed but cannot be loaded: {reason}", _EXTRAS[name]) from error
    if version_parts(version)[:2] < _OLDEST[name]:
        oldest = ".".join(map(str, _OLDEST[name]))
        raise BackendError(
            f"{named} {version} is too old: edgefer keeps precision in strongly typed networks, from {named} {oldest} on",
            "install a newer one, or on a Jetson move to JetPack 6.1" if name == "tensorrt" else _EXTRAS[name],
        )
    return _describe(name, version, module)


def choose(name: str | None, driver: Driver) -> Flavour:
    """The flavour to build with: `name`, else TensorRT where there is a GPU, TensorRT-RTX where not.

    Raises UsageError for a name that is no flavour or that only runs engines, BackendError when nothing that fits is
    installed.
    """
    if name is not None:
        known = _known(name)
        if known == "tensorrt_lean":
            raise UsageError(
                f"{_TITLES[known]} only runs engines, it builds none",
                "build with --flavour tensorrt --version-compatible, and run that engine with it",
            )
        return load(known)
    if not driver.present:
        return load("tensorrt_rtx")
    try:
        return load("tensorrt")
    except BackendError as reason:
        try:
            return load("tensorrt_rtx")
        except BackendError:
            raise reason from None


def parse_targets(texts: Iterable[str], flavour: Flavour) -> tuple[str, ...]:
    """Targets such as `sm89`, `8.9` or `89`, in the flavour's order, each once; all of its defaults when none is named.

    Raises UsageError for one that the flavour cannot compile for.
    """
    wanted = set()
    for text in texts:
        target = "sm" + re.sub(r"^sm_?|\.", "", text.strip().lower())
        if target not in flavour.targets:
            near = difflib.get_close_matches(target, flavour.targets, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise UsageError(
                f"{flavour.title} has no target '{text}'", f"{hint}There are: {', '.join(flavour.targets)}"
            )
        wanted.add(target)
    if not wanted:
        return flavour.default_targets
    return tuple(target for target in flavour.targets if target in wanted)


def version_parts(version: str) -> tuple[int, ...]:
    """`10.13.3.9` -> (10, 13, 3, 9); stops at the first part that is not a number."""
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def _known(name: str) -> FlavourName:
    names = get_args(FlavourName)
    spelled = name.strip().lower().replace("-", "_")
    spelled = {short: known for known, short in _SHORT.items()}.get(spelled, spelled)
    if spelled not in names:
        near = difflib.get_close_matches(spelled, names, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are: {', '.join(names)}"
        raise UsageError(f"no TensorRT flavour is named '{name}'", hint)
    return cast("FlavourName", spelled)


def _describe(name: FlavourName, version: str, module: ModuleType) -> Flavour:
    targets: tuple[str, ...] = ()
    config, flags = getattr(module, "IBuilderConfig", None), getattr(module, "BuilderFlag", None)
    ahead_of_time = hasattr(config, "set_compute_capability")
    # TensorRT-RTX has the attributes of the following too. Its timing cache is a deprecated no-op, since it times
    # nothing; there is no lean runtime of it; it says that "setHardwareCompatibilityLevel() is unsupported"; and with
    # STRIP_PLAN its compiler fails where there is no GPU (tests/engine/test_strip.py tries it).
    on_the_gpu = config is not None and not ahead_of_time
    refits = hasattr(module, "OnnxParserRefitter")
    if ahead_of_time:
        names = (text.lower() for text in dir(module.ComputeCapability) if re.fullmatch(r"SM\d+", text))
        targets = tuple(sorted(names, key=lambda text: int(text[2:])))
    return Flavour(
        name=name,
        version=version,
        module=module,
        targets=targets,
        default_targets=tuple(target for target in _RTX_DEFAULT_TARGETS if target in targets),
        # RTX 1.5 and 1.6 fail on them ("CHECK(dtype == myelinTypeFloat || ...)"), 1.7 compiles them.
        int8_convolutions=name != "tensorrt_rtx" or version_parts(version) >= (1, 7),
        specialises_shapes=hasattr(module, "DynamicShapesKernelSpecializationStrategy"),
        reports_weights=hasattr(module.ICudaEngine, "get_engine_stat") and hasattr(module, "EngineStat"),
        supports_timing_cache=on_the_gpu and hasattr(config, "create_timing_cache"),
        supports_workspace=hasattr(config, "set_memory_pool_limit"),
        supports_version_compatible=on_the_gpu and hasattr(flags, "VERSION_COMPATIBLE"),
        supports_hardware_compatible=on_the_gpu and hasattr(config, "hardware_compatibility_level"),
        supports_strip=on_the_gpu and refits and hasattr(flags, "STRIP_PLAN"),
        supports_runtime_cache=hasattr(getattr(module, "IRuntimeConfig", None), "create_runtime_cache"),
        captures_itself=hasattr(module, "CudaGraphStrategy"),
        refits_from_onnx=refits,
    )
