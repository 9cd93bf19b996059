"""CondaDependencies as v1 programs use it; bad input is refused and changes nothing."""

from __future__ import annotations

import pytest
import yaml

from modelport.errors import UserError
from modelport.sdk.conda_dependencies import CondaDependencies


def create(**options):
    return CondaDependencies.create(**options)


def test_the_default_content_is_that_of_v1():
    made = create()
    assert list(made.conda_channels) == ["conda-forge"]
    assert list(made.pip_packages) == ["azureml-defaults"]
    assert made.as_dict()["name"] == "project_environment"


def test_given_pip_packages_replace_the_default():
    assert list(create(pip_packages=["ptvsd"]).pip_packages) == ["ptvsd"]


def test_the_call_of_the_seeds():
    made = create(
        conda_packages=["numpy==1.15.4", "scikit-learn==0.19.1", "pandas==0.23.4"],
        pip_packages=["azureml-defaults==1.0.45", "ptvsd"],
    )
    assert list(made.conda_packages) == ["numpy==1.15.4", "scikit-learn==0.19.1", "pandas==0.23.4"]
    assert made.get_python_version() is None


def test_the_python_version_is_set_changed_and_told():
    made = create(python_version="3.6.2")
    assert made.get_python_version() == "3.6.2"
    made.set_python_version("3.8")
    assert made.as_dict()["dependencies"][0] == "python=3.8"
    assert list(made.conda_packages) == []


def test_adding_a_package_again_replaces_its_pin():
    made = create(conda_packages=["numpy=1.15"], pip_packages=["six==1.15"])
    made.add_conda_package("numpy=1.16")
    made.add_pip_package("six==1.16")
    assert (list(made.conda_packages), list(made.pip_packages)) == (["numpy=1.16"], ["six==1.16"])


def test_packages_are_removed_by_name_whatever_the_pin():
    made = create(conda_packages=["numpy=1.15"], pip_packages=["six==1.15"])
    made.remove_conda_package("numpy")
    made.remove_pip_package("six")
    made.remove_pip_package("not-there")
    assert (list(made.conda_packages), list(made.pip_packages)) == ([], [])


def test_channels_are_added_once_and_removed():
    made = create()
    made.add_channel("pytorch")
    made.add_channel("pytorch")
    made.remove_channel("conda-forge")
    assert list(made.conda_channels) == ["pytorch"]


def test_options_are_kept_apart_and_replaced():
    made = create(pip_indexurl="https://a.example/simple", pip_packages=["six"])
    made.set_pip_index_url("https://b.example/simple")
    made.set_pip_option("--extra-index-url https://c.example/simple")
    assert list(made.pip_options) == [
        "--index-url https://b.example/simple",
        "--extra-index-url https://c.example/simple",
    ]
    made.remove_pip_option("--extra-index-url")
    assert len(list(made.pip_options)) == 1


def test_requirements_replace_all_pip_packages():
    made = create(pip_packages=["six"])
    made.set_pip_requirements(["numpy", "pandas==2.0"])
    assert list(made.pip_packages) == ["numpy", "pandas==2.0"]


def test_a_package_by_url_is_kept_beside_others():
    made = create(pip_packages=["https://x.example/a-1-py3-none-any.whl", "https://x.example/b-1-py3-none-any.whl"])
    assert len(list(made.pip_packages)) == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"conda_packages": ["numpy=1|2"]}, "conda-spec-invalid"),
        ({"pip_packages": ["numpy=1.15"]}, "requirement-invalid"),
        ({"pip_packages": "numpy"}, "argument-invalid"),
        ({"conda_packages": [1]}, "argument-invalid"),
        ({"conda_packages": [""]}, "argument-invalid"),
        ({"python_version": "three"}, "argument-invalid"),
        ({"python_version": 3.6}, "argument-invalid"),
        ({"pip_indexurl": "https://me:geheim@x.example"}, "index-credentials"),
    ],
)
def test_bad_input_is_refused(options, code):
    with pytest.raises(UserError) as caught:
        create(**options)
    assert caught.value.code == code
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.add_conda_package("numpy=1|2"),
        lambda made: made.add_pip_package("numpy=1"),
        lambda made: made.set_pip_requirements(["six", "numpy=1"]),
        lambda made: made.set_pip_option("six"),
        lambda made: made.set_pip_option("--unknown x"),
        lambda made: made.add_channel(""),
        lambda made: made.add_tensorflow_pip_package(core_type="tpu"),
    ],
)
def test_a_refused_change_changes_nothing(change):
    made = create(conda_packages=["numpy"], pip_packages=["six"])
    before = made.as_dict()
    with pytest.raises(UserError):
        change(made)
    assert made.as_dict() == before


def test_what_is_saved_reads_as_the_same(tmp_path):
    made = create(python_version="3.8", conda_packages=["numpy"], pip_packages=["six"], pip_indexurl="https://a.example")
    made.save(str(tmp_path / "myenv.yml"))
    assert CondaDependencies(str(tmp_path / "myenv.yml")) == made


def test_a_folder_gets_the_default_name(tmp_path):
    assert create().save(str(tmp_path)) == str(tmp_path / "conda_dependencies.yml")
    assert create().save_to_file(str(tmp_path), "other.yml") == "other.yml"
    assert (tmp_path / "other.yml").read_text() == (tmp_path / "conda_dependencies.yml").read_text()


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(UserError):
        create().save(str(tmp_path / "nowhere" / "myenv.yml"))


def test_the_text_is_yaml_under_a_comment():
    text = create(conda_packages=["numpy"]).serialize_to_string()
    assert text.startswith("#")
    assert yaml.safe_load(text)["dependencies"] == ["numpy", {"pip": ["azureml-defaults"]}]


def test_a_structure_is_accepted_and_checked():
    assert list(CondaDependencies(_underlying_structure={"dependencies": ["numpy"]}).conda_packages) == ["numpy"]
    with pytest.raises(UserError) as caught:
        CondaDependencies(_underlying_structure={"dependancies": []})
    assert caught.value.code == "conda-key-unknown"


def test_tensorflow_and_cntk_by_core_type():
    made = create(pip_packages=[])
    made.add_tensorflow_pip_package("gpu", "1.15.0")
    made.add_tensorflow_conda_package(version="2.0")
    made.add_cntk_package()
    assert list(made.pip_packages) == ["tensorflow-gpu==1.15.0", "cntk"]
    assert list(made.conda_packages) == ["tensorflow=2.0"]


def test_requirements_for_one_package_are_merged():
    merged = CondaDependencies.merge_requirements(["numpy>=1.15", "six", "NumPy<2", "requests[socks]"])
    assert [line.lower() for line in merged] == ["numpy<2,>=1.15", "six", "requests[socks]"]
