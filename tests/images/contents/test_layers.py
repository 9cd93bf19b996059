"""What an image costs: layers and packages, of images that the real engine built."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from tests.images.registry_servers import make_image

from modelport.errors import NotFoundError, UserError
from modelport.images.contents.layers import (
    ImageCost,
    Layer,
    classify,
    describe,
    image_cost,
    image_layers,
    kind_of,
    largest_packages,
    shortened,
)
from modelport.images.contents.packages import InstalledPackage, read_contents

DOCKERFILE = """\
FROM {base}
RUN mkdir -p /opt/modelport/server/bin && ln -s /usr/bin/python3 /opt/modelport/server/bin/python \\
    && echo 1 > /opt/modelport/note
COPY env /opt/modelport/env
COPY models/ /var/azureml-app/azureml-models/
COPY app/ /var/azureml-app/
LABEL a="b"
"""


def distribution(site, name, version, size):
    """A distribution of one file of `size` bytes, as an installer leaves it."""
    information = site / f"{name}-{version}.dist-info"
    information.mkdir(parents=True)
    (site / f"{name}.py").write_bytes(b"#" * size)
    (site / "__pycache__").mkdir(exist_ok=True)
    (site / "__pycache__" / f"{name}.cpython-311.pyc").write_bytes(b"#" * 10)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nName: no\n")
    (information / "RECORD").write_text(f"{name}.py,,\n{name}-{version}.dist-info/RECORD,,\ngone.py,,\n")


@pytest.fixture
def small_context(tmp_path):
    site = tmp_path / "context" / "env" / "lib" / "python3.11" / "site-packages"
    distribution(site, "large", "2.0", 200_000)
    distribution(site, "small", "1.0", 10)
    for folder in ("models/churn/1", "app"):
        (tmp_path / "context" / folder).mkdir(parents=True)
    (tmp_path / "context/models/churn/1/model.pkl").write_bytes(b"m" * 5000)
    (tmp_path / "context/app/score.py").write_text("print()")
    return tmp_path / "context"


@pytest.fixture(params=["0", "1"], ids=["classic", "buildkit"])
def built(request, engine, scratch, base_image, small_context):
    """An image with the folders that ours have, built in both ways that docker has."""
    (small_context / "Dockerfile").write_text(DOCKERFILE.format(base=base_image()))
    name = scratch.name("cost")
    builder = replace(engine, environ={**os.environ, **engine.environ, "DOCKER_BUILDKIT": request.param})
    done = builder.run(["build", "--tag", name, "--label", scratch.label, small_context], timeout_seconds=300)
    assert done.exit_code == 0, done.stderr
    return name


def test_each_layer_has_its_kind_and_its_cost(engine, built):
    layers = image_layers(engine, built)
    assert [layer.kind for layer in layers] == ["base", "setup", "environment", "model", "code"]
    assert (layers[3].size_bytes, layers[4].size_bytes) == (5000, 7)
    assert not any("buildkit" in layer.created_by or "#(nop)" in layer.created_by for layer in layers)


def test_the_largest_packages_come_first_with_their_byte_code(engine, built):
    assert [(one.name, one.version) for one in largest_packages(engine, built)] == [("large", "2.0"), ("small", "1.0")]
    sizes = [one.size_bytes for one in largest_packages(engine, built, 1)]
    assert len(sizes) == 1 and 200_010 < sizes[0] < 200_200


def test_the_packages_of_the_system_are_read(engine, built):
    contents = read_contents(engine, built)
    names = {package.name for package in contents.system_packages}
    assert {"libc6", "bash"} <= names and contents.system[0] == "debian"


def test_the_cost_of_an_image_is_told_in_lines(engine, built):
    text = describe(image_cost(engine, built))
    assert "of which the base" in text and "200.1 kB  large 2.0" in text


def test_an_image_that_is_not_there_is_told(engine):
    for ask in (image_layers, read_contents):
        with pytest.raises(NotFoundError, match="has no image 'modelport-test/absent:1'"):
            ask(engine, "modelport-test/absent:1")


def test_an_image_of_others_is_told_to_be_one(engine, scratch, tmp_path):
    name = make_image(scratch, tmp_path, "foreign", {"a": b"b"})
    assert [layer.kind for layer in image_layers(engine, name)] == ["base"]
    with pytest.raises(UserError) as caught:
        read_contents(engine, name)
    assert caught.value.code == "image-not-inspectable"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("COPY /opt/modelport/server /opt/modelport/server # buildkit", "server"),
        ("COPY /opt/modelport/python-3.9 /opt/modelport/python-3.9 # buildkit", "python"),
        ("/bin/sh -c #(nop) COPY dir:" + "0" * 64 + " in /opt/modelport/env ", "environment"),
        ("COPY modelport/models/churn-1/ /var/azureml-app/azureml-models/ # buildkit", "model"),
        ("COPY modelport/app/ /var/azureml-app/ # buildkit", "code"),
        ("COPY modelport/service.json /opt/modelport/service.json # buildkit", "settings"),
        ('ENTRYPOINT ["/opt/modelport/server/bin/python"]', "settings"),
        ("/bin/sh -c #(nop)  LABEL a=b", "settings"),
        ("RUN /bin/sh -c mkdir -p /opt/modelport", "setup"),
    ],
)
def test_a_layer_is_known_by_where_it_goes(words, kind):
    assert kind_of(words) == kind


def test_what_is_below_the_first_layer_of_ours_is_the_bases():
    steps = [("", 9), ("RUN apt-get install x", 3), ("RUN mkdir /opt/modelport", 1), ("COPY a /var/azureml-app/", 2)]
    assert [layer.kind for layer in classify(steps)] == ["base", "base", "setup", "code"]


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("/bin/sh -c #(nop) COPY file:" + "a" * 64 + " in /x ", "COPY in /x"),
        ("COPY a b # buildkit", "COPY a b"),
        ("", "(imported)"),
        ("RUN a\n  b", "RUN a b"),
    ],
)
def test_the_words_of_the_builder_itself_are_left_out(words, short):
    assert shortened(words) == short


def test_a_long_step_is_cut():
    assert len(shortened("RUN " + "x" * 500)) == 90


def test_an_image_without_packages_is_told_without_them():
    cost = ImageCost((Layer("(imported)", 100, "base"), Layer("COPY", 300, "code")))
    assert describe(cost).splitlines()[-1].strip() == "400 B  in all, of which the base 100 B (25 %)"
    assert "Largest" in describe(replace(cost, packages=(InstalledPackage("a", "1", 5),)))
