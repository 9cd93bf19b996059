"""The bill of materials: valid by the standard's own schema, complete, the same twice, and attached to its image."""

from __future__ import annotations

import json

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL
from tests.conftest import require
from tests.images.registry_servers import HOW_TO_GET, PROGRAM, running_registry, small_image

from modelport.environments.lock import Lock, LockedPackage
from modelport.images.contents.packages import (
    Contents,
    InstalledPackage,
    SystemPackage,
    parse_apk,
    parse_contents,
    parse_dpkg,
)
from modelport.images.registries.credentials import CredentialStore
from modelport.images.registries.oci_registry import open_registry
from modelport.images.registries.reference import Reference
from modelport.images.registries.referrers import attached, referrers
from modelport.images.sbom import MEDIA_TYPE, Subject, attach_bill, bill_of_materials

SUBJECT = Subject("registry.example/team/churn:1", "sha256:" + "a" * 64, "0.1.0")
LOCK = Lock(
    "3.11.7",
    "linux-x86_64",
    (
        LockedPackage("numpy==2.4.6", ("sha256:" + "1" * 64, "sha256:" + "2" * 64)),
        LockedPackage("six==1.17.0", ("sha256:" + "3" * 64,)),
        LockedPackage("own @ https://ann:planted-secret@files.example/own-1.whl"),
        LockedPackage("/srv/local", content="c" * 64),
    ),
)
CONTENTS = Contents(
    (
        InstalledPackage("uvloop", "0.23.0", 100, "server"),
        InstalledPackage("numpy", "2.4.6", 500),
        InstalledPackage("Zope.Interface", "7.0", 5),
    ),
    (
        SystemPackage("libc6", "2.36-9+deb12u7", "amd64", "deb"),
        SystemPackage("libstdc++6", "12.2.0-14", "amd64", "deb"),
        SystemPackage("libc6", "2.36-9+deb12u7", "i386", "deb"),
    ),
    ("debian", "12"),
)


