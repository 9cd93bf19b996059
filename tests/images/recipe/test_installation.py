"""What a builder stage installs from: the lock, packages of this machine, and its index without the local parts."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest

from modelport.environments.foreign_python import ForeignPython
from modelport.environments.lock import Lock, LockedPackage
from modelport.environments.options import RealisationOptions
from modelport.environments.specification import IndexOptions
from modelport.errors import UserError
from modelport.images.recipe.context import BuildSecrets
from modelport.images.recipe.installation import has_credentials, host_files, index_lines, installed_files, proxies
from modelport.settings import PackageIndex

PYTHON = ForeignPython("3.11.2", "x86_64", "glibc 2.36", Path(sys.executable))


def options(**index) -> RealisationOptions:
    return RealisationOptions(Path("/nowhere"), Path(sys.executable), {}, PackageIndex(**index))


def wheel(folder: Path, name: str) -> str:
    """Make a wheel of that file name; its digest as a lock has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("content.txt", name)
    return "sha256:" + hashlib.sha256((folder / name).read_bytes()).hexdigest()


def lock(*packages: LockedPackage) -> Lock:
    return Lock("3.11.2", PYTHON.platform, packages)


def installed(locked: Lock, given: RealisationOptions, index: IndexOptions | None = None) -> dict[str, str]:
    """Place in the context -> text of each small file, "" for a file of this machine."""
    files = installed_files("env", locked, index or IndexOptions(), PYTHON, given)
    return {file.path.removeprefix("modelport/env/"): file.content.decode() for file in files}


def test_a_lock_from_a_remote_index_is_all_there_is():
    found = installed(lock(LockedPackage("six==1.17.0", ("sha256:00",))), options())
    assert found == {"lock.txt": "six==1.17.0 --hash=sha256:00\n"}


def test_an_empty_lock_has_no_line():
    assert installed(lock(), options()) == {"lock.txt": ""}


def test_a_lock_without_a_hash_says_so():
    assert "unchecked" in installed(lock(LockedPackage("six==1.17.0")), options())


def test_the_wheel_of_a_local_folder_goes_along_if_it_is_the_locked_one_and_fits(tmp_path):
    names = ("mp-1.0-cp311-cp311-manylinux_2_17_x86_64.whl", "mp-1.0-cp311-cp311-win_amd64.whl",
             "mp-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", "mp-1.0-cp311-cp311-manylinux_2_39_x86_64.whl",
             "mp-2.0-py3-none-any.whl", "notes.txt")  # fmt: skip
    hashes = tuple(wheel(tmp_path, name) for name in names)
    wheel(tmp_path, "mp-1.0-py3-none-any.whl")  # fits, and is not the one that was locked
    found = installed(lock(LockedPackage("mp==1.0", hashes)), options(find_links=(str(tmp_path),)))
    assert set(found) == {"lock.txt", f"wheels/{names[0]}"}
    assert found["lock.txt"].startswith("--no-index\n--find-links /modelport/env/wheels\nmp==1.0 ")


def test_a_wheel_of_a_local_index_goes_along_and_the_rest_comes_from_the_remote_one(tmp_path):
    digest = wheel(tmp_path / "files", "mp_local-1.0-py3-none-any.whl")
    page = tmp_path / "simple" / "mp-local" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<a href="../../files/mp_local-1.0-py3-none-any.whl">mp</a> <a href="https://host/other.whl">x</a>')
    both = lock(LockedPackage("mp-local==1.0", (digest,)), LockedPackage("six==1.17.0", ("sha256:00",)))
    found = installed(both, options(extra_index_urls=((tmp_path / "simple").as_uri(),)))
    assert "wheels/mp_local-1.0-py3-none-any.whl" in found
    assert found["lock.txt"].startswith("--find-links /modelport/env/wheels\n")


