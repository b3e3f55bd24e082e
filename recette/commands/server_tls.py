"""A server's certificate, as the user gives it by --tls."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from recette.commands.options import OptionsError
from recette.wording.os_errors import reason


def server_tls(files: Sequence[str]) -> ssl.SSLContext:
    """Of the files (PEM) of a certificate and its key, in this order. Raises OptionsError."""
    certificate, key = files
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        told = reason(error) if not isinstance(error, ssl.SSLError) else error.reason
        raise OptionsError(
            f"--tls : {certificate} et {key} ne font pas un certificat de serveur ({told})."
        ) from error
    return context
