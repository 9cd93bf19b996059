"""What a base image answers when it is asked what it is."""

from __future__ import annotations

import pytest
from tests.engine import import_image

from modelport.errors import UserError
from modelport.images.engine import image_facts
from modelport.images.recipe.probe import Prober


@pytest.fixture
def prober(engine, tmp_path):
    return Prober(engine, tmp_path / "kept", lambda reference: image_facts(engine, reference))


@pytest.mark.parametrize(("python", "libc"), [("3.9", "glibc 2.31"), ("3.11", "glibc 2.36"), ("3.13", "glibc 2.41")])
def test_a_base_tells_its_python_and_c_library(python, libc, prober, base_image):
    facts = prober.facts_of(base_image(python))
    assert (facts.pythons[0].version.rpartition(".")[0], facts.libc, facts.has_bash) == (python, libc, True)


def test_the_answer_is_kept_by_the_identity_of_the_image(prober, base_image, tmp_path):
    first = prober.facts_of(base_image())
    assert len(list((tmp_path / "kept").iterdir())) == 1
    for path in (tmp_path / "kept").iterdir():
        path.write_text(path.read_text().replace("glibc 2.36", "glibc 2.99"))
    assert (first.libc, prober.facts_of(base_image()).libc) == ("glibc 2.36", "glibc 2.99")


def test_the_packages_of_an_interpreter_are_told(prober, base_image):
    names = {package.name for package in prober.packages_of(base_image(), "/usr/bin/python3")}
    assert "six" in names


def test_an_image_without_a_shell_is_refused(prober, engine, scratch, tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "empty.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("nothing"))
    import_image(engine, tmp_path / "empty.tar", scratch.name(), label=scratch.label)
    with pytest.raises(UserError, match="cannot run a shell") as caught:
        prober.facts_of(scratch.name())
    assert caught.value.code == "base-unusable"
