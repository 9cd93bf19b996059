"""Builds: run one with the engine of this machine, keep its log, say why it failed."""
