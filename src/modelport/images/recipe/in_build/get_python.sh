#!/bin/sh
# get_python.sh VERSION FOLDER: fetches a Python that uv manages (it runs with any glibc from 2.17 on) into FOLDER.
set -eu
version=$1 into=$2
for file in /modelport/tools/ca.crt /run/secrets/ca; do
  if [ -s "$file" ]; then export SSL_CERT_FILE="$file"; fi
done
for file in /modelport/tools/index.sh /run/secrets/index; do
  if [ -s "$file" ]; then . "$file"; fi
done
export UV_CACHE_DIR=/modelport/cache UV_NO_CONFIG=1 UV_NO_PROGRESS=1 HOME=/tmp
/modelport/tools/uv python install --no-bin --install-dir /modelport/python "$version"
# Beside the folder of the full version there is a link for the minor one.
for program in /modelport/python/cpython-"$version"*/bin/python"$version"; do
  found=$(readlink -f "$program")
done
mkdir -p "$(dirname "$into")"
mv "${found%/bin/*}" "$into"
