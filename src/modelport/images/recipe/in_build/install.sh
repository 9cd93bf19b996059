#!/bin/sh
# install.sh NAME PYTHON: makes the virtual environment /opt/modelport/NAME of what /modelport/NAME says.
# Runs in a builder stage only; of all it reads and writes, /opt/modelport/NAME alone reaches the image.
set -eu
name=$1 python=$2
from=/modelport/$name into=/opt/modelport/$name
export UV_CACHE_DIR=/modelport/cache UV_LINK_MODE=copy UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
export HOME=/tmp
# The certificates and the package index of the machine that builds: as secrets, or as files of this stage.
for file in /modelport/tools/ca.crt /run/secrets/ca; do
  if [ -s "$file" ]; then export SSL_CERT_FILE="$file"; fi
done
for file in /modelport/tools/index.sh /run/secrets/index; do
  if [ -s "$file" ]; then . "$file"; fi
done
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
