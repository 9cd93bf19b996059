"""Where packages come from on this machine: uv's variables, pip's variables, pip's files, in this order."""

from __future__ import annotations

import pytest

from modelport.settings import PackageIndex, package_index


@pytest.fixture
def home(tmp_path):
    """An environment whose configuration files lie below a folder of the test."""
    return {"HOME": str(tmp_path), "XDG_CONFIG_DIRS": str(tmp_path / "shared"), "PIP_CONFIG_FILE": "/dev/null"}


def with_file(home, tmp_path, text):
    (tmp_path / "pip.conf").write_text(text)
    return {**home, "PIP_CONFIG_FILE": str(tmp_path / "pip.conf")}


def test_nothing_set_is_nothing(home):
    assert package_index(home) == PackageIndex()


def test_variables_of_pip_are_read(home):
    environ = {
        **home,
        "PIP_INDEX_URL": "https://a.example",
        "PIP_EXTRA_INDEX_URL": "https://b.example https://c.example",
        "PIP_FIND_LINKS": "/srv/wheels",
        "PIP_NO_INDEX": "true",
        "PIP_TRUSTED_HOST": "a.example",
        "PIP_CERT": "/ca.pem",
    }
    extra = ("https://b.example", "https://c.example")
    expected = PackageIndex("https://a.example", extra, ("/srv/wheels",), True, ("a.example",), "/ca.pem")
    assert package_index(environ) == expected


def test_variables_of_uv_win(home):
    environ = {
        **home,
        "PIP_INDEX_URL": "https://pip.example",
        "UV_DEFAULT_INDEX": "https://uv.example",
        "UV_INDEX": "internal=https://i.example",
        "PIP_CERT": "/pip.pem",
        "SSL_CERT_FILE": "/ssl.pem",
    }
    found = package_index(environ)
    assert (found.index_url, found.extra_index_urls) == ("https://uv.example", ("https://i.example",))
    assert found.certificate_bundle == "/ssl.pem"


def test_a_file_is_read_with_values_over_several_lines(home, tmp_path):
    text = "[global]\nextra-index-url =\n    https://a.example\n    https://b.example\n[install]\nno_index = yes\n"
    found = package_index(with_file(home, tmp_path, text))
    assert found.extra_index_urls == ("https://a.example", "https://b.example")
    assert found.no_index


def test_variables_win_over_files(home, tmp_path):
    environ = with_file(home, tmp_path, "[global]\nindex-url = https://file.example\n")
    assert package_index({**environ, "PIP_INDEX_URL": "https://variable.example"}).index_url == "https://variable.example"


def test_percent_signs_in_a_file_are_kept(home, tmp_path):
    url = "https://me:p%40ss@file.example"
    assert package_index(with_file(home, tmp_path, f"[global]\nindex-url = {url}\n")).index_url == url


def test_a_file_that_cannot_be_read_is_left_to_pip(home, tmp_path):
    assert package_index(with_file(home, tmp_path, "index-url = without a section\n")).index_url == ""


def test_the_user_file_wins_over_the_shared_one(home, tmp_path):
    for folder, url in (("shared/pip", "https://shared.example"), (".config/pip", "https://user.example")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "pip.conf").write_text(f"[global]\nindex-url = {url}\n")
    environ = {name: value for name, value in home.items() if name != "PIP_CONFIG_FILE"}
    assert package_index(environ).index_url == "https://user.example"


def test_the_repr_shows_no_url(home):
    assert "geheim" not in repr(package_index({**home, "PIP_INDEX_URL": "https://me:geheim@a.example"}))
