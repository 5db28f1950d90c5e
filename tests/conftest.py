"""What all tests of the suite start from."""

import signal


def pytest_configure() -> None:
    """Let Ctrl-C be Ctrl-C: a shell that starts a job in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
