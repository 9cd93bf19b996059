"""Requirements files become dependencies and options; every mistake names its file and line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelport.environments.requirements_file import parse_requirement_line, read_requirements_file
from modelport.environments.specification import IndexOptions
from modelport.errors import UserError


@pytest.fixture
def write(tmp_path):
    def make(text, name="requirements.txt", encoding="utf-8"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding=encoding)
        return path

    return make


def texts(dependencies):
    return [dependency.text for dependency in dependencies]


def refused(path, code="requirement-invalid"):
    with pytest.raises(UserError) as caught:
        read_requirements_file(path)
    assert caught.value.code == code
    return caught.value


def test_comments_blank_lines_and_continuations_are_understood(write):
    read = read_requirements_file(write("# all\n\nnumpy >= 1.15  # as trained\npandas \\\n  == 2.0.0\n"))
    assert texts(read.requirements) == ["numpy>=1.15", "pandas==2.0.0"]


def test_the_place_of_a_continued_line_is_its_first_line(write):
    read = read_requirements_file(write("six\npandas \\\n  ==2.0\njoblib\n"))
    assert [entry.place for entry in read.requirements] == [
        "requirements.txt:1",
        "requirements.txt:2",
        "requirements.txt:4",
    ]


def test_extras_and_markers_are_kept(write):
    read = read_requirements_file(write('requests[socks]>=2; python_version < "3.9"\n'))
    assert texts(read.requirements) == ['requests[socks]>=2; python_version < "3.9"']


def test_included_files_are_read_relative_to_the_file(write):
    write("six==1.16.0\n", "more/base.txt")
    read = read_requirements_file(write("-r more/base.txt\nnumpy\n"))
    assert [str(entry) for entry in read.requirements] == [
        "six==1.16.0 (more/base.txt:1)",
        "numpy (requirements.txt:2)",
    ]


def test_constraints_only_limit(write):
    write("six<2\n", "limits.txt")
    read = read_requirements_file(write("-c limits.txt\nnumpy\n"))
    assert (texts(read.requirements), texts(read.constraints)) == (["numpy"], ["six<2"])


def test_index_options_are_collected(write, tmp_path):
    (tmp_path / "wheels").mkdir()
    text = "--index-url=https://a.example/simple\n--extra-index-url https://b.example/simple\n-f wheels\n--pre\n"
    assert read_requirements_file(write(text + "--only-binary a,b\n")).index == IndexOptions(
        index_url="https://a.example/simple",
        extra_index_urls=("https://b.example/simple",),
        find_links=(str(tmp_path / "wheels"),),
        pre_releases=True,
        only_binary=("a", "b"),
    )


def test_hashes_stay_with_their_requirement(write):
    read = read_requirements_file(write("six==1.16.0 \\\n  --hash=sha256:aa \\\n  --hash sha256:bb\n"))
    assert texts(read.requirements) == ["six==1.16.0 --hash=sha256:aa --hash=sha256:bb"]


def test_local_paths_become_absolute(write, tmp_path):
    write("", "pkg/pyproject.toml")
    assert texts(read_requirements_file(write("./pkg[extra]\n-e ./pkg\n")).requirements) == [
        f"{tmp_path / 'pkg'}[extra]",
        str(tmp_path / "pkg"),
    ]


def test_utf_16_as_powershell_writes_it_is_read(write):
    assert texts(read_requirements_file(write("six\n", encoding="utf-16")).requirements) == ["six"]


def test_another_encoding_is_refused_with_its_line(write):
    error = refused(write("six\n# ä\n", encoding="latin1"), "environment-file-unreadable")
    assert "'requirements.txt:2' cannot be read: byte 0xe4 there is not UTF-8 text" in error.message


def test_a_missing_file_lists_a_few_names_nearest_first(write, tmp_path):
    for name in ("environment.yml", *(f"x{number}.dat" for number in range(30))):
        write("", name)
    remedy = refused(tmp_path / "conda-env.yml", "environment-file-missing").remedy
    assert "environment.yml, " in remedy and len(remedy.split(", ")) == 5


def test_a_missing_file_names_the_nearest(write, tmp_path):
    write("six\n")
    error = refused(tmp_path / "requirement.txt", "environment-file-missing")
    assert "requirements.txt" in error.remedy


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("numpy=1.15", "numpy==1.15"),
        ("numpy==", "numpy=="),
        ("not a requirement", "not a requirement"),
        ("--extra-index https://x.example", "--extra-index-url"),
        ("--index-url", "no value"),
        ("-r missing.txt", "missing.txt"),
        ("./nowhere", "./nowhere"),
        ("six --global-option=x", "--global-option"),
        ("six --hash=md5:00", "md5:00"),
        ("-f nowhere", "nowhere"),
        ("-r https://x.example/r.txt", "URL"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(write, line, word):
    error = refused(write(f"six\n{line}\n"))
    assert error.message.startswith("requirements.txt:2: ")
    assert word in str(error)


def test_a_file_that_includes_itself_is_refused(write):
    write("-r requirements.txt\n", "other.txt")
    assert "requirements.txt -> other.txt -> requirements.txt" in refused(write("-r other.txt\n")).message


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://me:geheim@x.example/simple",
        "--extra-index-url https://geheim@x.example/simple",
        "pkg @ https://me:geheim@x.example/p.whl",
        "git+https://geheim@x.example/p.git",
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_repeated(write, line):
    error = refused(write(line + "\n"), "index-credentials")
    assert "requirements.txt:1" in error.message
    assert "geheim" not in str(error) + repr(error)


def test_a_variable_in_place_of_the_secret_is_kept(write):
    url = "https://${USER_X}:${TOKEN}@x.example/simple"
    assert read_requirements_file(write(f"--index-url {url}\n")).index.index_url == url


def test_a_git_url_over_ssh_is_no_secret():
    assert parse_requirement_line("git+ssh://git@x.example/p.git").requirements[0].text == "git+ssh://git@x.example/p.git"


def test_several_lines_in_one_are_refused():
    with pytest.raises(UserError, match="2 lines"):
        parse_requirement_line("six\nnumpy")


@given(st.text(max_size=60))
def test_any_line_is_understood_or_refused_by_an_error_of_ours(text):
    try:
        parse_requirement_line(text, "r.txt:1")
    except UserError as error:
        assert error.message.startswith("r.txt:1: ")


names = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
versions = st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}", fullmatch=True)


@given(names, versions)
def test_every_pin_reads_as_itself(name, version):
    assert parse_requirement_line(f"{name} == {version}").requirements[0].text == f"{name}=={version}"


@given(st.builds(IndexOptions, st.just("https://a.example"), no_index=st.booleans(), pre_releases=st.booleans()))
def test_index_options_written_as_lines_read_as_themselves(index):
    read = IndexOptions()
    for line in index.lines():
        read = read.merged(parse_requirement_line(line).index)
    assert read == index
    assert all(re.match(r"--[a-z-]+", line) for line in index.lines())
