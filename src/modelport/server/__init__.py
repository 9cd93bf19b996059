"""The replica's server: owns the listener, the queue, the limits and the workers; never runs user code."""
