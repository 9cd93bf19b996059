"""Contents by digest: once, read-only, never shared with somebody who could write."""

from __future__ import annotations

import hashlib
import os
import stat

import pytest

from modelport.errors import UserError
from modelport.registry.artifacts import LocalArtifactStore, hash_file


def test_whoever_watches_sees_every_byte(tmp_path):
    seen = []
    store = LocalArtifactStore(tmp_path / "store")
    store.on_bytes = seen.append
    (tmp_path / "file").write_bytes(b"12345")
    with store.writing():
        store.put(tmp_path / "file")
    assert sum(seen) == 5


def test_equal_contents_are_kept_once(artifacts, make_file):
    with artifacts.writing():
        first = artifacts.put(make_file("a", "same"))
        second = artifacts.put(make_file("b", "same"))
    assert first == second
    assert list(artifacts.blobs()) == [first]


def test_a_content_is_called_by_its_sha256(artifacts, make_file):
    with artifacts.writing():
        blob = artifacts.put(make_file("a", b"content"))
    assert (blob.digest, blob.size_bytes) == (hashlib.sha256(b"content").hexdigest(), 7)


def test_an_empty_file_is_kept(artifacts, make_file, tmp_path):
    with artifacts.writing():
        blob = artifacts.put(make_file("a", b""))
    artifacts.place(blob, tmp_path / "out", writable=True)
    assert (tmp_path / "out").read_bytes() == b""


def test_blobs_are_read_only_and_their_folders_private(artifacts, make_file, workspace):
    with artifacts.writing():
        blob = artifacts.put(make_file("a"))
    path = workspace.directory / "blobs/sha256" / blob.digest[:2] / blob.digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_is_owned_shares_nothing(artifacts, make_file, tmp_path):
    with artifacts.writing():
        blob = artifacts.put(make_file("a"))
    artifacts.place(blob, tmp_path / "mine", writable=True)
    assert (tmp_path / "mine").stat().st_nlink == 1
    assert os.access(tmp_path / "mine", os.W_OK)


def test_the_source_keeps_its_own_file(artifacts, make_file):
    source = make_file("a")
    with artifacts.writing():
        blob = artifacts.put(source)
    source.write_text("changed later")
    assert artifacts.state_of(blob) == "sound"


def test_a_pipe_in_the_place_of_the_file_does_not_hang(artifacts, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with artifacts.writing(), pytest.raises(UserError, match="model-path-refused"):
        artifacts.put(tmp_path / "pipe")
    assert artifacts.leftovers() == []


def test_nobody_collects_while_somebody_writes(artifacts):
    with artifacts.writing(), artifacts.collecting(wait=False) as alone:
        assert not alone
    with artifacts.collecting(wait=False) as alone:
        assert alone


def test_a_large_file_is_hashed_in_pieces(make_file):
    content = os.urandom(3 << 20) + b"tail"
    assert hash_file(make_file("a", content)).digest == hashlib.sha256(content).hexdigest()
