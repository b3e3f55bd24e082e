"""A probe is a message that the hub itself takes: what it refuses of one, it would refuse of anybody's."""

from __future__ import annotations

import pytest

from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.dictionary.models import models
from recette.messages.probes import probe
from recette.messages.reading import JSON_TYPE, XML_TYPE
from recette.messages.vhosts import vhost
from recette.messages.xml.writing import NotInXmlError
from recette.sandbox.checks import Checks
from recette.sandbox.error_report import RefusedError
from recette.sandbox.settings import HubSettings

CLIENT = "fr.health.samu991"


@pytest.mark.parametrize("content_type", [JSON_TYPE, XML_TYPE])
@pytest.mark.parametrize("name", ["15-15_v1.5", "15-15_v2.0", "15-15_v2.1"])
def test_of_every_class(name: str, content_type: str) -> None:
    edition = vhost(name).edition
    checks = Checks(name, HubSettings(), None)
    taken, refused = set(), {}
    for one in models(edition):
        try:
            sent = probe(one.name, edition, sender=CLIENT, recipient=CLIENT, content_type=content_type)
        except NotInXmlError:
            continue
        properties = Properties(content_type, PERSISTENT)
        delivery = Delivery("dispatch", "hubsante", CLIENT, False, properties, sent.body)
        try:
            checks.check(checks.read(delivery))
            taken.add(one.name)
        except RefusedError as error:
            refused[one.name] = (error.code, error.cause.partition("Wrapper")[2])
    assert set(refused.values()) <= {(501, f" is not supported on vhost {name}")}
    assert {"RC-REF", "RS-ERROR", "RS-EDA", "RS-RI"} <= taken
