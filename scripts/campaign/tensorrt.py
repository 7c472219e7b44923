"""One engine on this GPU whatever the support list says: validity, deserialising, a context, one inference."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def try_engine(spec: dict[str, Any]) -> None:
    """Do with the engine at `spec["engine"]` what a session does, past edgefer's own refusals; write `spec["out"]`.

    After each stage the file is written, so that a crash leaves the last word that was said.
    """
    engine, said = Path(spec["engine"]), {}

    def stage(name: str, work: Callable[[], Any]) -> Any:
        try:
            result = work()
            said[name] = "ok" if result is None else str(result)[:2000]
            return result
        except Exception as error:  # noqa: BLE001  a refusal is a result
            said[name] = f"{type(error).__name__}: {error}"
            return None
        finally:
            Path(spec["out"]).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
            print(f"{name}: {said[name]}", flush=True)

    from edgefer.card import ModelCard
    from edgefer.trt import flavour as flavours
    from edgefer.trt import passport
    from edgefer.trt.driver import probe

    driver = probe()
    try:
        card = ModelCard.model_validate_json((engine.parent / "card.json").read_bytes())
        assert card.engine is not None
        flavour = flavours.load(card.engine.flavour)
    except Exception as error:  # noqa: BLE001  a refusal is a result
        refusal = f"{type(error).__name__}: {error}"
        stage("flavour", lambda: refusal)
        return
    targets = "+".join(card.engine.targets)
    stage("engine", lambda: f"{card.name} by {flavour.name} {flavour.version} for {targets}")
    stage("gpu", lambda: [f"{gpu.name} {gpu.target}" for gpu in driver.gpus] or driver.problem)
    stage("passport", lambda: passport.verify(engine, driver) and None)
    if not driver.present:
        said["end"] = "without a GPU nothing is deserialised"
        Path(spec["out"]).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
        return
    plan = engine.read_bytes()
    trt = flavour.module
    runtime = stage("runtime", lambda: trt.Runtime(trt.Logger(trt.Logger.VERBOSE)))
    if hasattr(runtime, "get_engine_validity"):
        stage("validity", lambda: runtime.get_engine_validity(plan))
    opened = stage("deserialise", lambda: runtime.deserialize_cuda_engine(plan))
    if opened is not None:
        stage("context", opened.create_execution_context)
    stage("inference", lambda: _infer(engine, card, flavour, plan))


def _infer(engine: Path, card: Any, flavour: Any, plan: bytes) -> str:
    import numpy as np

    from edgefer.runtime.engine import EngineSession
    from edgefer.trt.passport import Verified

    pixels = np.random.default_rng(0).integers(0, 256, (1, *card.input.shape)).astype(np.float32)
    with EngineSession(engine, Verified(card, flavour, plan)) as session:
        return f"logits {np.round(session.infer(pixels)[0], 3).tolist()}"
