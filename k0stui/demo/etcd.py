"""etcd: members, quorum, and a leader that moves when its host stops."""

from __future__ import annotations

from dataclasses import dataclass, field

from k0stui.model.etcd import quorum

KNOWN_IDS = (5644294228621145192, 1881335770893593787, 17474998163037001712)
"""Above 2^53: whoever reads them as floats is found out."""


@dataclass
class Member:
    """One voter or learner, running or not."""

    id: int
    name: str
    address: str
    up: bool = False
    learner: bool = False
    joined: bool = True
    """False: added to the list, never started; it has no name then."""


@dataclass
class Etcd:
    """The cluster of them."""

    members: list[Member] = field(default_factory=list)
    leader: int = 0
    term: int = 2
    leader_changes: int = 1
    alarms: list[str] = field(default_factory=list)
    revision: int = 30000
    cluster_id: int = 9689407409816777810

    def member(self, name: str) -> Member:
        return next(member for member in self.members if member.name == name)

    @property
    def voters(self) -> list[Member]:
        return [member for member in self.members if not member.learner]

    @property
    def has_quorum(self) -> bool:
        return sum(member.up for member in self.voters) >= quorum(len(self.voters))

    def start(self, name: str) -> None:
        self.member(name).up = True
        self._elect()

    def stop(self, name: str) -> None:
        self.member(name).up = False
        self._elect()

    def _elect(self) -> None:
        """The leader stays while it may; else the first voter that runs, if there is a quorum."""
        running = [member.id for member in self.voters if member.up]
        if not self.has_quorum:
            self.leader = 0
        elif self.leader not in running:
            self.leader = running[0]
            self.term += 1
            self.leader_changes += 1
