"""How the command line finds the running server: a file only the owner can read, with port and a random key.

While the server runs it owns the embedded warehouse's file, so commands that need the warehouse ask it.
"""

from __future__ import annotations

import hmac
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from data_access.settings import Settings


@dataclass(frozen=True)
class Server:
    """A running server: its process, where it listens on this machine, and the key its internal routes want."""

    pid: int
    host: str
    port: int
    key: str

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)  # noqa: S104
        return f"http://{host}:{self.port}"


def path(settings: Settings) -> Path:
    return settings.data_dir / "server.json"


def announce(settings: Settings, host: str, port: int) -> Server:
    """Write the file, whole or not at all, readable by its owner only."""
    server = Server(os.getpid(), host, port, secrets.token_urlsafe(32))
    target = path(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{server.pid}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps(asdict(server)))
    draft.replace(target)
    return server


def withdraw(settings: Settings) -> None:
    """Remove the file, if it is this process's."""
    server = _read(settings)
    if server is not None and server.pid == os.getpid():
        path(settings).unlink(missing_ok=True)


def running(settings: Settings) -> Server | None:
    """The server of this installation, if one lives; a file left by a killed one counts as none.

    TRICKY: in a container the next process has the number of the killed one, so its port must answer too.
    """
    server = _read(settings)
    return server if server is not None and server.pid != os.getpid() and _alive(server.pid) and _listens(server) else None


def knows(settings: Settings, key: str) -> bool:
    """Whether this is the running server's key."""
    server = _read(settings)
    return server is not None and hmac.compare_digest(server.key.encode(), key.encode("utf-8", "surrogatepass"))


def _read(settings: Settings) -> Server | None:
    try:
        return Server(**orjson.loads(path(settings).read_bytes()))
    except (OSError, orjson.JSONDecodeError, TypeError):
        return None


def _listens(server: Server) -> bool:
    address = urlsplit(server.url)
    try:
        socket.create_connection((address.hostname or "", server.port), timeout=2).close()
    except OSError:
        return False
    return True


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
