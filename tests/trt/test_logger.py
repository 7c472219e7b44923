from __future__ import annotations

import pytest

from edgefer.trt.flavour import load
from edgefer.trt.logger import listening, logger_for
from tests import fake_gpu


def test_there_is_one_logger_and_it_hands_its_messages_to_whoever_listens(monkeypatch, capfd):
    tensorrt, _ = fake_gpu.install(monkeypatch)
    flavour = load("tensorrt")
    logger, severity = logger_for(flavour), tensorrt.ILogger.Severity
    assert logger_for(flavour) is logger
    with listening(flavour) as messages:
        logger.log(severity.ERROR, "the cause\n of it")
        logger.log(severity.INTERNAL_ERROR, "what follows")
        logger.log(severity.WARNING, "a warning")
        logger.log(severity.VERBOSE, "Layers:\nName: a")
        logger.log(severity.VERBOSE, "chatter")
        logger.log(severity.INFO, "Total Activation Memory: 8529920 bytes")
        logger.log(severity.INFO, "Total Weights Memory: 656006 bytes")
    assert messages.reason() == "the cause of it"
    assert messages.latest() == "what follows"
    assert list(messages.warnings) == ["a warning"]
    assert messages.layers == "Layers:\nName: a"
    assert messages.memory == {"activation": 8529920, "weights": 656006}
    with listening(flavour) as later:
        pass
    assert later.reason() == "it gave no reason"
    assert capfd.readouterr() == ("", "")


def test_real_rtx_takes_the_logger():
    pytest.importorskip("tensorrt_rtx")
    flavour = load("tensorrt_rtx")
    with listening(flavour) as messages:
        builder = flavour.module.Builder(logger_for(flavour))
        network = builder.create_network(0)
        parser = flavour.module.OnnxParser(network, logger_for(flavour))
        assert not parser.parse(b"no model")
    assert messages.errors
