"""The recipe: from what a service needs to a Dockerfile, its context and its labels."""
