"""Where a workspace keeps what it knows: the catalogue (SQL), its migrations, secrets, and durable files.

Modules are imported by name, so that what needs only files and locks never pays for the SQL library.
"""
