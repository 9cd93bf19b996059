"""The bill of materials of an image, as CycloneDX 1.6 JSON (pure: the same inputs give the same bytes).

What is written is small enough to write by hand; the tests check it with the library that knows the whole standard.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from modelport.environments.lock import Lock, LockedPackage
from modelport.images.contents.packages import Contents, InstalledPackage, SystemPackage
from modelport.images.registries.oci_registry import OciRegistry
from modelport.images.registries.reference import Reference
from modelport.images.registries.referrers import Attachment, Referrer, attach

MEDIA_TYPE = "application/vnd.cyclonedx+json"
_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_SPACE = uuid.UUID("5b1f4c0e-2a0d-5c39-9f43-0d5e6f1a7c11")  # of our serial numbers alone
_ALGORITHMS = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512", "md5": "MD5", "sha1": "SHA-1"}
Component = dict[str, Any]


@dataclass(frozen=True)
class Subject:
    """The image that a bill is about: a name for people, its digest ("sha256:…", "" if unknown), its Modelport."""

    name: str
    digest: str = ""
    modelport_version: str = ""


def bill_of_materials(subject: Subject, contents: Contents, lock: Lock | None = None) -> bytes:
    """The bill of an image, from its lock (names, versions, hashes) and from what is installed in it.

    Where there is a lock it decides what the user's environment is; else what was found installed does. Components
    say by the property `modelport:layer` where they belong: environment, server or system.
    """
    own = [package for package in contents.packages if package.place == "environment"]
    environment = _of_lock(lock) if lock is not None else [_of_installed(package) for package in own]
    components = [
        *environment,
        *_runtime(subject, lock),
        *(_of_installed(package) for package in contents.packages if package.place == "server"),
        *_of_system(contents),
    ]
    about = _subject(subject)
    listed = _unique(components)
    words: dict[str, Any] = {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {"tools": {"components": [_tool(subject)]}, "component": about},
        "components": listed,
        "dependencies": [{"ref": about["bom-ref"], "dependsOn": [component["bom-ref"] for component in listed]}],
    }
    content = json.dumps(words, sort_keys=True, separators=(",", ":"))
    words["serialNumber"] = f"urn:uuid:{uuid.uuid5(_SPACE, content)}"
    return (json.dumps(words, indent=2, ensure_ascii=False) + "\n").encode()


def _subject(subject: Subject) -> Component:
    name = subject.name.rpartition("@")[0] or subject.name
    found: Component = {"type": "container", "bom-ref": "image", "name": name}
    algorithm, _, value = subject.digest.partition(":")
    if value:
        found["version"] = subject.digest
        found["hashes"] = [{"alg": _ALGORITHMS[algorithm], "content": value}]
        short = name.rpartition("/")[2].partition(":")[0]
        found["purl"] = f"pkg:oci/{quote(short, safe='')}@{quote(subject.digest, safe='')}"
    return found


def _tool(subject: Subject) -> Component:
    version = {"version": subject.modelport_version} if subject.modelport_version else {}
    return {"type": "application", "name": "modelport", **version}


def _runtime(subject: Subject, lock: Lock | None) -> list[Component]:
    """What no package manager in the image tells: the user's Python, which may have been copied in, and Modelport."""
    found = []
    if lock is not None:
        purl = f"pkg:generic/python@{quote(lock.python_version, safe='')}"
        python = {"type": "platform", "bom-ref": f"environment:{purl}", "name": "python", "purl": purl}
        layer = _properties(layer="environment")
        found.append({**python, "version": lock.python_version, "properties": layer})
    if subject.modelport_version:
        found.append(_python("modelport", subject.modelport_version, "server", ()))
    return found


def _of_lock(lock: Lock) -> list[Component]:
    return [_locked(package) for package in lock.packages]


def _locked(package: LockedPackage) -> Component:
    if not package.name:  # a URL, a path or a local folder: named as it was asked for, without a password in it
        name = _without_login(package.requirement)
        content = _properties(layer="environment", content=package.content)
        return {"type": "library", "bom-ref": f"environment:{name}", "name": name, "properties": content}
    return _python(package.name, package.version, "environment", package.hashes)


def _of_installed(package: InstalledPackage) -> Component:
    return _python(package.name, package.version, package.place, ())


def _python(name: str, version: str, layer: str, hashes: tuple[str, ...]) -> Component:
    purl = f"pkg:pypi/{canonicalize_name(name)}@{quote(version, safe='')}"
    component = {"type": "library", "bom-ref": f"{layer}:{purl}", "name": name, "version": version, "purl": purl}
    return {**component, **_hashes(hashes), "properties": _properties(layer=layer, **_several(hashes))}


def _hashes(hashes: tuple[str, ...]) -> Component:
    """The hash of a package; where a lock allows several files, none of them is the one (they become properties)."""
    algorithm, _, value = hashes[0].partition(":") if len(hashes) == 1 else ("", "", "")
    return {"hashes": [{"alg": _ALGORITHMS[algorithm], "content": value}]} if algorithm in _ALGORITHMS else {}


def _several(hashes: tuple[str, ...]) -> dict[str, str]:
    return {"allowed-hashes": " ".join(sorted(hashes))} if len(hashes) > 1 else {}


def _of_system(contents: Contents) -> list[Component]:
    name, version = contents.system
    components = [_system_package(package, name, version) for package in contents.system_packages]
    if name:
        system = {"type": "operating-system", "bom-ref": f"system:{name}", "name": name}
        components.insert(0, {**system, **({"version": version} if version else {})})
    return components


def _system_package(package: SystemPackage, system: str, release: str) -> Component:
    distribution = "-".join(word for word in (system, release) if word)
    vendor = system or {"deb": "debian", "apk": "alpine"}[package.kind]
    qualifiers = {"arch": package.architecture, "distro": distribution}
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in qualifiers.items() if value)
    purl = f"pkg:{package.kind}/{vendor}/{quote(package.name, safe='')}@{quote(package.version, safe='')}"
    purl += f"?{query}" if query else ""
    return {
        "type": "library",
        "bom-ref": f"system:{purl}",
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "properties": _properties(layer="system"),
    }


def _properties(**words: str) -> list[dict[str, str]]:
    return [{"name": f"modelport:{name}", "value": value} for name, value in sorted(words.items()) if value]


def _without_login(requirement: str) -> str:
    """A requirement without user name and password in its URL."""
    head, mark, rest = requirement.partition("://")
    host, slash, path = rest.partition("/")
    return f"{head}{mark}{host.rpartition('@')[2]}{slash}{path}" if mark else requirement


def _unique(components: Iterable[Component]) -> list[Component]:
    """Each component once, in the order of their references."""
    by_reference: Mapping[str, Component] = {component["bom-ref"]: component for component in components}
    return [by_reference[key] for key in sorted(by_reference)]


def attach_bill(registry: OciRegistry, image: Reference, bill: bytes) -> Referrer:
    """Attach a bill to an image in its registry, where scanners look for it; raises as `attach` does."""
    title = {"org.opencontainers.image.title": "sbom.cdx.json"}
    return attach(registry, image, Attachment(MEDIA_TYPE, bill, title))
