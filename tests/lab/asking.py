"""A question to a dom0, over ssh."""

from typing import Final

from tests.inside.doors import Door, ssh

UNREACHED: Final = 255
"""ssh's exit code where it does not come to the command."""

_PATIENT: Final = ("ConnectTimeout=30", "ServerAliveInterval=30", "ServerAliveCountMax=4")
"""An emulated CPU takes seconds for ssh's cryptography, and on a busy machine many."""


def ask(dom0: Door, command: str) -> str:
    """What a shell command prints in dom0. Raises CalledProcessError when it fails or dom0 is not reached."""
    done = ssh(dom0, command, *_PATIENT)
    done.check_returncode()
    return done.stdout.decode()
