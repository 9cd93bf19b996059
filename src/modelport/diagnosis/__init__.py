"""Why it fails: facts are collected, checks are functions of them, findings are ranked."""
