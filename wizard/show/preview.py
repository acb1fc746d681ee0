"""Tells a person where the page of images before and after is, and how to see it from another machine."""

from pathlib import Path
from urllib.parse import urlsplit

from wizard.machine.remote_access import RemoteAccess, over_ssh, remote_access
from wizard.output import Output


def show_preview(output: Output, path: Path) -> None:
    """Shows where the page is; over ssh also the command that copies it to the person's own machine."""
    output.link("before and after:", path)
    output.event("preview", {"path": str(path)})
    if over_ssh():
        access = remote_access()
        output.say(f"  To copy it to your own computer, run there{_unless_known_otherwise(access)}:")
        output.copyable(f"  {access.copy_command(path)}")


def show_address(output: Output, address: str) -> None:
    """Shows the address that the page is served at, and the command that makes it answer on another machine."""
    access = remote_access()
    forward = access.forward_command(urlsplit(address).port or 0)
    away = "On your own computer," if over_ssh() else "If you sit at another computer, first"
    output.say(f"  {away} run{_unless_known_otherwise(access)}:")
    output.result(f"  {forward}")
    output.say("  Open in a browser:")
    output.result(f"  {address}")
    output.event("serving", {"address": address, "forward": forward})


def _unless_known_otherwise(access: RemoteAccess) -> str:
    return "" if access.is_public else f" (with the name you give ssh, if that is not {access.host})"
