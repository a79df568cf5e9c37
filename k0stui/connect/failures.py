"""Why a host could not be reached, in words that say what to do: each error of the libraries is mapped once, here."""

from __future__ import annotations

import errno
import socket

import asyncssh

from k0stui.connect.lane import Lost
from k0stui.errors import Unreachable


def unreachable(label: str, where: str, error: BaseException) -> Unreachable:
    """`error`, as the operator should read it. `label` is the host, `where` its address and port."""
    if isinstance(error, Unreachable):
        return error
    return Unreachable(f"{label}: {_why(where, error)}")


def _why(where: str, error: BaseException) -> str:
    match error:
        case TimeoutError():
            return f"{where} did not answer in time; is the host up, and does a firewall let us through?"
        case ConnectionRefusedError():
            return f"{where} refused the connection; does sshd run there, on this port?"
        case socket.gaierror():
            return f"the name in {where} is not known; check the inventory, ~/.ssh/config and DNS"
        case OSError(errno=errno.EHOSTUNREACH | errno.ENETUNREACH):
            return f"there is no route to {where}; is a VPN or a jump host missing?"
        case asyncssh.PermissionDenied():
            return f"{where} accepts none of our keys ({error.reason}); check the user, IdentityFile and `ssh-add -l`"
        case asyncssh.ChannelOpenError(code=asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED):
            return f"the jump host may not forward to {where} (AllowTcpForwarding, PermitOpen)"
        case asyncssh.ChannelOpenError():
            return f"the jump host does not reach {where}: {error.reason}"
        case asyncssh.KeyExchangeFailed() | asyncssh.ProtocolNotSupported():
            return f"{where} and we have no common algorithms or protocol: {error.reason}"
        case asyncssh.ConnectionLost() | ConnectionResetError() | BrokenPipeError():
            return f"{where} closed the connection ({_reason(error)}): a restart, or too many logins at once?"
        case asyncssh.DisconnectError() | asyncssh.Error():
            return f"{where} ended the connection: {error.reason}"
        case Lost():
            return f"{where}: {error}"
        case _:
            return f"{where}: {_reason(error)}"


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
