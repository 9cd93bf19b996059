"""Registries: names of images, logging in, pushing, pulling, and what is attached to an image there."""
