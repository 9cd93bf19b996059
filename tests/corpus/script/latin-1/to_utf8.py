from pathlib import Path

script = Path("score.py")
script.write_text(script.read_text(encoding="latin-1"), encoding="utf-8")
