"""What uv prints, in its older and its newer form, is said as one error of ours."""

from __future__ import annotations

import pytest

from modelport.environments.provided import requirement_name
from modelport.environments.solve_errors import Failure, solve_error
from modelport.environments.specification import Dependency
from modelport.environments.wish import Wish

OLDER = "  \u00d7 No solution found when resolving dependencies:\n  ╰─▶ {}\n"
NEWER = "error: No solution found when resolving dependencies\n  cause: {}\n"
WISH = Wish((Dependency("alpha==1.5", "r.txt:1"), Dependency("beta>=2", "r.txt:2"), Dependency("gamma", "r.txt:3")))


def judge(text, versions=("1.0", "2.0")):
    return solve_error(Failure(WISH, "3.11.7", text), lambda asked: versions)


@pytest.mark.parametrize("form", [OLDER, NEWER])
@pytest.mark.parametrize(
    ("because", "code"),
    [
        ("Because there is no version of alpha==1.5 and you require alpha==1.5, we can conclude that …",
         "package-version-missing"),
        ("Because only alpha<=1.4 is available and you require alpha==1.5, …", "package-version-missing"),
        ("Because only the following versions of alpha are available:\n          alpha==1.0\n      and you require "
         "alpha==1.5, …", "package-version-missing"),
        ("Because gamma was not found in the package registry and you require gamma, …", "package-not-found"),
        ("Because there are no versions of gamma and you require gamma, …", "package-not-found"),
        ("Because beta==2.0 depends on gamma<1 and you require gamma and beta>=2, …", "requirements-conflict"),
        ("Because alpha==1.5 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you require "
         "alpha==1.5, …", "package-not-for-python"),
        ("Because alpha==1.5 requires Python >=3.99 and you require alpha==1.5, …", "package-not-for-python"),
        ("Because the requested Python version (>=3.11) does not satisfy Python>=3.12 and alpha==1.5 depends on "
         "Python>=3.12, …", "package-not-for-python"),
    ],
)  # fmt: skip
def test_an_unsolvable_environment_is_classified(form, because, code):
    assert judge(form.format(because)).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("  \u00d7 Failed to build `alpha==1.5`\n  ├─▶ The build backend returned an error\n", "package-build-failed"),
        ("error: Failed to build `alpha==1.5`\n  cause: The build backend returned an error\n", "package-build-failed"),
        ("  \u00d7 Failed to download and build `alpha==1.5`\n  ╰─▶ ImportError\n", "package-build-failed"),
        ("error: Failed to fetch: `https://x.example/simple/alpha/`\n  Caused by: dns error\n", "index-unreachable"),
        ("error: Request failed after 3 retries\n  cause: Failed to fetch: https://x.example/", "index-unreachable"),
        ("error: something that nobody has seen before", "environment-unsolvable"),
    ],
)
def test_other_failures_are_classified(text, code):
    assert judge(text).code == code


def test_the_failed_build_names_the_requirement_and_its_place():
    error = judge("error: Failed to build `alpha==1.5`\n  cause: no compiler\n")
    assert error.message.startswith("r.txt:1: 'alpha==1.5' has no ready-made file for Python 3.11.7")
    assert "no compiler" in error.message


def test_versions_that_cannot_be_told_are_not_claimed():
    error = judge(NEWER.format("Because there is no version of alpha==1.5 and you require alpha==1.5, …"), ())
    assert "Versions that exist" not in error.message


def test_the_end_of_a_long_explanation_is_kept():
    text = "error: Failed to build `alpha==1.5`\n" + "".join(f"line {number}\n" for number in range(200))
    message = judge(text).message
    assert "line 199" in message
    assert len(message.splitlines()) < 40


def test_secrets_of_urls_are_left_out():
    assert "geheim" not in str(judge("error: Failed to fetch: https://me:geheim@x.example/simple/alpha/"))


def test_a_package_that_is_only_mentioned_in_a_range_is_not_blamed():
    error = judge(NEWER.format("Because you require alpha==1.5 and alpha>2, we can conclude that …"))
    assert "beta" not in error.message.partition("uv says")[0]
    assert [requirement_name(entry.text) for entry in WISH.requirements] == ["alpha", "beta", "gamma"]
