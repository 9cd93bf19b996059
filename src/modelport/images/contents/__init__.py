"""What an image consists of: its packages and its layers."""
