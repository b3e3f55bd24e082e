"""What a conversion costs against judging the same message, in one run: `python benchmarks/conversion.py [ROUNDS]`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from statistics import median

from recette.messages.building import envelope, serialise
from recette.messages.conversion.converter import Converter, Kind
from recette.messages.dictionary.examples import Size, example
from recette.messages.dictionary.models import model
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import JSON_TYPE, read
from recette.messages.validation.validator import Validator

_REPEATED = 300
SIZES: tuple[Size, ...] = ("minimal", "maximal")
_SAMU, _OTHER, _FIRE = "fr.health.samu000", "fr.health.samu999", "fr.fire.nexsis.sdis00"
_CASES: tuple[tuple[str, int, int, Kind, str, str], ...] = (
    ("RS-EDA", 3, 1, "version", _SAMU, _OTHER),
    ("RS-EDA", 1, 3, "version", _SAMU, _OTHER),
    ("RS-RI", 3, 2, "version", _SAMU, _OTHER),
    ("RS-SR", 2, 3, "version", _SAMU, _OTHER),
    ("RS-EDA-MAJ", 2, 1, "version", _SAMU, _OTHER),
    ("RS-EDA", 3, 3, "transcoding", _SAMU, _FIRE),
    ("RC-EDA", 3, 2, "transcoding", _FIRE, _SAMU),
)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    for _ in range(_REPEATED):
        work()
    return (time.process_time() - start) / _REPEATED


def _judged(validator: Validator, body: bytes, generation: int) -> object:
    return validator.validate(read(body, JSON_TYPE, generation))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for name, source, target, kind, sender, recipient, size in (
        (*one, size) for one in _CASES for size in SIZES
    ):
        sent = datetime.now(UTC)
        document = envelope(
            example(model(name, source), size),
            model(name, source).key,
            sender=sender,
            recipient=recipient,
            distribution_id=f"{sender}_1",
            sent_at=sent,
            expires_at=sent,
        )
        validator, converter, body = Validator(SchemaSet.builtin(source)), Converter(), serialise(document)
        ratios = []
        for _ in range(rounds):
            judged = _seconds(partial(_judged, validator, body, source))
            converted = _seconds(partial(converter.convert, document, source, target, kind))
            ratios.append(converted / judged)
        side = "" if kind == "version" else ", avec les pompiers"
        print(f"{name} {source} → {target}{side} ({size}) : {median(ratios):.2f} fois le jugement du message")


if __name__ == "__main__":
    main()
