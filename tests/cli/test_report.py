from __future__ import annotations

import json

import pytest

from edgefer.benchmark import paper_suite
from edgefer.benchmark.protocol import DEFAULT, QUICK
from tests.benchmark import paper_results, results
from tests.conftest import one_line


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "benchmark.json"
    path.write_text(paper_results.result().to_json())
    return path


def test_the_table_of_a_record(cli, record):
    done = cli("report", "table-v", "--record", record)
    assert done.code == 0, done.err
    assert "10.00x / 4.00x (3.60-4.40)" in done.out
    assert "What the paper does not state" in done.out


def test_markdown_and_json(cli, record):
    assert cli("report", "table-v", "--record", record, "--markdown").out.startswith("# Table V, measured again\n")
    values = json.loads(cli("report", "table-v", "--record", record, "--json").out)
    assert values["networks"][1]["measured"][0]["milliseconds"] == 5.0


def test_out_writes_every_form(cli, record, tmp_path):
    done = cli("report", "table-v", "--record", record, "--out", tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"table-v.html", "table-v.md", "table-v.json", "benchmark.json"}
    assert "wrote" in done.err


@pytest.mark.parametrize(("options", "usual"), [((), DEFAULT), (("--quick",), QUICK)], ids=["default", "quick"])
def test_without_a_record_the_four_networks_are_measured_at_64_pixels(cli, monkeypatch, options, usual):
    asked = []

    def measured(models, teacher, faces, **how):
        asked.append((models, teacher, faces.name, how))
        return paper_results.result()

    monkeypatch.setattr(paper_suite, "benchmark_models", measured)
    done = cli("report", "table-v", *options)
    assert done.code == 0, done.err
    models, teacher, faces, how = asked[0]
    assert models == ["mini-resemotenet-a", "mini-resemotenet-b", "mini-resemotenet-c"]
    assert (teacher, faces, how["size"]) == ("resemotenet", "demo", 64)
    assert how["how"].batches == (1,)
    assert (how["how"].rounds, how["how"].latency.seconds) == (usual.rounds, usual.latency.seconds)
    # Teacher and students alike, or there is no ratio.
    assert len(how["wish"].threads) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("table-iv",), 2, "did you mean 'table-v'"),
        (("table-v", "--record", "gone.json"), 1, "gone.json does not exist"),
        (("table-v", "--record", "bad.json"), 1, "bad.json is no benchmark record of this version"),
        (("table-v", "--record", "other.json"), 1, "other.json holds no row of ResEmoteNet"),
        (("table-v", "--record", "other.json", "--json", "--markdown"), 2, "leave one of them out"),
        (("table-v", "--record", "other.json", "--quick"), 2, "leave one of them out"),
    ],
)
def test_wrong_usage_is_one_line_and_writes_nothing(cli, monkeypatch, tmp_path, arguments, code, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text('{"schema": 1}')
    (tmp_path / "other.json").write_text(results.result().to_json())
    failed = cli("report", *arguments, "--out", "out")
    assert failed.code == code
    assert says in one_line(failed)
    assert failed.out == ""
    assert not (tmp_path / "out").exists()


def test_ctrl_c_is_one_line(cli, monkeypatch):
    def stopped(*_args, **_how):
        raise KeyboardInterrupt

    monkeypatch.setattr(paper_suite, "benchmark_models", stopped)
    failed = cli("report", "table-v")
    assert failed.code == 130
    assert "--quick" in one_line(failed)
