"""The environment, and the file that can change while a process runs."""

import os
from pathlib import Path

from messaging.stop import Stop

# In this file a path that is not absolute is meant from the file's folder.
PATHS = ("MQTT_CA_FILE", "MQTT_CERTIFICATE_FILE", "MQTT_KEY_FILE")


def live_environment(*, strict: bool = True) -> dict[str, str]:
    """Give the process's environment, and over it the file that MQTT_ENV_FILE names, read anew.

    Raises Stop for a file that cannot be read; where not strict, such a file is left out.
    """
    environment = dict(os.environ)
    name = environment.get("MQTT_ENV_FILE", "")
    if not name:
        return environment
    try:
        return environment | _read(Path(name))
    except Stop:
        if strict:
            raise
        return environment


def parse_environment(text: str) -> dict[str, str]:
    """Read KEY=value lines; empty lines and lines that begin with # are skipped, quotes are taken off.

    Raises ValueError that names the line by its number alone, since it may hold a secret.
    """
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        key, equals, value = stripped.removeprefix("export ").partition("=")
        if not equals or not key.strip().isidentifier():
            raise ValueError(f"line {number} is not KEY=value")
        values[key.strip()] = _unquote(value.strip())
    return values


def _read(path: Path) -> dict[str, str]:
    try:
        values = parse_environment(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(
            f"MQTT_ENV_FILE is {path}, which cannot be read ({_reason(error)}): "
            "give the path of a file of KEY=value lines, or unset it."
        ) from None
    except ValueError as error:
        raise Stop(f"{error} in MQTT_ENV_FILE {path}: mend that line.") from None
    for key in PATHS:
        if values.get(key):
            values[key] = str(path.parent / values[key])
    return values


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "unreadable") if isinstance(error, OSError) else "not UTF-8"


def _unquote(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value
