"""Shared with the training program."""
