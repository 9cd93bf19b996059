# Read by the other scripts: how uv works here, and what the machine that builds lends: its certificates and its package
# index, as secrets or as files of this stage.
export UV_CACHE_DIR=/modelport/cache UV_LINK_MODE=copy UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
export HOME=/tmp
for file in /modelport/tools/ca.crt /run/secrets/ca; do
  if [ -s "$file" ]; then export SSL_CERT_FILE="$file"; fi
done
for file in /modelport/tools/index.sh /run/secrets/index; do
  if [ -s "$file" ]; then . "$file"; fi
done
