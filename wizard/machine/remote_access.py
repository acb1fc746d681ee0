"""How a person reaches this machine by ssh from their own: commands that copy a file, or forward a port."""

import getpass
import os
import re
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path

_SSH = 22
_SPECIAL = re.compile(r"[^\w@%+=:,./-]")
"""Characters that a shell may take for something else."""
_UNTYPEABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters, and bytes that are not UTF-8."""


@dataclass(frozen=True, kw_only=True)
class RemoteAccess:
    """This machine, as ssh and scp on another one are told of it.

    Attributes:
        host: an address, or a name.
        user: empty where the user ID has no name.
        port: of the ssh server.
        is_public: whether the host is an address that is the same everywhere; else the other machine may need another,
            such as that of a gateway, or a name from its ssh configuration.
    """

    host: str
    user: str
    port: int = _SSH
    is_public: bool = False

    def copy_command(self, path: Path) -> str:
        """What copies a file of this machine into the current folder there."""
        # scp before OpenSSH 9 hands the path to a shell, later ones to a glob: backslashes and ? mean the same to both.
        escaped = _SPECIAL.sub(_escaped, path.as_posix())
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _SSH else f"-P {self.port} "
        return f"scp {port}{shlex.quote(f'{self._login(host)}:{escaped}')} ."

    def forward_command(self, port: int) -> str:
        """What makes a port of this machine's loopback interface answer at the same port there, while it runs."""
        own = "" if self.port == _SSH else f"-p {self.port} "
        return f"ssh {own}-N -L {port}:127.0.0.1:{port} {shlex.quote(self._login(self.host))}"

    def _login(self, host: str) -> str:
        return f"{self.user}@{host}" if self.user else host


def over_ssh(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the person sits at another machine."""
    return bool(environ.get("SSH_CONNECTION"))


def remote_access(environ: Mapping[str, str] = os.environ) -> RemoteAccess:
    """This machine as the ssh client of this session reaches it, or by its name if that is not known."""
    host, port, is_public = _server(environ.get("SSH_CONNECTION", ""))
    return RemoteAccess(host=host or socket.gethostname(), user=_user(), port=port, is_public=is_public)


def _server(connection: str) -> tuple[str, int, bool]:
    """Address, port and whether the address is public; no address if the client used another one to get here.

    `connection` has the client's address and port, and the server's (ssh(1), SSH_CONNECTION).
    """
    try:
        there, _, here, port = connection.split()
        client, server = ip_address(there), ip_address(here)
        own = int(port)
    except ValueError:
        return "", _SSH, False
    if isinstance(server, IPv6Address) and server.scope_id:  # names an interface of this machine
        return "", own, False
    # A public client has reached a private server through a gateway, and a loopback address is the end of a tunnel.
    translated = client.is_global and not server.is_global
    if translated or server.is_loopback or server.is_link_local:
        return "", own, False
    return str(server), own, server.is_global


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user ID without an entry, as in some containers
        return ""


def _escaped(special: re.Match[str]) -> str:
    return "?" if _UNTYPEABLE.match(special[0]) else f"\\{special[0]}"
