# probe.sh CODE INTERPRETER: prints one line of JSON for each Python of this image, and one for the image itself.
seen=
found=true
command -v "$2" >/dev/null 2>&1 || found=false
for word in "$2" python3 python python3.6 python3.7 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 \
  python3.14 python3.15 /usr/local/bin/python3 /usr/bin/python3 /opt/conda/bin/python; do
  path=$(command -v "$word" 2>/dev/null) || continue
  real=$(readlink -f "$path" 2>/dev/null || echo "$path")
  case " $seen " in *" $real "*) continue ;; esac
  seen="$seen $real"
  "$path" -c "$1" 2>/dev/null || true
done
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
if [ -z "$libc" ] && ls /lib/ld-musl-* >/dev/null 2>&1; then libc="musl 1.0"; fi
bash=false
if [ -x /bin/bash ]; then bash=true; fi
echo "{\"machine\": \"$(uname -m)\", \"libc\": \"$libc\", \"has_bash\": $bash, \"found\": $found}"
