"""Long and hostile runs: what `make test` has no time for; README.md says what and how."""
