"""Stand-ins for the packages that v1's scoring scripts import, so that none of them need be installed.

`finder` offers them by name through the import system; each module here holds what one or several of those names give.
"""
