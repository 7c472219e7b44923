from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.camera.sessions import end, header, mark, person, sample, write
from tests.conftest import one_line

HERE = Path("sessions")


def session(name, emotion="happy", seconds=40, **how):
    lines = [sample(float(second), person(1, emotion)) for second in range(seconds)]
    return write(HERE / name, header(name=name, **how), *lines, mark(5.0, "task 1"), end(float(seconds)))


def test_a_session_by_name_folder_or_file(cli):
    path = session("anna")
    for what in ("anna", path.parent, path):
        done = cli("report", what)
        assert done.code == 0, done.err
        assert "Session anna" in done.out
        assert done.err == "wrote sessions/anna/report.html\n"
        page = path.parent / "report.html"
        assert "Timeline of person 1" in page.read_text()
        page.unlink()


def test_out_csv_and_json(cli, tmp_path):
    session("anna")
    done = cli("report", "anna", "--out", tmp_path / "new", "--csv", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["people"][0]["tasks"][0]["emotions"]["happy"] == 40.0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"report.html", "samples.csv", "summary.csv"}
    assert [path.name for path in (HERE / "anna").iterdir()] == ["session.jsonl"]


def test_two_sessions(cli):
    session("anna")
    session("bob", "sad")
    done = cli("report", "anna", "bob", "--csv")
    assert done.code == 0, done.err
    assert "Sessions anna and bob" in done.out
    assert "Two sessions are not a study." in done.out
    assert done.err == "wrote sessions/anna/anna-and-bob.html, sessions/anna/anna-and-bob.csv\n"
    values = json.loads(cli("report", "anna", "bob", "--json").out)
    differences = {one["emotion"]: one["difference"] for one in values["tasks"][1]["differences"]}
    assert (values["tasks"][1]["task"], differences["sad"], differences["happy"]) == (
        "before the first mark",
        1.0,
        -1.0,
    )


def test_one_person(cli):
    lines = [sample(float(second), person(1 + second // 10)) for second in range(30)]
    write(HERE / "anna", *lines, end(30.0))
    assert len(json.loads(cli("report", "anna", "--json").out)["people"]) == 3
    assert len(json.loads(cli("report", "anna", "--json", "--one-person").out)["people"]) == 1


def test_a_session_that_was_killed_is_read_up_to_its_last_full_line(cli):
    path = session("anna")
    path.write_bytes(path.read_bytes()[:-40])
    done = cli("report", "anna")
    assert done.code == 0
    assert "ended by force" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("ana",), 2, "there is no session 'ana'. did you mean 'anna'?"),
        (("zebra",), 2, "there is no session 'zebra'. known sessions: anna, bad, other"),
        (("table5",), 2, "did you mean 'table-v'?"),
        (("anna", "bbb"), 2, "there is no session 'bbb'"),
        (("anna", "sessions/anna"), 2, "one and the same"),
        (("anna", "--quick"), 2, "are for table-v"),
        (("anna", "--markdown"), 2, "are for table-v"),
        (("table-v", "anna"), 2, "are for sessions"),
        (("table-v", "--csv"), 2, "are for sessions"),
        (("bad",), 1, "line 3 of sessions/bad/session.jsonl is damaged"),
        (("foreign.jsonl",), 1, "foreign.jsonl is no session"),
        (("anna", "bad"), 1, "is damaged"),
        (("anna", "other"), 1, "networks of other emotions"),
        (("anna", "--out", "foreign.jsonl"), 1, "cannot write"),
    ],
)
def test_bad_wishes_are_one_line_and_write_nothing(cli, arguments, code, says):
    session("anna")
    bad = session("bad")
    bad.write_text(bad.read_text().replace('"time":1.0', '"time":"x"', 1))
    write(HERE / "other", header(name="other", model=header()["model"] | {"labels": ["a", "b"]}), sample(0.0))
    Path("foreign.jsonl").write_text('{"frame": 0}\n')
    before = sorted(map(str, Path().rglob("*")))
    failed = cli("report", *arguments)
    assert failed.code == code
    assert says in one_line(failed)
    assert failed.out == ""
    assert sorted(map(str, Path().rglob("*"))) == before


def test_without_any_session_the_way_to_one_is_named(cli):
    failed = cli("report", "anna")
    assert failed.code == 2
    assert "record one with: edgefer run --session NAME" in one_line(failed)
