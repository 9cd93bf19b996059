"""`modelport ml …`: the commands of `az ml` (extension azure-cli-ml), with their flags and files, on this machine.

`commands.py` is the table of nouns; `door.py` what every command takes and how its answer is printed; `options.py` the
flags; `keys.py`, `deployment_file.py` and `inference_file.py` read configuration files and are functions of their
arguments; the other files are one noun each. They call `sdk` and hold no rules.
"""
