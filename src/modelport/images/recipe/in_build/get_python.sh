#!/bin/sh
# get_python.sh VERSION FOLDER: fetches a Python that uv manages (it runs with any glibc from 2.17 on) into FOLDER.
set -eu
version=$1 into=$2
. /modelport/tools/settings.sh
unset UV_PYTHON_DOWNLOADS
/modelport/tools/uv python install --no-bin --install-dir /modelport/python "$version"
# Beside the folder of the full version there is a link for the minor one.
for program in /modelport/python/cpython-"$version"*/bin/python"$version"; do
  found=$(readlink -f "$program")
done
mkdir -p "$(dirname "$into")"
mv "${found%/bin/*}" "$into"
