"""edgefer: facial-expression recognition distilled, compiled and watched on edge devices."""

__version__ = "0.1.0"
