"""How a hub at home is set: the profile it behaves by, and what its operator configures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from recette.messages.dictionary.generations import editions
from recette.messages.dictionary.models import models
from recette.messages.profile.reader import DEFAULT, Profile, profile
from recette.messages.profile.supported import Supported, class_of
from recette.sandbox.clients_file import ClientSettings

_UNSAID = ClientSettings()


@dataclass(frozen=True, slots=True)
class HubSettings:
    """`supported` takes the place of the profile's own lists."""

    profile: Profile = field(default_factory=lambda: profile(DEFAULT))
    clients: Mapping[str, ClientSettings] = field(default_factory=dict)
    supported: Supported | None = None
    fire_vhost: str | None = None
    """Where the fire side lives, for what health sends it from another vHost; None where nothing is converted for it."""
    reorder: int = 0
    """Places by which the messages of a burst may be turned round."""

    @property
    def converts(self) -> bool:
        """Whether messages may go from one vHost to another."""
        return self.fire_vhost is not None or any(one.perimeters for one in self.clients.values())

    @property
    def homes(self) -> dict[str, frozenset[str]] | None:
        """The vHosts of each client that declares any; None where every client lives on all."""
        if not self.converts:
            return None
        return {name: one.vhosts for name, one in self.clients.items() if one.perimeters}

    def of(self, client: str) -> ClientSettings:
        return self.clients.get(client, _UNSAID)

    def content_type(self, client: str) -> str:
        """The content type that `client` is given."""
        return self.profile.content_type(client, prefers_xml=self.of(client).prefers_xml)

    @property
    def misspelled(self) -> list[str]:
        """Classes of the operator's lists that no message has: whatever they were meant for is refused, or let pass."""
        written = {name for one in self.clients.values() for name in one.inhibited}
        if self.supported is not None:
            written.update(*self.supported.classes.values())
        known = (
            {class_of(model.key) for edition in editions() for model in models(edition)} if written else ()
        )
        return sorted(written.difference(known))

    def carries(self, vhost: str, key: str) -> bool:
        """Whether `vhost` takes the content under `key`; what no list knows is taken."""
        if self.supported is not None:
            return self.supported.carries(vhost, class_of(key))
        return self.profile.carries(vhost, key) is not False


def hub_settings(
    name: str = DEFAULT,
    *,
    xml_clients: Iterable[str] = (),
    clients: Mapping[str, ClientSettings] | None = None,
    supported: Supported | None = None,
    fire_vhost: str | None = None,
    reorder: int = 0,
) -> HubSettings:
    """The settings of a profile; `xml_clients` prefer XML, whatever else is said of them. Raises UnknownProfileError."""
    said = dict(clients or {})
    for one in xml_clients:
        known = said.get(one, _UNSAID)
        said[one] = ClientSettings(True, known.inhibited, known.perimeters)
    return HubSettings(profile(name), said, supported, fire_vhost, reorder)
