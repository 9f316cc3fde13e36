"""What `make services` does when a package is missing: install it as root, else say which command to run."""

import os
import shutil
from pathlib import Path

import pytest

from tests.services import debian


def missing_everything(monkeypatch: pytest.MonkeyPatch, user: int) -> list[tuple[str, ...]]:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(debian, "PACKAGES", {"some-server": "usr/bin/there-is-no-such-server"})
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(debian, "_apt_get", lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return calls


def test_nothing_is_done_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = missing_everything(monkeypatch, user=0)
    monkeypatch.setattr(debian, "PACKAGES", {"shell": "bin/sh"})
    assert debian.install_missing() == []
    assert calls == []


def test_root_installs_what_is_missing_after_one_update(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(debian, "POLICY", policy)
    calls = missing_everything(monkeypatch, user=0)
    assert debian.install_missing() == ["some-server"]
    assert [call[0] for call in calls] == ["update", "install"]
    assert calls[1][-1] == "some-server"
    assert not policy.exists()


def test_services_are_kept_from_starting_while_packages_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(debian, "POLICY", policy)
    missing_everything(monkeypatch, user=0)
    seen: list[str] = []
    monkeypatch.setattr(debian, "_apt_get", lambda *arguments: seen.append(policy.read_text()))
    debian.install_missing()
    assert seen == ["#!/bin/sh\nexit 101\n"] * 2


def test_somebody_else_is_told_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    missing_everything(monkeypatch, user=1000)
    with pytest.raises(debian.NotInstallable, match=r"run: sudo apt-get install --no-install-recommends some-server$"):
        debian.install_missing()


def test_a_machine_without_apt_is_told_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    missing_everything(monkeypatch, user=0)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(debian.NotInstallable, match="some-server, and there is no apt-get"):
        debian.install_missing()
