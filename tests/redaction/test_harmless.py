"""What may be shown to anybody, and what may not."""

import pytest

from fixtures.redaction.harmless import harmless, messages


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "Running",
            "pool_migrate",
            "clean_shutdown",
            "BIOS order",
            "yes",
            "[2, 4]",
            "0,1",
            "xvde",
            "eth0",
        ),
        *("8.3.0", "4.19.0+1", "26.17.0", "20261123T04:33:34Z", "2026-11-23T02:00:00Z", "XCP-ng", "nfs"),
        *("1fcbfbff-f7fa3223", "0/0000:3b:00.0", "XenServer 9.1.12.120 ", "GenuineIntel", "lvmoiscsi"),
        *("Debian GNU/Linux 12 (bookworm)", "6.1.0-40-amd64", "windows-server-2022-64-bit"),
        *("Microsoft Windows Server 2022 Standard|C:\\Windows|\\Device\\Harddisk0\\Partition4",),
        *("Microsoft® Windows Server® 2008 Enterprise", "Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz"),
    ],
)
def test_what_the_product_says_is_harmless(text: str) -> None:
    assert harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        *("payroll", "web-01", "db.acme.example", "Acme Linux 12", "Windows 10 Müller", "linux\nacme"),
        *("10.0.0.5", "at 10.0.0.5", "fe80::1", "02:00:00:01:02:03", "3600a098038303973"),
        *("05661a73-0b47-5c5d-acb5-00ba6958a528", "OpaqueRef:0b47", "6.1.0-acme", "linux " * 50),
        *("\u202eRunning", "Running\x00"),
    ],
)
def test_what_somebody_could_have_named_is_not(text: str) -> None:
    assert not harmless(text)


def test_messages_are_known_by_their_whole_names() -> None:
    assert "HA_HOST_FAILED" in messages()
    assert "HOST_FAILED_AT_ACME" not in messages()