def complaints(bill: bytes):
    """What the standard's schema has against a bill."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.decode())
    return None if found is None else str(found)


def components(bill: bytes) -> dict[str, dict]:
    return {entry["bom-ref"]: entry for entry in json.loads(bill)["components"]}


def test_a_bill_is_valid_by_the_schema():
    assert complaints(bill_of_materials(SUBJECT, CONTENTS, LOCK)) is None


def test_the_schema_would_notice_a_wrong_bill():
    bill = json.loads(bill_of_materials(SUBJECT, CONTENTS, LOCK))
    bill["components"][0]["type"] = "no-such-type"
    assert complaints(json.dumps(bill).encode()) is not None


NAME = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True)
VERSION = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}([+~:a-z][a-z0-9]{1,4})?", fullmatch=True)


@given(
    st.lists(st.tuples(NAME, VERSION, st.sampled_from(["server", "environment"])), max_size=5),
    st.lists(st.tuples(NAME, VERSION, st.sampled_from(["amd64", ""]), st.sampled_from(["deb", "apk"])), max_size=5),
    st.tuples(st.sampled_from(["", "debian", "alpine"]), st.sampled_from(["", "12"])),
)
def test_whatever_is_installed_makes_a_valid_bill(packages, system_packages, system):
    installed = tuple(InstalledPackage(name, version, 1, place) for name, version, place in packages)
    contents = Contents(installed, tuple(SystemPackage(*words) for words in system_packages), system)
    bill = bill_of_materials(Subject("churn"), contents)
    assert complaints(bill) is None
    assert all(PackageURL.from_string(entry["purl"]) for entry in components(bill).values() if "purl" in entry)


def test_the_lock_decides_what_the_environment_is():
    found = components(bill_of_materials(SUBJECT, CONTENTS, LOCK))
    assert found["environment:pkg:pypi/six@1.17.0"]["hashes"] == [{"alg": "SHA-256", "content": "3" * 64}]
    assert "environment:pkg:pypi/zope-interface@7.0" not in found
    assert "server:pkg:pypi/uvloop@0.23.0" in found


def test_the_users_python_and_the_server_are_in_the_bill():
    found = components(bill_of_materials(SUBJECT, CONTENTS, LOCK))
    assert found["environment:pkg:generic/python@3.11.7"]["type"] == "platform"
    assert found["server:pkg:pypi/modelport@0.1.0"]["version"] == "0.1.0"


def test_several_allowed_files_are_told_and_none_of_them_claimed():
    numpy = components(bill_of_materials(SUBJECT, CONTENTS, LOCK))["environment:pkg:pypi/numpy@2.4.6"]
    allowed = f"sha256:{'1' * 64} sha256:{'2' * 64}"
    assert "hashes" not in numpy
    assert {"name": "modelport:allowed-hashes", "value": allowed} in numpy["properties"]


def test_without_a_lock_what_is_installed_counts():
    found = components(bill_of_materials(SUBJECT, CONTENTS))
    assert found["environment:pkg:pypi/zope-interface@7.0"]["name"] == "Zope.Interface"


def test_a_package_of_the_system_bears_its_distribution_and_machine():
    found = components(bill_of_materials(SUBJECT, CONTENTS))
    names = [reference for reference in found if "libc6" in reference]
    purls = [PackageURL.from_string(found[name]["purl"]) for name in names]
    assert {purl.qualifiers["arch"] for purl in purls} == {"amd64", "i386"}
    assert {(purl.type, purl.namespace, purl.version, purl.qualifiers["distro"]) for purl in purls} == {
        ("deb", "debian", "2.36-9+deb12u7", "debian-12")
    }
    assert found["system:debian"]["type"] == "operating-system"


def test_no_login_stands_in_a_bill():
    bill = bill_of_materials(SUBJECT, CONTENTS, LOCK).decode()
    assert "planted-secret" not in bill
    assert "own @ https://files.example/own-1.whl" in bill


def test_the_image_is_named_by_its_digest():
    about = json.loads(bill_of_materials(SUBJECT, CONTENTS))["metadata"]["component"]
    assert about["version"] == SUBJECT.digest
    purl = PackageURL.from_string(about["purl"])
    assert (purl.type, purl.name, purl.version) == ("oci", "churn", SUBJECT.digest)


def test_the_same_image_gives_the_same_bill_and_another_one_another_number():
    first, again = bill_of_materials(SUBJECT, CONTENTS, LOCK), bill_of_materials(SUBJECT, CONTENTS, LOCK)
    other = bill_of_materials(SUBJECT, CONTENTS)
    assert first == again
    assert json.loads(first)["serialNumber"] != json.loads(other)["serialNumber"]


def test_packages_that_are_gone_are_left_out():
    gone = "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
    text = f"{gone}Package: here\nStatus: install ok installed\n"
    assert [package.name for package in parse_dpkg(text)] == ["here"]


def test_what_an_image_without_dpkg_lists_is_there():
    assert [package.name for package in parse_dpkg("Package: tzdata\nVersion: 1\nArchitecture: all\n")] == ["tzdata"]


def test_the_packages_of_apk_are_read():
    text = "C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\nT:the C library\n\nP:busybox\nV:1.36\nA:x86_64\n"
    found = [(package.name, package.version) for package in parse_apk(text)]
    assert found == [("musl", "1.2.5-r0"), ("busybox", "1.36")]


@pytest.mark.parametrize(
    ("release", "system"),
    [('ID=debian\nVERSION_ID="12"\n', ("debian", "12")), ("ID='alpine'\n", ("alpine", "")), ("", ("", ""))],
)
def test_the_system_says_what_it_is(release, system):
    words = {"packages": [], "dpkg": "", "apk": "", "os_release": release}
    assert parse_contents(words).system == system


def test_a_bill_is_attached_to_its_image(tmp_path):
    require("docker-registry", PROGRAM is not None, HOW_TO_GET)
    store = CredentialStore({"HOME": str(tmp_path)})
    with running_registry(tmp_path / "r") as server, open_registry(server.address, store) as registry:
        small_image(registry, "team/churn", "1")
        image = Reference(server.address, "team/churn", "1")
        bill = bill_of_materials(SUBJECT, CONTENTS, LOCK)
        attach_bill(registry, image, bill)
        attach_bill(registry, image, bill)
        assert [one.artifact_type for one in referrers(registry, image)] == [MEDIA_TYPE]
        assert attached(registry, image, MEDIA_TYPE) == bill
