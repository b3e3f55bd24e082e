"""What an operator says of a hub at home: its lists, its clients."""

from __future__ import annotations

from pathlib import Path

from recette.messages.profile.supported import read_supported
from recette.sandbox.clients_file import read_clients
from recette.sandbox.settings import hub_settings


def test_classes_that_no_message_has_are_named(tmp_path: Path) -> None:
    lists, clients = tmp_path / "supported.messages.csv", tmp_path / "clients.yaml"
    lists.write_text(
        "common;ReferenceWrapper,ErrorWrapper\n"
        "15-15_v2.1;CreateCaseHealthWrapper,CreateCaseHelthWrapper,CustomMessageWrapper,Rpis\n",
        encoding="utf-8",
    )
    clients.write_text(
        "clients:\n  - client_id: fr.health.a\n    inhibitedUseCases: [ResourcesInfoCisuWrapper, RS-DR]\n"
        '    perimeters: [{name: 15-15, versions: ["2.1"]}]\n',
        encoding="utf-8",
    )
    found = hub_settings(supported=read_supported(lists), clients=read_clients(clients))
    assert found.misspelled == ["CreateCaseHelth", "RS-DR"]
    assert hub_settings().misspelled == []
