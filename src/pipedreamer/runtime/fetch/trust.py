"""Which certificates a fetch trusts."""

import ssl

import certifi

from pipedreamer.authoring import FetchError


def trust(ca: str | None) -> ssl.SSLContext:
    """A TLS context that trusts the machine's certificates, Mozilla's, and `ca`, one or more in PEM.

    Takes some 50 ms. OpenSSL's SSL_CERT_FILE and SSL_CERT_DIR say where the machine's are. Raises FetchError.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if ca is not None:
        try:
            context.load_verify_locations(cadata=ca)
        except (ssl.SSLError, ValueError, TypeError):  # the last for text outside ASCII
            raise FetchError("`ca` is not a certificate in PEM") from None
        # Clusters' and companies' own CAs often lack what Python 3.13 began to ask for.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
