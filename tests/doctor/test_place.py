from __future__ import annotations

from pathlib import Path

from edgefer.doctor.place import shown


def test_the_users_own_folder_is_not_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shown(tmp_path / "runs") == "~/runs"
    assert shown(tmp_path) == "~"
    assert shown("/opt/runs") == "/opt/runs"
    assert shown(f"{tmp_path}-other") == f"{tmp_path}-other"


def test_a_user_without_a_home(monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert shown("/opt/runs") == "/opt/runs"
