"""The probes: which functions look at this machine, and what to say of one that dies."""

from __future__ import annotations

from dataclasses import dataclass

from edgefer.doctor.finding import Group, Purpose

TRAIN, BUILD, RUN = Purpose.TRAIN, Purpose.BUILD, Purpose.RUN


@dataclass(frozen=True)
class Probe:
    """target: `module:function` below `edgefer.doctor.probes`, which returns findings.

    group, name, needed_for and fix make the finding that takes their place when the probe dies.
    """

    target: str
    group: Group
    name: str
    fix: str
    needed_for: tuple[Purpose, ...] = ()


# In the order of the table; all start at once.
PROBES = (
    Probe("system:system", Group.SYSTEM, "system", "pip install --force-reinstall pydantic"),
    Probe("system:jetson", Group.SYSTEM, "JetPack", "sudo reboot"),
    Probe("gpu:driver", Group.GPU, "driver", "reinstall NVIDIA's driver, then: sudo reboot"),
    Probe("gpu:state", Group.GPU, "state", "pip install --force-reinstall nvidia-ml-py"),
    Probe("flavours:standard", Group.TENSORRT, "TensorRT", "pip install --force-reinstall tensorrt", (BUILD,)),
    Probe("flavours:rtx", Group.TENSORRT, "TensorRT-RTX", "pip install --force-reinstall tensorrt-rtx", (BUILD,)),
    Probe("flavours:lean", Group.TENSORRT, "TensorRT lean", "pip install --force-reinstall tensorrt-lean-cu13"),
    Probe("runtimes:torch", Group.RUNTIMES, "PyTorch", "pip install --force-reinstall torch", (TRAIN,)),
    Probe(
        "runtimes:training",
        Group.RUNTIMES,
        "training",
        "pip install --force-reinstall safetensors onnxscript matplotlib",
        (TRAIN,),
    ),
    Probe(
        "runtimes:onnxruntime",
        Group.RUNTIMES,
        "ONNX Runtime",
        "pip install --force-reinstall onnxruntime",
        (BUILD, RUN),
    ),
    Probe("runtimes:onnx", Group.RUNTIMES, "ONNX", "pip install --force-reinstall onnx", (BUILD, RUN)),
    Probe("runtimes:numpy", Group.RUNTIMES, "NumPy", "pip install --force-reinstall numpy", (TRAIN, BUILD, RUN)),
    Probe("opencv:build", Group.CAMERA, "OpenCV", "pip install --force-reinstall opencv-python", (RUN,)),
    Probe("opencv:detector", Group.CAMERA, "face detector", "pip install --force-reinstall opencv-python", (RUN,)),
    Probe("opencv:display", Group.CAMERA, "display", "edgefer run --headless"),
    Probe("cameras:cameras", Group.CAMERA, "cameras", "unplug the camera and plug it in again"),
    Probe("folders:writing", Group.FOLDERS, "writing", "cd ~", (TRAIN, BUILD)),
    Probe("folders:disk", Group.FOLDERS, "disk", "cd ~", (TRAIN, BUILD)),
)
