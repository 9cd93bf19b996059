#!/bin/sh
# install.sh NAME PYTHON: makes the virtual environment /opt/modelport/NAME of what /modelport/NAME says.
# Runs in a builder stage only; of all it reads and writes, /opt/modelport/NAME alone reaches the image.
set -eu
name=$1 python=$2
from=/modelport/$name into=/opt/modelport/$name
. /modelport/tools/settings.sh
/modelport/tools/uv venv --quiet --python "$python" "$into"
if [ -s "$from/lock.txt" ]; then
  check=--require-hashes
  if [ -e "$from/unchecked" ]; then check=--no-verify-hashes; fi
  # The lock is complete; its first lines are its own options.
  /modelport/tools/uv pip sync --python "$into/bin/python" $check --compile-bytecode "$from/lock.txt"
fi
site=$("$into/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
libraries=${python%/bin/*}/libraries.pth
if [ -e "$libraries" ]; then cp "$libraries" "$site/modelport-libraries.pth"; fi
if [ -d "$from/modelport" ]; then
  cp -r "$from/modelport" "$site/modelport"
  "$into/bin/python" -I -m compileall -q "$site/modelport"
fi
rm -f "$into/.lock" "$into/.gitignore"
