"""The classes that programs use, shaped like those of the Azure ML SDK v1: thin doors to the workspace."""
