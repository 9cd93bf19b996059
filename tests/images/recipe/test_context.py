"""A build context: the same files make the same folder and the same digest, whenever and wherever it is laid out."""

from __future__ import annotations

import os

import pytest

from modelport.errors import UserError
from modelport.images.recipe.context import (
    BuildSecrets,
    ContextFile,
    context_digest,
    files_below,
    text_file,
    write_context,
)

FILES = (text_file("modelport/app/score.py", "print(1)\n"), ContextFile("modelport/tools/uv", b"uv", executable=True))


def seen(folder):
    """Everything below a folder: place, mode, time, bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (oct(status.st_mode), status.st_mtime_ns, content)
    return found


def test_a_context_laid_out_twice_is_the_same(tmp_path):
    before = os.umask(0o077)
    try:
        write_context(tmp_path / "a", "FROM x\n", FILES)
    finally:
        os.umask(before)
    write_context(tmp_path / "b", "FROM x\n", reversed(FILES))
    assert seen(tmp_path / "a") == seen(tmp_path / "b")


def test_the_time_of_a_file_follows_from_its_content(tmp_path):
    for name, text in (("a", "print(1)"), ("b", "print(2)"), ("c", "print(1)")):
        write_context(tmp_path / name, "", [text_file("score.py", text)])
    first, second, third = ((tmp_path / name / "score.py").stat().st_mtime_ns for name in "abc")
    assert first == third != second


def test_the_digest_knows_dockerfile_places_modes_and_bytes():
    different = [
        context_digest("FROM y\n", FILES),
        context_digest("FROM x\n", FILES[:1]),
        context_digest("FROM x\n", [FILES[0], ContextFile("modelport/tools/uv", b"uv")]),
        context_digest("FROM x\n", [FILES[0], ContextFile("modelport/tools/uv", b"vu", executable=True)]),
        context_digest("FROM x\n", [FILES[0], ContextFile("modelport/tools/uw", b"uv", executable=True)]),
    ]
    assert len({context_digest("FROM x\n", FILES), *different}) == len(different) + 1


def test_the_digest_does_not_know_the_order_of_files_nor_where_they_come_from(tmp_path):
    (tmp_path / "score.py").write_text("print(1)\n")
    from_disk = files_below(tmp_path / "score.py", "modelport/app/score.py")
    assert context_digest("", [FILES[1], *from_disk]) == context_digest("", FILES)


def test_a_recorded_digest_saves_reading(tmp_path):
    file = ContextFile("model", source=tmp_path / "not-there", known_sha256="00")
    assert file.sha256 == "00"


def test_files_of_a_folder_are_found_without_what_tools_leave(tmp_path):
    for name in ("score.py", "sub/deep.py", "__pycache__/score.pyc", ".git/HEAD", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "nowhere").symlink_to("not-there")
    (tmp_path / "sub" / "up").symlink_to("..")
    (tmp_path / "link.py").symlink_to("score.py")
    assert [file.path for file in files_below(tmp_path, "app")] == [
        "app/.hidden", "app/link.py", "app/score.py", "app/sub/deep.py",
    ]  # fmt: skip


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(UserError, match="gone"):
        files_below(tmp_path / "gone", "app")
    with pytest.raises(UserError, match="gone") as caught:
        write_context(tmp_path / "out", "", [ContextFile("a", source=tmp_path / "gone")])
    assert caught.value.code == "context-file-missing"


def test_secrets_are_private_files_and_not_shown(tmp_path):
    secrets = BuildSecrets(None, "export UV_DEFAULT_INDEX=https://me:hidden@host/\n")
    written = secrets.write(tmp_path)
    assert (list(written), oct(written["index"].stat().st_mode & 0o777)) == (["index"], "0o600")
    assert "hidden" not in repr(secrets)
