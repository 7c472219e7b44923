from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from edgefer.camera.aggregate import Aggregate, IntervalCsv, IntervalJson, IntervalText
from edgefer.camera.interval import Intervals
from edgefer.errors import ArtifactError
from tests.camera.people import face, reading

LABELS = ("happy", "sad")


class Outlet:
    def __init__(self, enough=False, fault=None):
        self.taken, self.closed, self.files = [], 0, ()
        self.enough, self.fault = enough, fault

    def take(self, interval):
        self.taken.append(interval)
        if self.fault:
            raise self.fault
        return not self.enough

    def close(self):
        self.closed += 1


def aggregate(*outlets):
    return Aggregate(Intervals(5.0, LABELS), outlets)


def test_the_last_interval_is_given_at_the_end():
    outlet = Outlet()
    sink = aggregate(outlet)
    for index in range(7):
        assert sink.take(reading(index, float(index), face()))
    assert [interval.frames for interval in outlet.taken] == [5]
    sink.close()
    assert [interval.frames for interval in outlet.taken] == [5, 2]
    assert outlet.closed == 1


def test_json_csv_and_text_say_the_same(capfd):
    sink = aggregate(IntervalJson("out.jsonl"), IntervalCsv("out.csv", LABELS), IntervalText())
    sink.take(reading(0, 0.0, face(1), face(2, "sad")))
    sink.take(reading(1, 1.0, face(1), face(2, "sad", uncertain=True)))
    assert sink.take(reading(2, 6.0))
    assert len(Path("out.jsonl").read_text().splitlines()) == 1, "flushed"
    sink.close()
    first, second = map(json.loads, Path("out.jsonl").read_text().splitlines())
    with Path("out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "start": "0.0", "seconds": "5.0", "frames": "2", "faces": "4", "most": "2", "uncertain": "0.25",
        "emotions.happy": "0.5", "emotions.sad": "0.25",
    }  # fmt: skip
    assert first["emotions"] == {"happy": 0.5, "sad": 0.25}
    assert (second["start"], second["faces"]) == (5.0, 0)
    assert capfd.readouterr().err.splitlines() == [
        "    0.00 s  2 frames, at most 2 faces at once: happy 50%, sad 25%, uncertain 25%",
        "    5.00 s  1 frame, at most 0 faces at once",
    ]
    assert sink.files == (Path("out.jsonl"), Path("out.csv"))


def test_an_outlet_that_has_enough_ends_the_run():
    patient, tired = Outlet(), Outlet(enough=True)
    sink = aggregate(tired, patient)
    assert sink.take(reading(0, 0.0))
    assert not sink.take(reading(1, 5.0))
    sink.close()
    assert (len(patient.taken), len(tired.taken)) == (1, 1)


def test_a_full_disk_is_told_once_and_all_are_closed():
    full, other = Outlet(fault=ArtifactError("disk full")), Outlet()
    sink = aggregate(full, other)
    sink.take(reading(0, 0.0))
    with pytest.raises(ArtifactError):
        sink.take(reading(1, 5.0))
    sink.close()
    assert (full.closed, other.closed, len(full.taken)) == (1, 1, 1)
