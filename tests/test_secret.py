"""Secrets stay secret, and passwords are found where they may be."""

import copy
import os
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from fixtures.errors import PoolproofError
from fixtures.secret import Secret, bare, find_password, take_from_environment

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("POOLPROOF_PASSWORD", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    take_from_environment.cache_clear()
    find_password.cache_clear()
    yield
    take_from_environment.cache_clear()
    find_password.cache_clear()


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)


def password_of(file: Path | None = None, keyring: str | None = None) -> Secret:
    return find_password(file, keyring, "auditor")


def password_file(directory: Path, content: bytes = b"correct horse\n", mode: int = 0o600) -> Path:
    file = directory / "password"
    file.write_bytes(content)
    file.chmod(mode)
    return file


@pytest.mark.parametrize(
    "show",
    [repr, str, ascii, "{}".format, "{:>30}".format, "%s".__mod__, lambda secret: repr([secret])],
)
def test_a_secret_shows_nothing(show: Callable[[object], str]) -> None:
    assert "Secret" in show(Secret(PASSWORD))
    assert PASSWORD not in show(Secret(PASSWORD))


@pytest.mark.parametrize(
    "keep", [pickle.dumps, copy.copy, copy.deepcopy, msgspec.to_builtins, msgspec.json.encode, vars]
)
def test_a_secret_goes_nowhere(keep: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as caught:
        keep(Secret(PASSWORD))
    assert PASSWORD not in str(caught.value)


def test_reveal_is_the_way_to_the_text() -> None:
    assert Secret(PASSWORD).reveal() == PASSWORD


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (b"correct horse\n", "correct horse"),
        (b"correct horse\r\n", "correct horse"),
        (b"correct horse", "correct horse"),
        (b" blanks stay \n\n", " blanks stay \n"),
        ("pässwörd".encode(), "pässwörd"),
    ],
)
def test_a_file_holds_the_password_and_a_newline(tmp_path: Path, content: bytes, password: str) -> None:
    assert password_of(password_file(tmp_path, content)).reveal() == password


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = password_file(tmp_path, mode=mode)
    with pytest.raises(PoolproofError, match=f"chmod 600 {file}") as caught:
        password_of(file)
    assert PASSWORD not in str(caught.value)


def test_a_credential_of_systemd_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert password_of(password_file(tmp_path, mode=0o440)).reveal() == PASSWORD


@pytest.mark.parametrize(("content", "what"), [(b"", "must hold"), (b"\n", "must hold"), (b"\xff", "UTF-8")])
def test_a_file_without_a_password_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(PoolproofError, match=what):
        password_of(password_file(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PoolproofError, match="nowhere: No such file"):
        password_of(tmp_path / "nowhere")


@pytest.mark.usefixtures("no_terminal")
def test_the_environment_gives_it_once_and_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POOLPROOF_PASSWORD", PASSWORD)
    assert password_of().reveal() == PASSWORD
    assert "POOLPROOF_PASSWORD" not in os.environ
    assert password_of().reveal() == PASSWORD


def test_a_file_goes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POOLPROOF_PASSWORD", "another")
    assert password_of(password_file(tmp_path)).reveal() == PASSWORD


@pytest.mark.usefixtures("no_terminal")
def test_without_a_terminal_one_line_says_what_to_use() -> None:
    with pytest.raises(PoolproofError, match=r"POOLPROOF_PASSWORD.*--password-file.*terminal"):
        password_of()


class Terminal:
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return PASSWORD

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("fixtures.secret.getpass", getpass)
    assert password_of() is password_of()
    assert len(asked) == 1


def test_an_ended_terminal_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def getpass(_: str) -> str:
        raise EOFError

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("fixtures.secret.getpass", getpass)
    with pytest.raises(PoolproofError, match="no password was entered"):
        password_of()


# The keyring


class Keyring(ModuleType):
    """Stands for the package keyring, which is not installed here."""

    def __init__(self, held: dict[tuple[str, str], str], failure: Exception | None = None) -> None:
        super().__init__("keyring")
        self.held = held
        self.failure = failure
        self.asked: list[tuple[str, str]] = []

    def get_password(self, service: str, user: str) -> str | None:
        self.asked.append((service, user))
        if self.failure:
            raise self.failure
        return self.held.get((service, user))


def plant(monkeypatch: pytest.MonkeyPatch, keyring: Keyring | None) -> None:
    monkeypatch.setitem(sys.modules, "keyring", keyring)


def test_a_keyring_is_asked_once_for_the_accounts_password(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = Keyring({("pool", "auditor"): PASSWORD})
    plant(monkeypatch, keyring)
    assert password_of(keyring="pool").reveal() == PASSWORD
    assert password_of(keyring="pool").reveal() == PASSWORD
    assert keyring.asked == [("pool", "auditor")]


def test_a_file_goes_before_a_keyring_and_a_keyring_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = Keyring({("pool", "auditor"): "the keyring's"})
    plant(monkeypatch, keyring)
    monkeypatch.setenv("POOLPROOF_PASSWORD", "the environment's")
    assert password_of(password_file(tmp_path), "pool").reveal() == PASSWORD
    assert keyring.asked == []
    assert password_of(keyring="pool").reveal() == "the keyring's"
    assert "POOLPROOF_PASSWORD" not in os.environ


@pytest.mark.parametrize(
    ("keyring", "said"),
    [
        (None, r"the Python package keyring is not installed here; run: .* -m pip install keyring"),
        (Keyring({}), "holds no password of auditor; store it with: keyring set"),
        (Keyring({("pool", "auditor"): ""}), "holds no password of auditor"),
        (Keyring({("pool", "root"): PASSWORD}), "holds no password of auditor"),
        (Keyring({}, RuntimeError(f"locked: {PASSWORD}")), r"cannot be read \(RuntimeError\); unlock it"),
    ],
)
def test_a_keyring_that_gives_none_is_one_line(
    monkeypatch: pytest.MonkeyPatch, keyring: Keyring | None, said: str
) -> None:
    plant(monkeypatch, keyring)
    with pytest.raises(PoolproofError, match=f"^--password-keyring pool: .*{said}") as caught:
        password_of(keyring="pool")
    assert str(caught.value).isprintable()
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_nobody_loads_the_keyring_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = Keyring({})
    plant(monkeypatch, keyring)
    monkeypatch.setenv("POOLPROOF_PASSWORD", PASSWORD)
    assert password_of().reveal() == PASSWORD
    assert keyring.asked == []


def test_a_bare_error_has_neither_frames_nor_causes() -> None:
    def fail(password: str) -> None:
        try:
            int(password)
        except ValueError as error:
            raise PoolproofError("one line") from error

    with pytest.raises(PoolproofError) as caught:
        fail(PASSWORD)
    error = bare(caught.value)
    assert (error.__traceback__, error.__cause__, error.__context__) == (None, None, None)
