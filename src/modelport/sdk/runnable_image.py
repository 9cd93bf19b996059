"""Whether an image can be run as a service, and what an update says of the image to run."""

from __future__ import annotations

from typing import Any

from modelport.errors import UserError
from modelport.sdk.arguments import opened
from modelport.sdk.image_view import ImageView


def check_image(image: object) -> ImageView:
    """`image`, if it is one that was built; raises `UserError` (`argument-invalid`), `ConflictError`."""
    if not isinstance(image, ImageView):
        raise UserError(
            "argument-invalid", f"The image is {type(image).__name__}; an Image is needed.",
            "Get one: Image(ws, name='NAME')   or: ws.images['NAME']",
        )  # fmt: skip
    opened(image.workspace).images.built(image._now())
    return image


def image_change(image: object, models: object, script: object) -> dict[str, Any]:
    """The fields of `Container` that an update changes: the image to run from now on; a script is built into its own.

    Raises `UserError` (`argument-invalid`) for an image beside models or a script, and what `check_image` raises.
    """
    if image is None:
        return {} if script is None else {"image": "", "image_name": ""}
    if models is not None or script is not None:
        raise UserError(
            "argument-invalid", "An image and models or an inference_config are given; an image brings its own.",
            "Give the image alone, or models with an inference_config.",
        )  # fmt: skip
    record = check_image(image)._now()
    return {"image": record.image_id, "image_name": record.reference}
