"""Why no answer came, in plain words; never with anything that was sent or received."""

import errno
import ssl
from collections.abc import Iterator
from typing import Final

import h2.exceptions
import httpcore

_ERRNO: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "the server reset the connection",
    errno.EPIPE: "the server closed the connection",
    errno.EHOSTUNREACH: "no route to the host",
    errno.ENETUNREACH: "no route to the network",
    errno.EMFILE: "too many open files in the engine",
}
_PROTOCOL: Final = (
    ("complete message body", "the connection broke off before the end of the body"),
    ("disconnected", "the server closed the connection without an answer"),
    ("Receive buffer too long", "the answer's headers are too large"),
    ("StreamReset", "the server broke off the answer"),
    ("ConnectionTerminated", "the server closed the connection"),
)

FAILURES: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    h2.exceptions.H2Error,
    OSError,
)
"""What a connection raises when it fails."""

STALE: Final = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)
"""What a connection raises that the server had already given up."""


def why(error: Exception, connect_s: float) -> str:
    """The reason, for the end of a message."""
    if isinstance(error, httpcore.ConnectTimeout):
        return f"no connection within {round(connect_s * 1000)}ms"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message.rstrip('.')}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed ({cause.reason or 'broken off'}); is this an https:// server?"
        if isinstance(cause, OSError) and cause.errno in _ERRNO:
            return _ERRNO[cause.errno]
    if isinstance(error, httpcore.ProtocolError | h2.exceptions.H2Error):
        said = f"{type(error.args[0]).__name__} {error}" if error.args else ""
        return next((words for sign, words in _PROTOCOL if sign in said), "the answer is not valid HTTP")
    return (
        "the connection could not be made" if isinstance(error, httpcore.ConnectError) else "the connection broke off"
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
