"""The import paths of the Azure ML SDK v1, and how they are made to lead to the classes of Modelport."""
