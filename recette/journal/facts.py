"""What a journal's header says of those concerned: editors, certificates, and what a target may name."""

from __future__ import annotations

from dataclasses import dataclass

IDENTITY = ("vendor", "product", "version", "pilot", "level")
"""What a target may name of those concerned; reports and the steering matrix show it."""
LEVELS = {
    "ans-editeur": "ANS – éditeur",
    "editeur-editeur": "éditeur – éditeur",
    "samu-pilote": "SAMU pilote",
}
"""The levels at which a perimeter is tested, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """One editor on one vHost, as the run met it."""

    vhost: str
    editor: str
    """Client id of the software under test."""
    role: str
    partners: tuple[str, ...]
    """Client ids that the harness plays, or that play themselves where all are under test."""
    format: str
    driver: str
    partners_vhost: str = ""
    """Where the partners live, if not where the editor does."""

    @property
    def meeting(self) -> str:
        """The vHost on which what comes to the partners is seen."""
        return self.partners_vhost or self.vhost


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateShown:
    """What a partner's client certificate says; never the key."""

    vhost: str
    client: str
    subject: str
    issuer: str
    not_before: str
    not_after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CahierFacts:
    """A collection of scenarios that plays were taken from."""

    name: str
    version: str
    """Empty where nobody gave one."""
    sha256: str
    """Of its files: their names and their content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFacts:
    """The hub that a run was played on."""

    environment: str
    """As a target names it: sandbox, bac-a-sable, integration, pre-prod; `autre` for a hub of others."""
    title: str
    """The same in French."""
    address: str = ""
    """Scheme, host and port; empty for a hub that the run itself starts."""
    broker: str = ""
    """`embedded` or `rabbitmq` where the run starts it."""

    @property
    def refuses(self) -> bool:
        """Whether it is known to refuse what the specification lets a hub refuse: a hub of others may not."""
        return self.environment != "autre"
