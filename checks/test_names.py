"""Names: are they safe for every tool that will meet them?"""

from fixtures.controls import control
from fixtures.facts.host import Host
from fixtures.facts.judging import Unknown
from fixtures.facts.names import describe, suggest, unsafe
from fixtures.facts.network import Network
from fixtures.facts.pool import Pool
from fixtures.facts.sr import SR
from fixtures.facts.vdi import VDI
from fixtures.facts.vm import VM

NAME = ("name_label",)


def judge_name(name: str | None) -> str:
    """The rule that all the controls below share: every character is printable ASCII."""
    if name is None:
        raise Unknown("name_label is missing or unreadable")
    characters = unsafe(name)
    assert not characters, f"not ASCII: {describe(characters)}; an ASCII name would be '{suggest(name)}'"
    return "every character is printable ASCII" if name.strip() else "the name is blank"


@control("VM-NAME-01", severity="low", evidence=NAME)
def test_vm_name_is_ascii_safe(vm: VM) -> str:
    """The VM's name is ASCII-safe.

    Why: Names with accents, look-alikes or invisible characters break scripts, exports, consoles and
    searches, and can pass one machine off for another.
    Pass: Every character of the name is printable ASCII (U+0020 to U+007E). A blank name passes, noted.
    Fail: A character is not; the reason names it and its class, and offers an ASCII name.
    Unknown: The name is missing or unreadable.
    Verify: xe vm-param-get uuid={uuid} param-name=name-label
    Fix: xe vm-param-set uuid={uuid} name-label=<ASCII name> (window: live).
    Sources: Unicode character database; XenServer and XCP-ng tools that take names as arguments.
    """
    return judge_name(vm.name)


@control("HOST-NAME-01", severity="low", evidence=NAME)
def test_host_name_is_ascii_safe(host: Host) -> str:
    """The host's name is ASCII-safe.

    Why: Names with accents, look-alikes or invisible characters break scripts and searches.
    Pass: Every character of the name is printable ASCII. A blank name passes, noted.
    Fail: A character is not; the reason names it and its class, and offers an ASCII name.
    Unknown: The name is missing or unreadable.
    Verify: xe host-param-get uuid={uuid} param-name=name-label
    Fix: xe host-param-set uuid={uuid} name-label=<ASCII name> (window: live).
    Sources: Unicode character database; XenServer and XCP-ng tools that take names as arguments.
    """
    return judge_name(host.name)


@control("POOL-NAME-01", severity="low", evidence=NAME)
def test_pool_name_is_ascii_safe(pool: Pool) -> str:
    """The pool's name is ASCII-safe.

    Why: Names with accents, look-alikes or invisible characters break scripts and searches.
    Pass: Every character of the name is printable ASCII. A blank name passes, noted.
    Fail: A character is not; the reason names it and its class, and offers an ASCII name.
    Unknown: The name is missing or unreadable.
    Verify: xe pool-param-get uuid={uuid} param-name=name-label
    Fix: xe pool-param-set uuid={uuid} name-label=<ASCII name> (window: live).
    Sources: Unicode character database; XenServer and XCP-ng tools that take names as arguments.
    """
    return judge_name(pool.name)


@control("SR-NAME-01", severity="low", evidence=NAME)
def test_sr_name_is_ascii_safe(sr: SR) -> str:
    """The storage repository's name is ASCII-safe.

    Why: Names with accents, look-alikes or invisible characters break scripts and searches.
    Pass: Every character of the name is printable ASCII. A blank name passes, noted.
    Fail: A character is not; the reason names it and its class, and offers an ASCII name.
    Unknown: The name is missing or unreadable.
    Verify: xe sr-param-get uuid={uuid} param-name=name-label
    Fix: xe sr-param-set uuid={uuid} name-label=<ASCII name> (window: live).
    Sources: Unicode character database; XenServer and XCP-ng tools that take names as arguments.
    """
    return judge_name(sr.name)


@control("NETWORK-NAME-01", severity="low", evidence=NAME)
def test_network_name_is_ascii_safe(network: Network) -> str:
    """The network's name is ASCII-safe.

    Why: Names with accents, look-alikes or invisible characters break scripts and searches.
    Pass: Every character of the name is printable ASCII. A blank name passes, noted.
    Fail: A character is not; the reason names it and its class, and offers an ASCII name.
    Unknown: The name is missing or unreadable.
    Verify: xe network-param-get uuid={uuid} param-name=name-label
    Fix: xe network-param-set uuid={uuid} name-label=<ASCII name> (window: live).
    Sources: Unicode character database; XenServer and XCP-ng tools that take names as arguments.
    """
    return judge_name(network.name)


@control("VDI-NAME-01", severity="low", evidence=NAME)
def test_vdi_name_is_ascii_safe(vdi: VDI) -> str:
    """The virtual disk image's name is ASCII-safe.

    Why: Names with accents, look-alikes or invisible characters break scripts, exports and searches.
    Pass: Every character of the name is printable ASCII. A blank name passes, noted.
    Fail: A character is not; the reason names it and its class, and offers an ASCII name.
    Unknown: The name is missing or unreadable.
    Verify: xe vdi-param-get uuid={uuid} param-name=name-label
    Fix: xe vdi-param-set uuid={uuid} name-label=<ASCII name> (window: live).
    Sources: Unicode character database; XenServer and XCP-ng tools that take names as arguments.
    """
    return judge_name(vdi.name)
