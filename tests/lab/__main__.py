"""Boot real Xen hosts, one after another, and compare what is said of them with what they are.

Each machine is compared with the hardware that it was given and, where POOLPROOF_CORPUS has recordings, with
a machine of the same kind; then the controls that look into hosts judge it. Exit code 1: something differs.
"""

import argparse
import os
import shlex
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Final

from tests.corpus import CORPUS
from tests.e2e.commands import ROOT
from tests.inside.doors import Door

from .image import image
from .judging import judge, misjudged
from .machine import HARDWARE, Hardware, booted
from .sayings import contradictions, differences, recorded, said

CACHE: Final = ROOT / ".lab"


def main() -> int:
    """Run the lab."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    parser.add_argument(
        "machines", nargs="*", metavar="MACHINE", help=f"of {', '.join(HARDWARE)}: all of them"
    )
    parser.add_argument(
        "--stay", action="store_true", help="leave each on until Enter, and print how to log in"
    )
    options = parser.parse_args()
    if unknown := set(options.machines) - set(HARDWARE):
        parser.error(f"there are {', '.join(HARDWARE)}, and no {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, _end)
    os.nice(15)  # an emulated CPU takes all that it gets
    started = time.monotonic()
    folder = image(CACHE)
    print(f"image: {folder.relative_to(ROOT)} ({_since(started)})", flush=True)
    wrong = [
        f"{name}: {line}"
        for name in options.machines or HARDWARE
        for line in _run(HARDWARE[name], folder, options.stay)
    ]
    print("\n".join(["", *wrong] if wrong else ["", "All as it should be."]))
    return 1 if wrong else 0


def _run(hardware: Hardware, made: Path, stay: bool) -> Sequence[str]:
    """Boot a machine from an image, and look. What is not as it should be, a line each."""
    started, folder = time.monotonic(), CACHE / hardware.name
    with booted(hardware, made, folder) as dom0:
        print(f"\n{hardware.name}: up ({_since(started)})", flush=True)
        told = said(dom0)
        print(f"  virt_caps  {told.virt_caps}\n  xen_caps   {told.xen_caps}", flush=True)
        wrong = contradictions(hardware, told)
        if CORPUS:
            wrong += differences(recorded(CORPUS / "xen" / hardware.name / "host"), told)
        verdicts = judge(hardware, dom0, told, folder)
        wrong += misjudged(hardware, verdicts)
        for control, (word, reason) in verdicts.items():
            print(f"  {control}  {word}: {reason}", flush=True)
        if stay:
            input(f"  {_way(dom0)}\n  Enter ends the machine. ")
    return wrong


def _way(dom0: Door) -> str:
    """The command that logs in."""
    options = [f"-oUserKnownHostsFile={dom0.known_hosts}", "-i", str(dom0.key), "-p", str(dom0.port)]
    return shlex.join(["ssh", *options, f"{dom0.user}@{dom0.address}"])


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.0f} s"


def _end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit("ended")  # not by the signal itself: that would leave QEMU running


if __name__ == "__main__":
    sys.exit(main())
