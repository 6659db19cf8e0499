"""Where the broker is, and who the service is there."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from messaging.environment import live_environment
from messaging.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

# How a flag may be spelled, in any case.
FLAGS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True, slots=True)
class PemFile:
    """A file as it was when it was read; without a name, none."""

    name: str = ""
    content: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker's address and the credentials for it, all that a rotation can change."""

    host: str
    port: int
    tls: bool
    username: str
    client_id: str
    keepalive: int
    password: str = field(repr=False)
    # What to trust and what to show; without TLS neither.
    authority: PemFile = PemFile()
    certificate: PemFile = PemFile()
    key: PemFile = PemFile()
    # Made of these three while they were seen to fit, since the files may be others at the next attempt.
    tls_context: ssl.SSLContext | None = field(default=None, compare=False, repr=False)


def read_broker(*, tls: bool | None = None) -> Broker:
    """Read the environment and MQTT_ENV_FILE as they are now; what neither of them names has its default.

    tls overrides MQTT_USE_SSL. Raises Stop for a setting that cannot be.
    """
    values = live_environment()
    secured = _flag(values, "MQTT_USE_SSL") if tls is None else tls
    broker = Broker(
        host=_text(values, "MQTT_HOST"),
        port=_number(values, "MQTT_SSL_PORT" if secured else "MQTT_PORT", 65_535),
        tls=secured,
        username=_text(values, "MQTT_USERNAME"),
        password=_text(values, "MQTT_PASSWORD"),
        client_id=_text(values, "MQTT_CLIENT_ID"),
        keepalive=_number(values, "MQTT_KEEPALIVE", 65_535),
        authority=_pem(values, "MQTT_CA_FILE") if secured else PemFile(),
        certificate=_pem(values, "MQTT_CERTIFICATE_FILE") if secured else PemFile(),
        key=_pem(values, "MQTT_KEY_FILE") if secured else PemFile(),
    )
    for name in ("host", "username", "password", "client_id"):
        if not getattr(broker, name):
            raise Stop(
                f"MQTT_{name.upper()} is empty: set it in the environment or in the file "
                "that MQTT_ENV_FILE names."
            )
    return replace(broker, tls_context=_tls_context(broker))


def _text(values: Mapping[str, str], name: str) -> str:
    # Not the setting: it still has what MQTT_ENV_FILE named when the process began.
    return str(values.get(name, settings.MQTT_DEFAULTS[name]))


def _flag(values: Mapping[str, str], name: str) -> bool:
    text = _text(values, name)
    if text.lower() in FLAGS:
        return FLAGS[text.lower()]
    # Taken for a no, it would send the password unencrypted where TLS was meant.
    raise Stop(f"{name} is {text!r}: give true, 1, yes or on, or else false, 0, no or off.")


def _number(values: Mapping[str, str], name: str, maximum: int) -> int:
    text = _text(values, name)
    if text.isascii() and text.isdigit() and 0 < int(text) <= maximum:
        return int(text)
    raise Stop(f"{name} is {text!r}: give a whole number from 1 to {maximum}.")


def _pem(values: Mapping[str, str], setting: str) -> PemFile:
    name = _text(values, setting)
    if not name:
        return PemFile()
    try:
        return PemFile(name, Path(name).read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "it is no PEM"
        raise Stop(
            f"{setting} is {name}, which cannot be read ({reason}): give the path of a PEM file."
        ) from None


def _tls_context(broker: Broker) -> ssl.SSLContext | None:
    """Give a context that proves the broker's certificate and name, or None without TLS."""
    if not broker.tls:
        return None
    context = _trust(broker.authority)
    if broker.certificate.name:
        _show(context, broker.certificate, broker.key)
    return context


def _trust(authority: PemFile) -> ssl.SSLContext:
    if not authority.name:
        return ssl.create_default_context()
    # Not create_default_context, which takes an empty file for the wish to trust the system's CAs.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with contextlib.suppress(ssl.SSLError, ValueError):
        context.load_verify_locations(cadata=authority.content)
    if context.get_ca_certs():
        return context
    raise Stop(f"MQTT_CA_FILE is {authority.name}, which has no CA certificate in it: give a PEM file.")


def _show(context: ssl.SSLContext, certificate: PemFile, key: PemFile) -> None:
    try:
        # A key that is encrypted is not asked about: the service has nobody to ask.
        context.load_cert_chain(certificate.name, key.name or None, password="")
    except (OSError, ValueError):
        raise Stop(
            f"MQTT_CERTIFICATE_FILE {certificate.name} and MQTT_KEY_FILE {key.name or certificate.name} "
            "are no certificate and its key: give the PEM files that belong together."
        ) from None
