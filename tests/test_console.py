import pytest

from edgefer.console import progress, say


def test_messages_go_to_stderr(capfd: pytest.CaptureFixture[str]):
    say("hello")
    assert capfd.readouterr() == ("", "hello\n")


def test_without_a_terminal_progress_is_plain_lines(capfd: pytest.CaptureFixture[str]):
    with progress("work", 3) as step:
        for number in range(3):
            step(1, f"part {number}")
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines() == ["work: 3/3 in 0 s; part 2"]


def test_on_a_terminal_progress_is_a_bar(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress("work", 2) as step:
        step(2, "note")
    out, err = capfd.readouterr()
    assert out == ""
    assert "work" in err
    assert "2/2" in err
