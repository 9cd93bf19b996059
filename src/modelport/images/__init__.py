"""The box: recipes, builds, registries, and what an image consists of."""
