"""Noting what is asked changes nothing of what a plan is bound to."""

from __future__ import annotations

from collections.abc import Mapping

from k0stui.commands.acting import with_keys
from k0stui.commands.noting import Notes, NotingShell
from k0stui.model.host import HostName
from k0stui.plans import restart_controllers
from k0stui.ports import Shell
from tests.builders import a_cluster
from tests.fakes import FakeShell


class ShellWithKey(FakeShell):
    """As one over SSH: its host has shown a key."""

    @property
    def key_fingerprint(self) -> str:
        return f"SHA256:of-{self.host}"


def test_a_plan_drafted_in_the_screens_is_the_one_that_its_executor_drafts() -> None:
    """The screens note every command and the executor does not: both bind the plan to the same SSH keys (C-01)."""
    plan = restart_controllers.plan(a_cluster().steady(), "n")
    bare: Mapping[HostName, Shell] = {host.name: ShellWithKey(host.name, {}) for host in plan.hosts}
    noted = {name: NotingShell(shell, Notes()) for name, shell in bare.items()}

    assert with_keys(plan, noted) == with_keys(plan, bare)
    assert all(host.key_fingerprint == f"SHA256:of-{host.name}" for host in with_keys(plan, noted).hosts)
