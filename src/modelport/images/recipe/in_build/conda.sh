#!/bin/sh
# conda.sh NAME PYTHON HELPER: makes the environment /opt/modelport/NAME of the conda packages that are locked in
# /modelport/NAME/conda.json, with py-rattler under the Python HELPER, and adds the locked pip section.
set -eu
name=$1 python=$2 helper=$3
from=/modelport/$name into=/opt/modelport/$name
. /modelport/tools/settings.sh
/modelport/tools/uv venv --quiet --python "$helper" /modelport/rattler-env
/modelport/tools/uv pip sync --quiet --python /modelport/rattler-env/bin/python --require-hashes \
  /modelport/rattler/lock.txt
/modelport/rattler-env/bin/python -I /modelport/tools/conda_install.py "$from" "$into"
if [ -s "$from/lock.txt" ]; then
  check=--require-hashes
  if [ -e "$from/unchecked" ]; then check=--no-verify-hashes; fi
  /modelport/tools/uv pip install --python "$python" --no-deps $check -r "$from/lock.txt"
fi
site=$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$python" -I -m compileall -q -j 0 "$site" >/dev/null 2>&1 || true
rm -rf "$into/pkgs" "$into/.condarc"
