"""Which errors have a sentence for the user, whoever shows it. Imported once there is one: it knows every room."""

from __future__ import annotations

from recette.campaign.arrivals import EditorAbsentError
from recette.campaign.options import NothingToPlayError
from recette.commands.options import OptionsError
from recette.hub.address import AddressError
from recette.hub.certificates import CertificateError
from recette.hub.errors import HubError
from recette.journal.interrupted import CannotResumeError
from recette.journal.reader import UnreadableJournalError
from recette.journal.writer import JournalError, JournalLostError
from recette.messages.dictionary.generations import UnknownEditionError
from recette.messages.dictionary.lines import DictionaryError
from recette.messages.dictionary.models import UnknownModelError
from recette.messages.json.schemas import BundleError
from recette.messages.official.adoption import AdoptionError
from recette.messages.validation.files import UnreadableFileError
from recette.messages.vhosts import UnknownVHostError
from recette.play.drivers.driver import OperatorLeftError
from recette.play.drivers.terminal import NoTerminalError
from recette.play.permitted import ProductionError
from recette.play.target_error import TargetError
from recette.proof.errors import CopyError, KeyFileError
from recette.relay.captures.sighting import CaptureError
from recette.relay.observation import NotARelayError
from recette.report.recorded import UnreadableResultsError
from recette.sandbox.authority import AuthorityError
from recette.sandbox.broker.errors import BrokerStartError, PortTakenError
from recette.sandbox.running_node import RabbitMqError
from recette.scenario.book.model import BookError
from recette.scenario.problems import ScenarioError
from recette.scenario.selection import SelectionError

_UNUSABLE = (
    AddressError,
    CaptureError,
    AuthorityError,
    CertificateError,
    OptionsError,
    SelectionError,
    TargetError,
    ScenarioError,
    BundleError,
    BookError,
    UnknownVHostError,
    UnknownEditionError,
    AdoptionError,
    DictionaryError,
    UnknownModelError,
    UnreadableFileError,
    UnreadableJournalError,
    CannotResumeError,
    UnreadableResultsError,
    NotARelayError,
    NothingToPlayError,
    NoTerminalError,
    PortTakenError,
    ProductionError,
    JournalError,
    KeyFileError,
    CopyError,
)
_HUBS = (HubError, EditorAbsentError, BrokerStartError, RabbitMqError)
USERS = (*_UNUSABLE, *_HUBS)
__all__ = ["USERS", "OperatorLeftError", "is_to_be_corrected"]


def is_to_be_corrected(error: Exception) -> bool:
    """Whether it lies with the command, or with what it was given; else with the hub, or the disk."""
    return isinstance(error, _UNUSABLE) and not isinstance(error, JournalLostError)
