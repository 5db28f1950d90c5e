"""Sentences that quote the outside."""

import pytest

from fixtures.redaction.prose import sentence
from fixtures.redaction.pseudonyms import Pseudonyms


@pytest.mark.parametrize(
    "text",
    [
        "TLS was not verified (--insecure)",
        "3 of 28 VMs are out of scope by policy",
        "the host ended the session during the reading; logged in again",
        "Connection refused",
        "the host is not live",
        "",
    ],
)
def test_what_the_product_and_the_system_say_stays(text: str) -> None:
    assert sentence(text, Pseudonyms(b"1" * 32)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://xen2.acme.example:443 is not the master; followed to https://10.0.0.5", "acme"),
        ("cannot be reached: xen-berlin.local: Connection refused", "berlin"),
        ("denied to ACME\\auditor (02:00:00:01:02:03)", "auditor"),
        ("said Müßig of 10.0.0.5 and fe80::5", "fe80::5"),
        ("the VM 05661a73-0b47-5c5d-acb5-00ba6958a528", "05661a73"),
        ("file /home/alice/dump.xml cannot be read", "alice"),
    ],
)
def test_what_is_not_known_is_replaced(text: str, told: str) -> None:
    assert told in text
    assert told not in sentence(text, Pseudonyms(b"1" * 32))


def test_what_was_replaced_elsewhere_has_the_same_pseudonym() -> None:
    pseudonyms = Pseudonyms(b"1" * 32)
    name = pseudonyms.named("vm", "payroll of the north")
    address = pseudonyms.address("10.0.0.5")
    location = pseudonyms.location("https://10.0.0.5:8443")
    assert sentence("https://10.0.0.5:8443: timed out", pseudonyms) == f"{location}: timed out"
    said = sentence("the VM payroll of the north on 10.0.0.5 could not be read", pseudonyms)
    assert said == f"the VM {name} on {address} could not be read"
