"""Whether an image can be run as a service."""

from __future__ import annotations

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
