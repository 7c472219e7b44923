"""One engine on this GPU whatever the support list says: validity, deserialising, a context, one inference."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Trial:
    """What each stage gave, and what TensorRT said meanwhile, written after each: a crash leaves the last word."""

    def __init__(self, out: Path, flavour: Any) -> None:
        self.out, self.flavour = out, flavour
        self.said: dict[str, str] = {}

    def stage(self, name: str, work: Callable[[], Any]) -> Any:
        """What `work` gives; None when it raised, or gave nothing."""
        from edgefer.trt.logger import listening

        self._note(name, "begun")
        with listening(self.flavour) as messages:
            try:
                result = work()
                self._note(name, "nothing" if result is None else str(result)[:2000])
            except Exception as error:  # noqa: BLE001  a refusal is a result
                result = None
                self._note(name, f"{type(error).__name__}: {error}")
            if heard := [*messages.errors, *messages.warnings]:
                self._note(f"{name}, said", " / ".join(heard)[:4000])
        return result

    def _note(self, name: str, words: str) -> None:
        self.said[name] = words
        self.out.write_text(json.dumps(self.said, indent=2) + "\n", encoding="utf-8")
        print(f"{name}: {words}", flush=True)


def try_engine(spec: dict[str, Any]) -> None:
    """Do with the engine at `spec["engine"]` what a session does, past edgefer's own refusals; write `spec["out"]`.

    Where there is no GPU nothing is deserialised.
    """
    from edgefer.card import ModelCard
    from edgefer.trt.driver import probe
    from edgefer.trt.flavour import load
    from edgefer.trt.logger import logger_for
    from edgefer.trt.passport import verify

    engine = Path(spec["engine"])
    card = ModelCard.model_validate_json((engine.parent / "card.json").read_bytes())
    assert card.engine is not None
    flavour, driver, plan = load(card.engine.flavour), probe(), engine.read_bytes()
    trial = Trial(Path(spec["out"]), flavour)
    targets = "+".join(card.engine.targets)
    trial.stage("engine", lambda: f"{card.name} by {flavour.name} {flavour.version} for {targets}")
    trial.stage("gpu", lambda: ", ".join(f"{gpu.name} {gpu.target}" for gpu in driver.gpus) or driver.problem)
    trial.stage("passport", lambda: verify(engine, driver) and "in order")
    if not driver.present:
        return
    runtime = trial.stage("runtime", lambda: flavour.module.Runtime(logger_for(flavour)))
    if runtime is None:
        return
    if hasattr(runtime, "get_engine_validity"):
        trial.stage("validity", lambda: _validity(*runtime.get_engine_validity(plan)))
    opened = trial.stage("deserialise", lambda: runtime.deserialize_cuda_engine(plan))
    if opened is not None:
        trial.stage("context", opened.create_execution_context)
    trial.stage("inference", lambda: _infer(engine, card, flavour, plan))


def _validity(validity: Any, diagnostics: Any) -> str:
    """Whether an engine is valid here, and the bits that say why not."""
    return f"{validity}, diagnostics {diagnostics!r}"


def _infer(engine: Path, card: Any, flavour: Any, plan: bytes) -> str:
    import numpy as np

    from edgefer.runtime.engine import EngineSession
    from edgefer.trt.passport import Verified

    pixels = np.random.default_rng(0).integers(0, 256, (1, *card.input.shape)).astype(np.float32)
    with EngineSession(engine, Verified(card, flavour, plan)) as session:
        return f"logits {np.round(session.infer(pixels)[0], 3).tolist()}"
