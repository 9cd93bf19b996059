"""Hostile archives come to nothing; honest ones come out whole."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile

import pytest

from modelport.errors import UserError
from modelport.registry.archive import ArchiveLimits, stem, unpack


@pytest.fixture
def target(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def make_tar(tmp_path):
    def make(*members, mode="w:gz"):
        path = tmp_path / "x.tar.gz"
        with tarfile.open(path, mode) as archive:
            for name, changes in members:
                info = tarfile.TarInfo(name)
                content = changes.pop("content", b"x")
                for key, value in changes.items():
                    setattr(info, key, value)
                info.size = len(content) if info.isreg() else 0
                archive.addfile(info, io.BytesIO(content))
        return path

    return make


@pytest.fixture
def make_zip(tmp_path):
    def make(*members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content, mode in members:
                info = zipfile.ZipInfo(name)
                info.external_attr = mode << 16
                info.compress_type = compression
                archive.writestr(info, content)
        return path

    return make


def reason(archive, target, limits=None):
    with pytest.raises(UserError) as caught:
        unpack(archive, target, limits)
    assert caught.value.code == "archive-refused"
    return caught.value.message


def tree(target):
    return sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())


@pytest.mark.parametrize("mode", ["w:", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_comes_out_whole(make_tar, target, mode):
    members = [("a/b.txt", {"content": b"hello"}), ("./c", {}), ("empty", {"type": tarfile.DIRTYPE})]
    unpack(make_tar(*members, mode=mode), target)
    assert tree(target) == ["a/b.txt", "c"]
    assert (target / "a/b.txt").read_bytes() == b"hello" and (target / "empty").is_dir()


def test_a_zip_comes_out_whole(make_zip, target):
    unpack(make_zip(("a/", b"", 0o40755), ("a/b.txt", b"hello", 0o100644), ("run", b"x", 0o100755)), target)
    assert tree(target) == ["a/b.txt", "run"]
    assert (target / "run").stat().st_mode & stat.S_IXUSR


BAD_NAMES = ["../evil", "a/../../evil", "/etc/evil", "..", "a\\..\\b", "C:evil", "line\nbreak", "bell\x07"]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_tar_with_a_bad_name_is_refused(make_tar, target, tmp_path, name):
    reason(make_tar((name, {})), target)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_zip_with_a_bad_name_is_refused(make_zip, target, tmp_path, name):
    reason(make_zip((name, b"x", 0o100644)), target)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("type", "word"),
    [
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.CHRTYPE, "special file"),
        (tarfile.BLKTYPE, "special file"),
        (tarfile.FIFOTYPE, "special file"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(make_tar, target, type, word):
    assert word in reason(make_tar(("x", {"type": type, "linkname": "/etc/passwd"})), target)


def test_a_link_in_a_zip_is_refused(make_zip, target):
    assert "symbolic link" in reason(make_zip(("x", b"/etc/passwd", stat.S_IFLNK | 0o777)), target)


@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_set_user_id_is_refused(make_tar, target, mode):
    assert "another user" in reason(make_tar(("x", {"mode": mode})), target)


@pytest.mark.parametrize(
    ("first", "second"), [("x", "x"), ("x", "X"), ("straße", "STRASSE"), ("é", "e\u0301"), ("A/x", "a/y")]
)
def test_names_that_collide_are_refused(make_tar, target, first, second):
    assert "collides" in reason(make_tar((first, {}), (second, {})), target)


@pytest.mark.parametrize(("first", "second"), [("x", "x/y"), ("x/y", "x")])
def test_a_file_that_is_a_folder_is_refused(make_tar, target, first, second):
    reason(make_tar((first, {}), (second, {})), target)


def test_too_many_entries_are_refused(make_tar, target):
    assert "more than 3" in reason(make_tar(*((str(n), {}) for n in range(4))), target, ArchiveLimits(entries=3))


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_bomb_is_refused_while_it_unpacks(make_tar, make_zip, target, kind):
    content = bytes(20_000_000)
    bomb = make_tar(("x", {"content": content})) if kind == "tar" else make_zip(("x", content, 0o100644))
    reason(bomb, target, ArchiveLimits(ratio=10, allowance_bytes=1 << 20))
    assert sum(path.stat().st_size for path in target.rglob("*") if path.is_file()) < 3 << 20


def test_a_zip_whose_header_lies_about_the_size_is_refused(make_zip, target):
    path = make_zip(("x", bytes(5_000_000), 0o100644))
    data = path.read_bytes().replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(data)
    reason(path, target)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 broken", b"\x1f\x8b\x08 broken"])
def test_what_is_no_archive_is_refused(tmp_path, target, content):
    path = tmp_path / "x.tar.gz"
    path.write_bytes(content)
    assert "cannot be read" in reason(path, target)


def test_a_cut_off_archive_is_refused(make_tar, target):
    path = make_tar(("x", {"content": bytes(range(256)) * 1000}))
    path.write_bytes(path.read_bytes()[:-200])
    reason(path, target)


@pytest.mark.parametrize(("name", "expected"), [("a.tar.gz", "a"), ("b.zip", "b"), ("c.1.TGZ", "c.1")])
def test_the_stem_of_an_archive(tmp_path, name, expected):
    assert stem(tmp_path / name) == expected


@pytest.mark.parametrize("name", ["model.pkl", ".zip", "tar"])
def test_other_suffixes_are_refused(tmp_path, name):
    with pytest.raises(UserError, match="its name ends in none of"):
        stem(tmp_path / name)
