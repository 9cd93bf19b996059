"""Homes and workspaces: made once, found by name, deleted only when nothing runs in them."""

from __future__ import annotations

import datetime
import json
import stat
import subprocess
import sys

import pytest

from modelport.errors import ConflictError, NotFoundError, StorageError, UserError
from modelport.registry.model import Registration
from modelport.settings import read_settings
from modelport.storage.tables import services
from modelport.workspace import Home, WorkspaceDetails


@pytest.fixture
def home(tmp_path):
    return Home(read_settings({"MODELPORT_HOME": str(tmp_path / "home")}))


def add_service(workspace, deleted_at=None):
    now = datetime.datetime.now(datetime.timezone.utc)
    row = {"id": "1", "name": "mysvc", "target_kind": "local", "spec": {}, "desired_replicas": 1}
    with workspace.database.writing() as connection:
        connection.execute(services.insert().values(**row, created_at=now, updated_at=now, deleted_at=deleted_at))


def test_a_workspace_is_found_again_with_its_details(home):
    made = home.create("demo", WorkspaceDetails("sub", "group", "eastus", tags={"a": "b"}, extra={"key_vault": "kv"}))
    found = home.get("demo")
    assert (found.id, found.details, found.created_at) == (made.id, made.details, made.created_at)


def test_workspaces_are_private(home):
    directory = home.create("demo").directory
    folders = (directory, directory.parent, directory.parents[1])
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_creating_twice_is_refused(home):
    home.create("demo")
    with pytest.raises(ConflictError, match="workspace-exists"):
        home.create("demo")


def test_creating_a_hundred_times_destroys_nothing(home, tmp_path):
    workspace = home.create("demo", WorkspaceDetails("sub"))
    (tmp_path / "m.pkl").write_text("x")
    workspace.models.register(tmp_path / "m.pkl", Registration("m"))
    workspace.secrets.set({"a": "1"})
    add_service(workspace)
    for _ in range(100):
        home.create("demo", WorkspaceDetails("another"), exist_ok=True)
    found = home.get("demo")
    assert found.details.subscription_id == "sub"
    assert found.models.get("m").version == 1
    assert found.secrets.get("a") == "1"
    assert found.service_names() == ["mysvc"]


def test_processes_that_create_together_make_one(home, tmp_path):
    program = (
        "from modelport.settings import read_settings\nfrom modelport.workspace import Home\n"
        f"home = Home(read_settings({{'MODELPORT_HOME': {str(tmp_path / 'home')!r}}}))\n"
        "print(home.create('demo', exist_ok=True).id)"
    )
    started = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert {process.communicate()[0].strip() for process in started} == {home.get("demo").id}


@pytest.mark.parametrize("name", ["", "ab", "x" * 34, "../x", "a b", "-abc", ".deleted-x", "a/b"])
def test_bad_names_are_refused(home, name):
    for attempt in (home.create, home.get):
        with pytest.raises(UserError, match="name-invalid"):
            attempt(name)


def test_an_unknown_name_names_the_nearest(home):
    home.create("production")
    with pytest.raises(NotFoundError, match="Did you mean 'production'"):
        home.get("prodution")


def test_an_empty_home_has_no_workspaces(home):
    assert home.list() == []


def test_workspaces_are_listed_by_name(home):
    for name in ("bbb", "aaa"):
        home.create(name)
    assert [workspace.name for workspace in home.list()] == ["aaa", "bbb"]


def test_a_deleted_workspace_is_gone_and_its_name_is_free(home):
    first = home.create("demo")
    home.delete("demo")
    assert home.names() == []
    assert [path.name for path in first.directory.parent.iterdir()] == [".lock"]
    assert home.create("demo").id != first.id


def test_a_workspace_with_services_is_not_deleted(home):
    add_service(home.create("demo"))
    with pytest.raises(ConflictError, match="mysvc"):
        home.delete("demo")
    assert home.names() == ["demo"]


def test_a_workspace_whose_services_are_deleted_may_go(home):
    add_service(home.create("demo"), deleted_at=datetime.datetime.now(datetime.timezone.utc))
    home.delete("demo")
    assert home.names() == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"id": "1", "details": 3}'])
def test_a_damaged_file_is_told(home, content):
    path = home.create("demo").directory / "workspace.json"
    path.write_text(content)
    with pytest.raises(StorageError) as caught:
        home.get("demo")
    assert caught.value.code == "workspace-damaged" and str(path) in caught.value.message


def test_details_of_a_later_version_are_passed_over(home):
    path = home.create("demo").directory / "workspace.json"
    content = json.loads(path.read_text())
    content["details"]["invented_later"] = 1
    path.write_text(json.dumps(content))
    assert home.get("demo").details.sku == "basic"


def test_listing_and_getting_load_no_sql_library(home, tmp_path):
    home.create("demo")
    program = (
        "import sys\nfrom modelport.settings import read_settings\nfrom modelport.workspace import Home\n"
        f"home = Home(read_settings({{'MODELPORT_HOME': {str(tmp_path / 'home')!r}}}))\n"
        "home.list(), home.get('demo')\nraise SystemExit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


@pytest.mark.parametrize("below", ["", "below"])
def test_file_where_the_home_should_be_is_refused(tmp_path, below):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="home-not-a-folder"):
        Home(read_settings({"MODELPORT_HOME": str(tmp_path / "file" / below)}))
