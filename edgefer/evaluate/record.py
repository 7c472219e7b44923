"""Results as plain values, ready for JSON; docs/evaluation.md names every field. What has no value is null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgefer.evaluate.bootstrap import LEVEL, RESAMPLES, SEED, Interval

if TYPE_CHECKING:
    from edgefer.evaluate.comparison import Comparison
    from edgefer.evaluate.evaluate import Evaluation
    from edgefer.evaluate.gate import Verdict
    from edgefer.evaluate.protocol import Protocols
    from edgefer.evaluate.result import Against, EvaluationResult

SCHEMA = 2


def result_record(result: EvaluationResult) -> dict[str, Any]:
    """The whole of it: the official figures on top, as in schema 1, the second protocol and the reference under them."""
    return {
        "schema": SCHEMA,
        **protocols_record(result.protocols),
        "against": against_record(result.against) if result.against else None,
        "notes": list(result.notes),
        "warnings": list(result.warnings),
    }


def protocols_record(found: Protocols) -> dict[str, Any]:
    """The official evaluation and, under `second`, that of the other protocol."""
    return {
        **evaluation_record(found.official),
        "second": None if found.second is None else evaluation_record(found.second),
    }


def evaluation_record(found: Evaluation) -> dict[str, Any]:
    """One evaluation."""
    recalls = found.recall_intervals
    return {
        "model": found.model,
        "precision": found.precision,
        "backend": found.backend,
        "dataset": found.dataset,
        "split": found.split,
        "data_sha256": found.data_sha256,
        "protocol": found.protocol,
        "tta": found.tta.value,
        "views": found.views,
        "faces": found.faces,
        "accuracy": found.accuracy,
        "balanced_accuracy": found.balanced_accuracy,
        "macro_f1": found.macro_f1,
        "calibration_error": found.calibration_error,
        "negative_log_likelihood": found.negative_log_likelihood,
        "brier": found.brier,
        "intervals": _intervals(found),
        "emotions": {
            name: {
                "faces": score.faces,
                "recall": score.recall,
                "recall_interval": _ends(recalls[name]),
                "precision": score.precision,
                "f1": score.f1,
            }
            for name, score in found.scores.items()
        },
        "confusion": {"order": list(found.emotions), "true_by_predicted": found.confusion.tolist()},
        "reliability": _reliability(found),
    }


def against_record(against: Against) -> dict[str, Any]:
    """The comparison, the gate, and the reference's own figures."""
    return {
        **comparison_record(against.comparison),
        "gate": gate_record(against.verdict) if against.verdict else None,
        "reference": protocols_record(against.reference),
    }


def comparison_record(found: Comparison) -> dict[str, Any]:
    """Differences are candidate less reference, as fractions."""
    return {
        "candidate_title": found.candidate,
        "reference_title": found.reference,
        "faces": found.faces,
        "same_label": found.same_label,
        "kl_reference_candidate": found.kl,
        "accuracy_difference": found.difference,
        "accuracy_difference_interval": _ends(found.interval),
        "right_to_wrong": found.lost,
        "wrong_to_right": found.gained,
        "mcnemar": {"method": found.mcnemar.method, "statistic": found.mcnemar.statistic, "p": found.mcnemar.p},
        "emotions": {
            name: {
                "faces": change.faces,
                "recall_reference": change.reference,
                "recall_candidate": change.candidate,
                "difference": change.difference,
                "difference_interval": _ends(change.interval),
                "right_to_wrong": change.lost,
                "wrong_to_right": change.gained,
            }
            for name, change in found.changes.items()
        },
    }


def gate_record(verdict: Verdict) -> dict[str, Any]:
    """Limits in percentage points."""
    return {
        "passed": verdict.passed,
        "max_drop": verdict.max_drop,
        "max_class_drop": verdict.max_class_drop,
        "failures": list(verdict.failures),
        "notes": list(verdict.notes),
    }


def _ends(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _intervals(evaluation: Evaluation) -> dict[str, Any] | None:
    found = evaluation.intervals
    if found is None:
        return None
    return {
        "level": LEVEL,
        "resamples": RESAMPLES,
        "seed": SEED,
        "accuracy": _ends(found.accuracy),
        "balanced_accuracy": _ends(found.balanced_accuracy),
        "macro_f1": _ends(found.macro_f1),
        "calibration_error": _ends(found.calibration_error),
    }


def _reliability(evaluation: Evaluation) -> dict[str, Any] | None:
    found = evaluation.reliability
    if found is None:
        return None
    return {
        "faces": found.faces.tolist(),
        "confidence": found.confidence.tolist(),
        "accuracy": found.accuracy.tolist(),
    }
