"""What uv is told: the index of the environment and of the machine, through its environment alone."""

from __future__ import annotations

import pytest

from modelport.environments.specification import IndexOptions
from modelport.environments.uv import make_uv, uv_program
from modelport.settings import PackageIndex


def child(options=None, host=None, environ=None):
    return dict(make_uv(options or IndexOptions(), host or PackageIndex(), environ or {}).environ)


def test_the_program_came_with_this_installation():
    assert uv_program().is_file()


def test_the_index_of_the_machine_is_passed_on():
    host = PackageIndex("https://a.example", ("https://b.example",), ("/srv/a", "/srv/b"), certificate_bundle="/ca.pem")
    told = child(host=host)
    assert told["UV_DEFAULT_INDEX"] == "https://a.example"
    assert told["UV_EXTRA_INDEX_URL"] == "https://b.example"
    assert told["UV_FIND_LINKS"] == "/srv/a,/srv/b"
    assert told["SSL_CERT_FILE"] == "/ca.pem"


def test_the_index_of_the_environment_wins():
    told = child(IndexOptions(index_url="https://own.example"), PackageIndex("https://a.example"))
    assert told["UV_DEFAULT_INDEX"] == "https://own.example"


def test_variables_in_urls_are_filled_in():
    url = "https://${USER_X}:${TOKEN}@own.example"
    told = child(IndexOptions(index_url=url), environ={"USER_X": "me", "TOKEN": "geheim"})
    assert told["UV_DEFAULT_INDEX"] == "https://me:geheim@own.example"


def test_no_url_stands_among_the_arguments():
    uv = make_uv(
        IndexOptions("https://a.example", ("https://b.example",), ("https://c.example",), pre_releases=True),
        PackageIndex(no_index=True),
        {},
    )
    assert uv.index_words == ("--no-index", "--prerelease", "allow")


def test_the_repr_shows_no_environment():
    assert "geheim" not in repr(make_uv(IndexOptions(), PackageIndex("https://me:geheim@a.example"), {}))


def test_several_indexes_are_searched_alike_as_pip_does():
    assert child(IndexOptions(extra_index_urls=("https://b.example",)))["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert "UV_INDEX_STRATEGY" not in child()


def test_a_strategy_that_the_user_set_stays():
    options = IndexOptions(extra_index_urls=("https://b.example",))
    assert child(options, environ={"UV_INDEX_STRATEGY": "first-index"})["UV_INDEX_STRATEGY"] == "first-index"


@pytest.mark.parametrize("name", ["VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "UV_PYTHON", "UV_CONSTRAINT"])
def test_what_a_shell_has_activated_does_not_matter(name):
    assert name not in child(environ={name: "x"})


def test_named_indexes_of_uv_stay_as_they_are():
    environ = {"UV_INDEX": "internal=https://i.example", "UV_INDEX_INTERNAL_PASSWORD": "p"}
    told = child(host=PackageIndex(extra_index_urls=("https://i.example",)), environ=environ)
    assert told["UV_INDEX"] == "internal=https://i.example"
    assert "UV_EXTRA_INDEX_URL" not in told
