"""edgefer: facial-expression recognition distilled, compiled and watched on edge devices.

for frame in edgefer.watch("clip.mp4"):
    print(frame.time, [face.emotion for face in frame.faces])
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgefer.camera.api import watch

__version__ = "0.1.0"
__all__ = ["__version__", "watch"]

if not TYPE_CHECKING:  # a type checker would take every misspelt name for one that is made here

    def __getattr__(name: str) -> object:
        """`watch` on first use: every command imports this module, and few need OpenCV."""
        if name != "watch":
            raise AttributeError(f"module 'edgefer' has no attribute '{name}'")
        from edgefer.camera.api import watch

        return watch
