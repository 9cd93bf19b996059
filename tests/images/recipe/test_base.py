"""Which base an image is built on, and the Dockerfile text that follows from it."""

from __future__ import annotations

import pytest

from modelport.errors import UserError
from modelport.images.recipe.base import default_base, given_base, is_original, stand_in_note
from modelport.images.recipe.dockerfile import base_from_dockerfile, base_from_image
from modelport.settings import read_settings

ORIGINAL = "mcr.microsoft.com/azureml/base:intelmpi2018.3-ubuntu16.04"


def stand_in(original):
    return "python:3.11", f"instead of {original}"


def test_the_default_base_is_a_setting_with_the_version_in_it():
    assert default_base(read_settings({}).base_image, "3.12") == "python:3.12-slim-bookworm"
    own = read_settings({"MODELPORT_BASE_IMAGE": "registry.local/python:{python}"}).base_image
    assert default_base(own, "3.6") == "registry.local/python:3.6"


def test_bases_of_the_original_are_known_and_others_are_not():
    images = [ORIGINAL, "mcr.microsoft.com/azureml/base-gpu:cuda10", "mcr.microsoft.com/dotnet/sdk", "python:3.11"]
    assert [is_original(image) for image in images] == [True, True, False, False]


def test_the_note_says_that_gpu_libraries_are_gone():
    assert "CUDA" in stand_in_note("mcr.microsoft.com/azureml/base-gpu:cuda10", "python:3.11")
    assert "CUDA" not in stand_in_note(ORIGINAL, "python:3.11")


def test_an_environment_without_a_base_gives_none():
    assert given_base({"enabled": True, "base_image": None}) == ("", "")


def test_the_registry_goes_before_the_image_once():
    registry = {"base_image_registry": {"address": "registry.local:5000", "username": "me"}}
    for name in ("team/base:1", "registry.local:5000/team/base:1"):
        assert given_base({"base_image": name, **registry}) == ("image", "registry.local:5000/team/base:1")


def test_two_bases_are_refused():
    with pytest.raises(UserError, match=r"docker\.base_image and docker\.base_dockerfile"):
        given_base({"base_image": "python:3.11", "base_dockerfile": "FROM python:3.11"})


def test_steps_follow_the_base_image():
    made = base_from_image("python:3.11", "RUN apt-get update  \nENV A=1", "base")
    assert made.text == "FROM python:3.11 AS base\nRUN apt-get update\nENV A=1\n"


def test_steps_with_a_base_of_their_own_are_refused_with_the_line():
    with pytest.raises(UserError, match="line 2"):
        base_from_image("python:3.11", "# mine\nFROM debian\n", "base")


def test_the_base_of_the_original_is_replaced_and_the_other_instructions_are_kept():
    text = f"# tools\nFROM {ORIGINAL}\nRUN apt-get update && \\\n    apt-get install -y libgomp1\n"
    made = base_from_dockerfile(text, "RUN true", "base", stand_in)
    expected = text.replace(ORIGINAL, "python:3.11 AS base") + "RUN true\n"
    assert (made.text, made.notes) == (expected, (f"instead of {ORIGINAL}",))


def test_only_the_last_stage_is_the_base():
    made = base_from_dockerfile("FROM golang AS tools\nFROM --platform=linux/amd64 debian\n", "", "base", stand_in)
    assert made.text == "FROM golang AS tools\nFROM --platform=linux/amd64 debian AS base\n"


def test_a_last_stage_with_a_name_keeps_it():
    made = base_from_dockerfile("FROM debian AS mine\nRUN true\n", "", "base", stand_in)
    assert made.text == "FROM debian AS mine\nRUN true\n\nFROM mine AS base\n"


def test_an_argument_that_names_the_base_is_replaced():
    made = base_from_dockerfile(f"ARG BASE={ORIGINAL}\nFROM $BASE\n", "", "base", stand_in)
    assert made.text == "ARG BASE=python:3.11\nFROM $BASE AS base\n"


def test_words_inside_a_heredoc_or_a_continued_line_are_no_instructions():
    text = "FROM debian\nRUN <<END\nFROM nowhere\nEND\nRUN echo \\\n  FROM elsewhere\n"
    assert base_from_dockerfile(text, "", "base", stand_in).text.startswith("FROM debian AS base\nRUN <<END\nFROM now")


def test_a_dockerfile_without_a_base_is_refused():
    with pytest.raises(UserError, match="no FROM line") as caught:
        base_from_dockerfile("RUN true\n", "", "base", stand_in)
    assert caught.value.code == "dockerfile-invalid"
