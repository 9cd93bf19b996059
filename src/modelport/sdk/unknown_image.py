"""v1's class for images of a flavour that it did not know; every image of a workspace here is a `ContainerImage`."""

from __future__ import annotations

from typing import NoReturn

from modelport.sdk.absent import REASONS, not_covered
from modelport.sdk.image import Image


class UnknownImage(Image):
    """An image of which only its record is known: it can be looked at, tagged and deleted.

    Raises `NotFoundError` (`image-not-found`).
    """

    @staticmethod
    def image_configuration() -> NoReturn:
        """Raise `UserError` (`v1-not-covered`): `ContainerImage.image_configuration` is there to describe images."""
        raise not_covered("azureml.core.image.UnknownImage.image_configuration", REASONS["azure"])

    def run(self) -> NoReturn:
        """Raise `UserError` (`v1-not-covered`): `ContainerImage(ws, name).run(data)` runs an image."""
        raise not_covered("azureml.core.image.UnknownImage.run", REASONS["azure"])
