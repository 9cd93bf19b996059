"""Brings programs of the Azure ML SDK v1 over: what they use is told, and an environment answers their imports."""
