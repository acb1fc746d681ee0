import shlex
from pathlib import Path

import pytest

from wizard.machine.remote_access import RemoteAccess, over_ssh, remote_access

PAGE = Path("/home/ann/.cache/preview.html")


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "node7")
    monkeypatch.setattr("getpass.getuser", lambda: "ann")


def reached(client: str, server: str, port: int = 22) -> RemoteAccess:
    return remote_access({"SSH_CONNECTION": f"{client} 51234 {server} {port}"})


def test_a_session_of_ssh_is_known_by_its_variable() -> None:
    assert over_ssh({"SSH_CONNECTION": "10.0.0.9 51234 10.0.0.5 22"})
    assert not over_ssh({})


@pytest.mark.parametrize(
    ("client", "server", "is_public"),
    [
        ("10.0.0.9", "10.0.0.5", False),  # one network
        ("100.70.0.2", "100.64.0.1", False),  # one overlay network
        ("10.0.0.9", "9.9.9.9", True),
        ("9.9.9.8", "9.9.9.9", True),
        ("2620:fe::8", "2620:fe::9", True),
    ],
)
def test_the_host_is_the_address_that_the_client_has_reached(client: str, server: str, is_public: bool) -> None:
    access = reached(client, server)
    assert (access.host, access.is_public) == (server, is_public)


@pytest.mark.parametrize(
    ("client", "server"),
    [
        ("9.9.9.9", "10.0.0.5"),  # through a gateway that translates addresses
        ("127.0.0.1", "127.0.0.1"),  # through a tunnel
        ("fe80::1%eth0", "fe80::2%eth0"),  # the name of an interface means nothing elsewhere
        ("UNKNOWN", "UNKNOWN"),
    ],
)
def test_an_address_that_the_client_cannot_have_used_is_replaced_by_the_hosts_name(client: str, server: str) -> None:
    access = reached(client, server)
    assert (access.host, access.is_public) == ("node7", False)


def test_without_ssh_the_host_is_named() -> None:
    assert remote_access({}) == RemoteAccess(host="node7", user="ann")
    assert remote_access({"SSH_CONNECTION": "nonsense"}) == RemoteAccess(host="node7", user="ann")


def test_a_user_without_a_name_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert remote_access({}).copy_command(PAGE) == f"scp node7:{PAGE} ."


def test_the_commands_name_user_host_and_port() -> None:
    usual = reached("10.0.0.9", "10.0.0.5")
    assert usual.copy_command(PAGE) == f"scp ann@10.0.0.5:{PAGE} ."
    assert usual.forward_command(4711) == "ssh -N -L 4711:127.0.0.1:4711 ann@10.0.0.5"
    other = reached("10.0.0.9", "10.0.0.5", 2222)
    assert other.copy_command(PAGE) == f"scp -P 2222 ann@10.0.0.5:{PAGE} ."
    assert other.forward_command(4711) == "ssh -p 2222 -N -L 4711:127.0.0.1:4711 ann@10.0.0.5"


def test_an_ipv6_address_is_in_brackets_for_scp_and_quoted_for_the_shell() -> None:
    access = reached("2620:fe::8", "2620:fe::9")
    assert access.copy_command(PAGE) == f"scp 'ann@[2620:fe::9]:{PAGE}' ."
    assert access.forward_command(4711) == "ssh -N -L 4711:127.0.0.1:4711 ann@2620:fe::9"


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("/home/ann/my cache/p.html", r"/home/ann/my\ cache/p.html"),
        ("/home/o'neil/$x `y` (z)*", r"/home/o\'neil/\$x\ \`y\`\ \(z\)\*"),
        ("/home/änn/p.html", "/home/änn/p.html"),
        ("/tmp/a\nb\udce9/p.html", "/tmp/a?b?/p.html"),
    ],
)
def test_an_odd_path_is_quoted_for_the_shells_on_both_sides(path: str, there: str) -> None:
    command = reached("10.0.0.9", "10.0.0.5").copy_command(Path(path))
    assert shlex.split(command) == ["scp", f"ann@10.0.0.5:{there}", "."]
