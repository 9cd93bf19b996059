#!/bin/sh
# get_python.sh VERSION FOLDER: fetches a Python that uv manages (it runs with any glibc from 2.17 on).
set -eu
for file in /modelport/tools/ca.crt /run/secrets/ca; do
  if [ -s "$file" ]; then export SSL_CERT_FILE="$file"; fi
done
for file in /modelport/tools/index.sh /run/secrets/index; do
  if [ -s "$file" ]; then . "$file"; fi
done
export UV_CACHE_DIR=/modelport/cache UV_NO_CONFIG=1 UV_NO_PROGRESS=1 HOME=/tmp
/modelport/tools/uv python install --install-dir /modelport/python "$1"
mv "$(dirname "$(dirname "$(readlink -f /modelport/python/cpython-"$1"*/bin/python"$1")")")" "$2"
