#!/usr/bin/env bash
# One controller and a fleet of simulated agents, over TLS on loopback; and its ingest beside nginx and rclone into the same place.
#   bench/scale.sh [AGENTS=10000]
# Prints Markdown tables; asserts nothing. docs/scale.md has the method. Takes about 10 minutes for 10,000 agents.
#   BURST=200       backups that start at once            HINTS=1000      backups asked for one by one
#   PART=262144     bytes of each of these archives       STREAMS=4       archives that come in at once for the throughput
#   BYTES=1073741824  bytes of each of those              RUNS=3          of the throughput, alternating; the median counts
#   SCRATCH         a folder on the disk to measure, new ones are made in it (default /var/tmp)
#   S3=ceph         measure the ingest into S3 as well, into a Ceph that is started for it; or into a bucket that is there:
#   S3_ENDPOINT, S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY   (path style)
#   ONLY=fleet|ingest   one half of it            NO_BUILD=1      the programs are built already
# Needs: .NET SDK, curl, openssl, nginx, rclone; memory for STREAMS × BYTES in /dev/shm; disk for three times that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

agents=${1:-10000}
burst=${BURST:-200} hints=${HINTS:-1000} part=${PART:-262144} streams=${STREAMS:-4} bytes=${BYTES:-1073741824} runs=${RUNS:-3}
port=${PORT:-8643}
url=https://127.0.0.1:$port
scratch=$(mktemp -d "${SCRATCH:-/var/tmp}/backstay-scale-XXXXXX")
shm=$(mktemp -d /dev/shm/backstay-scale-XXXXXX)
controller= nginx=
stop_controller() { [ -z "$controller" ] || { kill "$controller"; wait "$controller" || true; controller=; }; } 2>/dev/null
stop_nginx() { [ -z "$nginx" ] || { kill "$nginx"; wait "$nginx" || true; nginx=; }; } 2>/dev/null
ceph=
finish() { stop_controller; stop_nginx; [ -z "$ceph" ] || tests/Backstay.TestServers/ceph down "$ceph" >/dev/null || true; rm -rf "$scratch" "$shm"; }
trap finish EXIT
fail() { echo "scale: $*" >&2; exit 1; }
unset AWS_CA_BUNDLE   # with it rclone refuses to begin: its transport is not the one that the AWS library puts a bundle into
for tool in curl openssl nginx rclone; do command -v $tool >/dev/null || fail "$tool is missing"; done

# Every agent holds a stream and, for as long as it isn't idle for a minute, the connection of its last report: two file handles on
# either side. Where the limit forbids that, the second one is closed after each report, which costs a TLS handshake a minute instead.
ulimit -n "$(ulimit -Hn)"
limit=$(ulimit -n)
[ "$limit" -gt $((agents + 2000)) ] || fail "the limit of open files is $limit: too low for $agents agents"
idle=60 kept="kept open (two connections an agent)"
if [ "$limit" -le $((2 * agents + 2000)) ]; then idle=1 kept="closed after each report (one connection, a handshake a minute)"; fi

if [ -z "${NO_BUILD-}" ]; then
  # As the packages have it.
  dotnet publish src/Backstay.Controller -c Release -r "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" --self-contained \
    -o artifacts/bench/controller --nologo -v quiet -clp:NoSummary
  dotnet build bench/Backstay.Scale -c Release --nologo -v quiet -clp:NoSummary
fi
scale=bench/Backstay.Scale/bin/Release/net10.0/Backstay.Scale

start_controller() { # NAME [VARIABLE=VALUE…]
  env BACKSTAY_ADMIN_PASSWORD=benchmark-password BACKSTAY_PASSPHRASE=benchmark-passphrase Data__Folder="$scratch/$1" \
    Listen__Urls="$url" Setup__EnableBackups=true Logging__LogLevel__Default=Warning "${@:2}" \
    artifacts/bench/controller/backstay-controller >>"$scratch/$1.log" 2>&1 &
  controller=$!
  for _ in $(seq 300); do curl -ksf -o /dev/null "$url/readyz" && return; kill -0 "$controller" 2>/dev/null || break; sleep 0.1; done
  tail -n 5 "$scratch/$1.log" >&2; fail "the controller does not start"
}
call() { "$scale" "$1" --controller "$url" --password benchmark-password --file "$scratch/fleet.json" "${@:2}"; }
now() { date +%s.%N; }
since() { echo "$(now) $1" | awk '{ printf "%.2f", $1 - $2 }'; }

echo "$(nproc) CPUs, $(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB, $(uname -m), Linux $(uname -r); open files: $limit"
if [ "${ONLY-fleet}" = fleet ]; then
echo
echo "## The fleet: $agents agents, one controller, SQLite"
echo
start_controller fleet
from=$(now)
call enrol --agents "$agents"
echo "Enrolled by three calls each in $(since "$from") s. Between health reports the connection is $kept."
echo
stop_controller
start_controller fleet # a fresh process: its memory is that of the connections
echo "| what | measured |"
echo "| --- | --- |"
call fleet --agents "$agents" --pid "$controller" --hints "$hints" --burst "$burst" --bytes "$part" --idle "$idle"
stop_controller
fi
[ "${ONLY-ingest}" = ingest ] || exit 0