def test_a_project_named_by_its_path_goes_along_without_what_builds_leave(tmp_path):
    for name in ("pyproject.toml", "src/mine.py", "build/lib/mine.py", ".git/HEAD"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text("")
    found = installed(lock(LockedPackage(f"mine @ {(tmp_path / 'mine').as_uri()}", (), "digest")), options())
    assert found["lock.txt"] == "mine @ file:///modelport/env/sources/0/mine\n"
    assert set(found) == {"lock.txt", "unchecked", "sources/0/mine/pyproject.toml", "sources/0/mine/src/mine.py"}


def test_a_wheel_named_by_its_path_goes_along_with_its_hash(tmp_path):
    digest = wheel(tmp_path, "mine-1.0-py3-none-any.whl")
    path = tmp_path / "mine-1.0-py3-none-any.whl"
    found = installed(lock(LockedPackage(f"mine @ {path.as_uri()}", (digest,))), options())
    assert found["lock.txt"] == f"mine @ file:///modelport/env/sources/0/{path.name} --hash={digest}\n"
    assert f"sources/0/{path.name}" in found


def test_options_of_the_environment_hold_in_the_build():
    index = IndexOptions(no_index=True, only_binary=(":all:",), no_binary=("mp",))
    found = installed(lock(LockedPackage("six==1.17.0", ("sha256:00",))), options(), index)
    assert found["lock.txt"].splitlines()[:3] == ["--no-index", "--only-binary :all:", "--no-binary mp"]


def test_an_index_of_this_machine_alone_does_not_become_the_public_one(tmp_path):
    found = installed(lock(LockedPackage("six==1.17.0", ("sha256:00",))), options(index_url=tmp_path.as_uri()))
    assert found["lock.txt"].startswith("--no-index\n")


def test_index_lines_have_the_remote_places_alone():
    given = options(
        index_url="https://host/simple", extra_index_urls=("file:///srv/simple", "https://other/simple"),
        find_links=("/srv/wheels", "https://host/wheels"),
    )  # fmt: skip
    assert index_lines(IndexOptions(), given) == (
        "export UV_DEFAULT_INDEX=https://host/simple\n"
        "export UV_EXTRA_INDEX_URL=https://other/simple\n"
        "export UV_FIND_LINKS=https://host/wheels\n"
        "export UV_INDEX_STRATEGY=unsafe-best-match\n"
    )


def test_without_an_index_there_are_no_lines():
    assert index_lines(IndexOptions(), options()) == ""
    assert index_lines(IndexOptions(), options(index_url="file:///srv/simple", find_links=("/srv",))) == ""


@pytest.mark.parametrize(
    ("lines", "secret"),
    [("export UV_DEFAULT_INDEX=https://me:word@host/\n", True), ("export UV_INDEX_A_PASSWORD=x\n", True),
     ("export UV_DEFAULT_INDEX=https://host/\n", False)],
)  # fmt: skip
def test_credentials_are_recognised(lines, secret):
    assert has_credentials(lines) is secret


def test_a_value_cannot_leave_its_quotes():
    lines = index_lines(IndexOptions(), options(index_url="https://host/simple?a='; touch /x; '"))
    assert lines.startswith("export UV_DEFAULT_INDEX='https://host/simple?a='\"'\"'; touch")


def test_proxies_are_arguments_of_the_build():
    assert proxies({"https_proxy": "http://p:1", "NO_PROXY": "host", "OTHER": "x"}) == {
        "https_proxy": "http://p:1", "NO_PROXY": "host",
    }  # fmt: skip


def test_the_classic_builder_gets_certificates_and_index_as_files_of_a_builder_stage():
    given = BuildSecrets(Path("/etc/ca.crt"), "export UV_DEFAULT_INDEX=https://host/\n")
    found = {file.path: file.source or file.content for file in host_files(given)}
    assert found == {
        "modelport/tools/ca.crt": Path("/etc/ca.crt"),
        "modelport/tools/index.sh": b"export UV_DEFAULT_INDEX=https://host/\n",
    }
    assert host_files(BuildSecrets()) == ()


def test_the_classic_builder_gets_no_password():
    with pytest.raises(UserError, match="classic builder") as caught:
        host_files(BuildSecrets(None, "export UV_DEFAULT_INDEX=https://me:planted@host/\n"))
    assert caught.value.code == "index-needs-buildkit"
    assert "planted" not in str(caught.value)
