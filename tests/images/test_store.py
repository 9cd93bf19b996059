"""Records of images: versions, labels, users, and builds whose process died."""

from __future__ import annotations

import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from modelport.errors import ConflictError, NotFoundError, StorageError, UserError
from modelport.images.failure import failure_of
from modelport.images.folders import ImageFolders
from modelport.images.record import ImageChange, ImageQuery, ImageRecord
from modelport.images.store import ImageStore
from modelport.images.wish import ImageLabels, ImageModel, ImageWish
from modelport.process import run
from modelport.storage.database import Database, open_database, sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_database(sqlite_url(tmp_path / "catalog.db"))


@pytest.fixture
def store(tmp_path: Path, database: Database) -> ImageStore:
    return ImageStore(database, ImageFolders(tmp_path / "images"), "demo", "ada")


def built(store: ImageStore, wish: ImageWish, **found: object) -> ImageRecord:
    """A record whose build has ended well."""
    with store.folders.drafted() as folder:
        return store.succeed(store.add(wish, folder), {"image_id": "sha256:1", "context_digest": "c0", **found})


def test_a_build_is_recorded_as_running_with_the_next_version(store: ImageStore) -> None:
    with store.folders.drafted() as folder:
        record = store.add(ImageWish("churn", models=(ImageModel("m", 2),)), folder)
        assert (store.get("churn").state, store.get("churn").version) == ("Running", 1)
    assert (record.reference, record.models, record.created_by) == ("modelport/demo/churn:1", ("m:2",), "ada")


def test_versions_have_no_gaps_under_concurrent_writers(store: ImageStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: built(store, ImageWish("churn")), range(24)))
    assert sorted(record.version for record in made) == list(range(1, 25))


def test_a_version_is_never_given_out_twice(store: ImageStore) -> None:
    store.remove(built(store, ImageWish("churn")))
    assert built(store, ImageWish("churn")).version == 2


def test_a_build_whose_process_died_reads_as_failed(store: ImageStore, database: Database, tmp_path: Path) -> None:
    program = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from modelport.images.folders import ImageFolders
        from modelport.images.store import ImageStore
        from modelport.images.wish import ImageWish
        from modelport.storage.database import open_database, sqlite_url
        store = ImageStore(open_database(sqlite_url(Path({str(tmp_path)!r}) / "catalog.db")),
                           ImageFolders(Path({str(tmp_path)!r}) / "images"), "demo")
        with store.folders.drafted() as folder:
            (folder / "build").mkdir()
            store.add(ImageWish("churn"), folder)
            os._exit(9)
    """)
    assert run([sys.executable, "-c", program]).exit_code == 9
    found = store.get("churn")
    assert (found.state, found.error["code"]) == ("Failed", "image-build-interrupted")
    assert store.abandoned() == (f"images/{found.id}/build",)
    assert store.abandoned(remove=True) == (f"images/{found.id}/build",)
    assert store.abandoned() == ()
    assert store.get("churn").error == found.error


def test_a_folder_without_a_record_is_a_leftover_unless_it_is_being_built(store: ImageStore) -> None:
    with store.folders.drafted() as folder:
        assert store.abandoned(remove=True) == ()
        assert folder.is_dir()
    assert store.abandoned(remove=True) == (f"images/{folder.name}",)
    assert not folder.exists()


def test_a_failed_build_keeps_its_error(store: ImageStore) -> None:
    with store.folders.drafted() as folder:
        record = store.add(ImageWish("churn"), folder)
        store.fail(record, "Failed", StorageError("disk-full", "No room.", "Make some."))
    found = store.again(record)
    assert (found.state, found.error["code"], found.error["remedy"]) == ("Failed", "disk-full", "Make some.")
    raised = failure_of(found)
    assert (type(raised), str(raised)) == (StorageError, str(StorageError("disk-full", "No room.", "Make some.")))
    assert found.seconds is not None


def test_images_are_found_by_model_tag_and_kind(store: ImageStore) -> None:
    labels = ImageLabels(tags={"stage": "test"}, properties={"by": "ada"})
    built(store, ImageWish("churn", models=(ImageModel("m", 2),), labels=labels))
    built(store, ImageWish("other", kind="package"))
    found = {
        "model": ImageQuery(model_name="m"),
        "id": ImageQuery(model_id="m:2"),
        "tag": ImageQuery(tags={"stage": None}),
        "property": ImageQuery(properties={"by": "ada"}),
        "kind": ImageQuery(kind="image"),
    }
    names = {key: [record.name for record in store.find(query)] for key, query in found.items()}
    assert names == {key: ["churn"] for key in found}
    assert store.find(ImageQuery(model_id="m:1")) == []
    assert store.find(ImageQuery(tags={"stage": "live"})) == []


def test_an_unknown_image_is_told_with_the_nearest_name(store: ImageStore) -> None:
    built(store, ImageWish("churn"))
    with pytest.raises(NotFoundError, match="Did you mean 'churn'") as caught:
        store.get("chum")
    assert caught.value.code == "image-not-found"
    with pytest.raises(NotFoundError, match="Versions of 'churn': 1"):
        store.get("churn", 7)


def test_tags_change_and_properties_only_grow(store: ImageStore) -> None:
    record = built(store, ImageWish("churn", labels=ImageLabels(tags={"a": "1"}, properties={"p": "1"})))
    changed = store.update(record, ImageChange(add_tags={"b": "2"}, remove_tags=["a"], add_properties={"q": "2"}))
    assert (changed.tags, changed.properties) == ({"b": "2"}, {"p": "1", "q": "2"})
    with pytest.raises(ConflictError):
        store.update(record, ImageChange(add_properties={"p": "other"}))
    assert store.again(record).properties == {"p": "1", "q": "2"}


def test_a_deleted_image_leaves_no_folder(store: ImageStore) -> None:
    record = built(store, ImageWish("churn"))
    store.remove(record)
    assert (store.find(), record.directory.exists()) == ([], False)
    with pytest.raises(NotFoundError):
        store.remove(record)


def test_an_image_is_not_deleted_while_it_is_built(store: ImageStore) -> None:
    with store.folders.drafted() as folder:
        record = store.add(ImageWish("churn"), folder)
        with pytest.raises(ConflictError) as caught:
            store.remove(record)
    assert caught.value.code == "image-being-built"


def test_a_name_that_is_not_valid_is_refused_before_anything_is_kept(store: ImageStore) -> None:
    with pytest.raises(UserError, match="image name"):
        ImageWish("Not_Valid")
    assert not store.folders.directory.exists()


def test_a_catalogue_of_the_first_form_gets_the_tables_of_images(tmp_path: Path) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    from modelport.storage.migrate import scripts

    url = sqlite_url(tmp_path / "old.db")
    with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            scripts().get_revision("0001").module.upgrade()
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0001')"))
        connection.execute(sa.text("INSERT INTO model_names VALUES ('kept', 3)"))
    database = open_database(url)
    assert ImageStore(database, ImageFolders(tmp_path / "images"), "demo").find() == []
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT last_version FROM model_names")).scalar() == 3
