"""INT8 accuracy against the number of calibration faces, as PNG bytes; matplotlib is imported when one is drawn."""

from __future__ import annotations

from statistics import fmean

from edgefer.quantize.curve import Curve
from edgefer.report.style import LIGHT, Theme, figure, plain, png


def calibration_curve(curve: Curve, theme: Theme = LIGHT) -> bytes:
    """A dot for each calibration set, a line through the mean of each size, and FP32 as a dashed line."""
    from matplotlib.ticker import MaxNLocator, NullLocator

    sizes = list(curve.by_faces)
    scores = [100 * trial.accuracy for trial in curve.trials]
    means = [100 * fmean(trial.accuracy for trial in trials) for trials in curve.by_faces.values()]
    reference = 100 * curve.accuracy
    int8, fp32 = theme.series[0], theme.series[1]
    with figure(theme, 3.4) as drawn:
        axes = drawn.subplots()
        axes.axhline(reference, color=fp32, linewidth=1.2, linestyle=(0, (5, 3)), label=f"FP32, {reference:.2f} %")
        axes.plot(sizes, means, color=int8, linewidth=1.8, label=f"INT8, {means[-1]:.2f} % with {sizes[-1]:,} faces")
        axes.plot([trial.faces for trial in curve.trials], scores, "o", color=int8, markersize=5, alpha=0.7)
        axes.set_xscale("log", base=2)
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.xaxis.set_minor_locator(NullLocator())
        # Without a floor on its height, a curve of tenths of a point would look like a cliff.
        middle = (max(*scores, reference) + min(*scores, reference)) / 2
        half = max(0.7 * (max(*scores, reference) - min(*scores, reference)), 1.0)
        axes.set_ylim(middle - half, middle + half)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.set_xlabel("calibration faces, log scale; each dot is one draw")
        title = f"{curve.model}: accuracy on {curve.judged_faces:,} faces of {curve.dataset} {curve.judged_split}, %"
        axes.set_title(title, loc="left", fontsize=10, color=theme.ink)
        plain(axes, theme, "y")
        axes.legend(loc="best", frameon=False, labelcolor="linecolor", handlelength=1.8)
        return png(drawn)
