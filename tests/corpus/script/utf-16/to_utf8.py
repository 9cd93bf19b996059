from pathlib import Path

script = Path("score.py")
script.write_text(script.read_text(encoding="utf-16"), encoding="utf-8")
