"""Secrets: encrypted at rest, shown nowhere, honest about a wrong key."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from modelport.errors import NotFoundError, StorageError, UserError
from modelport.storage.database import open_database, sqlite_url
from modelport.storage.secret_key import load_key
from modelport.storage.secrets import SecretStore

VALUE = "very-secret-value"


@pytest.fixture
def database(tmp_path):
    return open_database(sqlite_url(tmp_path / "catalog.db"))


@pytest.fixture
def store(database):
    key = Fernet.generate_key()
    return SecretStore(database, lambda: key)


def test_a_secret_comes_back(store):
    store.set({"name": VALUE}, "text/plain")
    assert store.get("name") == VALUE
    assert [(secret.name, secret.content_type) for secret in store.list()] == [("name", "text/plain")]


def test_a_secret_is_encrypted_on_disk(store, tmp_path):
    store.set({"name": VALUE})
    assert all(VALUE.encode() not in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_a_changed_secret_keeps_its_time_of_making(store):
    store.set({"name": "old"})
    before = store.list()[0]
    store.set({"name": "new"})
    after = store.list()[0]
    assert store.get("name") == "new"
    assert after.created_at == before.created_at and after.updated_at >= before.updated_at


def test_missing_names_are_none_among_several(store):
    store.set({"a": "1"})
    assert store.get_many(["a", "b"]) == {"a": "1", "b": None}


def test_a_missing_secret_names_the_nearest(store):
    store.set({"password": VALUE})
    with pytest.raises(NotFoundError, match="Did you mean 'password'") as caught:
        store.get("pasword")
    assert VALUE not in str(caught.value)


def test_all_are_set_or_none(store):
    with pytest.raises(UserError, match="secret-value-invalid") as caught:
        store.set({"a": VALUE, "b": 12345})
    assert store.list() == []
    assert VALUE not in str(caught.value) and "12345" not in str(caught.value)


def test_all_are_deleted_or_none(store):
    store.set({"a": "1", "b": "2"})
    with pytest.raises(NotFoundError):
        store.delete(["a", "missing"])
    store.delete(["a"])
    assert [secret.name for secret in store.list()] == ["b"]


@pytest.mark.parametrize("name", ["", "a_b", "a b", "x" * 128])
def test_bad_names_are_refused(store, name):
    with pytest.raises(UserError, match="name-invalid"):
        store.set({name: VALUE})


def test_a_wrong_key_is_told_and_mixes_nothing(store, database):
    store.set({"a": VALUE})
    other = SecretStore(database, Fernet.generate_key)
    for attempt in (lambda: other.get("a"), lambda: other.set({"b": "2"})):
        with pytest.raises(StorageError) as caught:
            attempt()
        assert caught.value.code == "secret-key-wrong" and VALUE not in str(caught.value)
    assert [secret.name for secret in store.list()] == ["a"]


def test_secrets_of_a_lost_key_can_be_deleted(store, database):
    store.set({"a": VALUE})
    SecretStore(database, Fernet.generate_key).delete(["a"])
    assert store.list() == []


def test_the_representation_shows_no_value(store):
    store.set({"a": VALUE})
    assert VALUE not in repr(store) + repr(store.list())


def test_the_key_of_the_environment_wins(tmp_path):
    given = Fernet.generate_key().decode()
    assert load_key(tmp_path, given) == given.encode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("given", ["", "short", "x" * 44, "ä" * 44])
def test_what_is_no_key_is_refused_without_showing_it(tmp_path, given):
    with pytest.raises(UserError, match="secret-key-invalid") as caught:
        load_key(tmp_path, given)
    assert not given or given not in str(caught.value)


@pytest.fixture
def no_keyring(monkeypatch):
    """As on a machine without the optional package, whatever this one has."""
    monkeypatch.setitem(sys.modules, "keyring", None)


def test_a_new_key_goes_to_a_private_file_and_stays(tmp_path, no_keyring):
    key = load_key(tmp_path / "home", None)
    assert load_key(tmp_path / "home", None) == key
    assert stat.S_IMODE((tmp_path / "home/secret.key").stat().st_mode) == 0o600


def test_a_damaged_key_file_is_told(tmp_path):
    (tmp_path / "secret.key").write_text("broken")
    with pytest.raises(UserError, match="secret-key-invalid"):
        load_key(tmp_path, None)


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    program = (
        "import sys\nsys.modules['keyring'] = None\nfrom pathlib import Path\n"
        f"from modelport.storage.secret_key import load_key\nprint(load_key(Path({str(tmp_path / 'home')!r}), None))"
    )
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert len({process.communicate()[0] for process in started}) == 1


class Keyring:
    """A keyring of the operating system: the outside world, which no test may depend on."""

    def __init__(self, works=True):
        self.kept = {}
        self.works = works

    def get_password(self, service, account):
        if not self.works:
            raise RuntimeError("no back end")
        return self.kept.get((service, account))

    def set_password(self, service, account, password):
        self.kept[service, account] = password


def test_a_keyring_that_works_keeps_the_key(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", Keyring())
    assert load_key(tmp_path, None) == load_key(tmp_path, None)
    assert not (tmp_path / "secret.key").exists()


def test_a_keyring_that_fails_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", Keyring(works=False))
    load_key(tmp_path, None)
    assert (tmp_path / "secret.key").exists()
