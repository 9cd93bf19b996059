"""Measures services that run: a load that does not wait for answers, and the cores and the memory that it costs."""