echo
echo "## Ingest: $streams archives of $((bytes / 1000000)) MB at once, $runs runs, median"
echo
for ((n = 0; n < streams; n++)); do openssl rand "$bytes" >"$shm/$n"; done
mkdir -p "$scratch/webdav/temp" "$scratch/webdav/files" "$scratch/rclone"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" -subj /CN=localhost -days 2 2>/dev/null
cat >"$scratch/nginx.conf" <<TEXT
user root; worker_processes auto; daemon off; pid $scratch/nginx.pid; error_log $scratch/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0; client_body_temp_path $scratch/webdav/temp;
  server {
    listen 127.0.0.1:$((port + 1)) ssl;
    ssl_certificate $scratch/certificate.pem; ssl_certificate_key $scratch/key.pem;
    location / { root $scratch/webdav/files; dav_methods PUT DELETE; }
  }
}
TEXT
nginx -c "$scratch/nginx.conf" & nginx=$!
put() { # as fast as it answers, and then until it is on the disk
  local took from
  took=$("$scale" put --url "https://127.0.0.1:$((port + 1))/" --streams "$streams" --bytes "$bytes")
  from=$(now); sync -f "$scratch"
  echo "nginx-answered $took"; echo "nginx-durable $(echo "$took $(since "$from")" | awk '{ print $1 + $2 }')"
  rm -rf "$scratch"/webdav/files/*
}
copy() { # NAME TARGET
  local from; from=$(now)
  rclone copy --config /dev/null --transfers "$streams" --ignore-times --quiet "$shm" "$2"
  [ "$1" = rclone-s3 ] || echo "$1-answered $(since "$from")"
  [ "$1" = rclone-s3 ] || sync -f "$scratch"
  echo "$1-durable $(since "$from")"
  rclone purge --config /dev/null --quiet "$2"
}
cpu() { awk '{ print ($14 + $15) / 100 }' "/proc/$controller/stat"; }
backup() { # NAME [VARIABLE=VALUE…]: a catalog of its own with as many appliances as there are streams
  local before
  start_controller "$1" "${@:2}"
  [ -e "$scratch/$1.fleet" ] || { call enrol --agents "$streams"; cp "$scratch/fleet.json" "$scratch/$1.fleet"; }
  cp "$scratch/$1.fleet" "$scratch/fleet.json"
  call ingest --agents "$streams" --bytes 8388608 >/dev/null # what is compiled at first use is compiled
  before=$(cpu)
  echo "$1-durable $(call ingest --agents "$streams" --bytes "$bytes")"
  echo "$1-cpu $(echo "$(cpu) $before" | awk '{ print $1 - $2 }')"
  stop_controller
  rm -rf "$scratch/$1/store"
}
s3=()
if [ "${S3-}" = ceph ]; then
  ceph=$scratch/ceph
  tests/Backstay.TestServers/ceph up "$ceph" $((port + 2)) $((port + 3)) >/dev/null
  export S3_ENDPOINT=http://127.0.0.1:$((port + 2)) S3_BUCKET=scale AWS_ACCESS_KEY_ID=backstay AWS_SECRET_ACCESS_KEY=backstay-secret
  rclone mkdir --config /dev/null ":s3,provider=Ceph,env_auth,force_path_style,endpoint='$S3_ENDPOINT':$S3_BUCKET"
fi
if [ -n "${S3_ENDPOINT-}" ]; then
  s3=(Storage__Provider=s3 Storage__S3__Endpoint="$S3_ENDPOINT" Storage__S3__Bucket="${S3_BUCKET:?}" Storage__S3__PathStyle=true
      Storage__S3__Prefix=backstay-scale Storage__S3__AccessKey="${AWS_ACCESS_KEY_ID:?}" Storage__S3__SecretKey="${AWS_SECRET_ACCESS_KEY:?}")
fi
for ((run = 1; run <= runs; run++)); do
  sync
  backup folder; put; copy rclone "$scratch/rclone/to"
  if [ ${#s3[@]} -gt 0 ]; then
    backup s3 "${s3[@]}"
    copy rclone-s3 ":s3,provider=Ceph,env_auth,force_path_style,endpoint='$S3_ENDPOINT':$S3_BUCKET/backstay-scale-rclone"
  fi
done >"$scratch/times"

sort -k1,1 -k2,2n "$scratch/times" | awk -v total="$((streams * bytes))" '
  { n[$1]++; t[$1, n[$1]] = $2 }
  function median(name,    m) { m = n[name]; return m % 2 ? t[name, (m + 1) / 2] : (t[name, m / 2] + t[name, m / 2 + 1]) / 2 }
  function rate(name) { return n[name] ? total / 1e6 / median(name) : 0 }
  function spent(name) { return sprintf("%.2f s of CPU a GB", median(name) * 1e9 / total) }
  function row(text, name, base) { if (n[name]) printf "| %s | %.0f MB/s | %s |\n", text, rate(name), base ? sprintf("%.2f", rate(name) / rate(base)) : "" }
  END {
    print "| into a folder | rate | of nginx |"; print "| --- | --- | --- |"
    row("Backstay: TLS, SHA-256, every part on disk before it is acknowledged", "folder-durable", "nginx-durable")
    row("nginx, WebDAV PUT over TLS, then sync", "nginx-durable", "nginx-durable")
    row("nginx, when it answers (in the page cache)", "nginx-answered", "nginx-durable")
    row("rclone copy from memory, no network, then sync", "rclone-durable", "nginx-durable")
    row("rclone copy, when it ends (in the page cache)", "rclone-answered", "nginx-durable")
    print ""; print "The controller spends " spent("folder-cpu") " into the folder" (n["s3-cpu"] ? ", " spent("s3-cpu") " into S3" : "") "."
    if (n["s3-durable"]) {
      print ""; print "| into S3 | rate | of rclone |"; print "| --- | --- | --- |"
      row("Backstay: TLS, SHA-256, multipart straight through", "s3-durable", "rclone-s3-durable")
      row("rclone copy from memory", "rclone-s3-durable", "rclone-s3-durable")
    }
  }'
