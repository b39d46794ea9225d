#!/usr/bin/env bash
# The whole program on this machine: controller, agents and CLI as real processes, over TLS on loopback.
#   bench/fleet.sh single    POST → archive downloadable, against the pipeline alone, on the 60,000-file tree
#   bench/fleet.sh fleet     8 agents send 4 GB each: peak memory of each process, p99 of status polls meanwhile
#   bench/fleet.sh large     one source of 20 GB: peak memory of agent and controller
#   bench/fleet.sh many      one source of 500,000 small files: the same
# TREE: a tree that is there already (bench/archive.sh leaves one). Needs curl, and disk: twice the data. SCRATCH (default: a new folder in
# /tmp) takes it; for "single" a tmpfs, unless the disk is to be measured: the controller makes every part durable, the pipeline alone
# nothing. Prints a table; asserts nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
what=${1:?single, fleet, large or many}
scratch=${SCRATCH:-$(mktemp -d /tmp/backstay-bench-XXXXXX)}
port=${PORT:-8543}
runs=${RUNS:-3}
url=https://127.0.0.1:$port
native=artifacts/bench
pids=()
# NO_BUILD=1: the programs are built already.
finish() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$scratch"; }
trap finish EXIT

build() {
  rid=linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
  # As the packages have them.
  dotnet publish src/Backstay.Controller -c Release -r "$rid" --self-contained -o "$native/controller" --nologo -v quiet -clp:NoSummary
  for program in Agent Cli; do
    dotnet publish "src/Backstay.$program" -c Release -r "$rid" -o "$native" --nologo -v quiet -clp:NoSummary
  done
}

start_controller() {
  mkdir -p "$scratch"
  export BACKSTAY_ADMIN_PASSWORD=benchmark-password BACKSTAY_PASSPHRASE=benchmark-passphrase
  Data__Folder=$scratch/controller Listen__Urls=$url Setup__EnableBackups=true Logging__LogLevel__Default=Warning \
    "$native/controller/backstay-controller" >"$scratch/controller.log" 2>&1 &
  controller=$!; pids+=("$controller")
  for _ in $(seq 300); do curl -ksf -o /dev/null "$url/readyz" && break; sleep 0.1; done
  token=$(curl -ksf "$url/admin/login" -d '{"providerName":"local","username":"admin","password":"benchmark-password","deviceId":"'"$(cat /proc/sys/kernel/random/uuid)"'"}' |
    sed -E 's/.*"token":"([^"]+)".*/\1/')
}
api() { curl -ksf -H "Authorization: Bearer $token" -H 'Accept: application/vnd.appgate.peer-v23+json' "$@"; }
field() { sed -E "s/.*\"$1\":\"?([^\",}]+).*/\1/"; }

# start_agent NAME SOURCE → appliance id in $appliance, pid in $agent
start_agent() {
  local dir=$scratch/$1; mkdir -p "$dir"
  appliance=$(api "$url/admin/appliances" -d "{\"name\":\"$1\"}" | field id)
  api -X POST "$url/admin/appliances/$appliance/export" >"$dir/seed.json"
  printf '{ "config": [ { "files": ["%s"] } ], "state": [], "logs": [], "audit": [] }\n' "$2" >"$dir/agent.json"
  "$native/backstay-agent" enrol "$dir/seed.json" --state "$dir/state" >/dev/null 2>&1
  "$native/backstay-agent" run --config "$dir/agent.json" --state "$dir/state" >"$dir/log" 2>&1 &
  agent=$!; pids+=("$agent")
  for _ in $(seq 300); do api "$url/admin/appliances/status" | grep -q "\"$appliance\"[^}]*\"status\":\"\(healthy\|warning\)\"" && return; sleep 0.1; done
  echo "agent $1 did not come online" >&2; exit 1
}
backup() { api -X POST "$url/admin/appliances/$1/backup" | field id; }
finished() { # APPLIANCE BACKUP: waits for the end, fails unless it is a success; asks seldom, as every question costs a handshake
  local status
  while :; do
    status=$(api "$url/admin/appliances/$1/backup/$2/status")
    case $status in *'"done"'*) break ;; esac
    sleep 0.5
  done
  case $status in *'"success"'*) ;; *) echo "$status" >&2; exit 1 ;; esac
}
peak() { awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }
now() { date +%s.%N; }
noise() { # FILE GB: incompressible, fast
  head -c "${2}G" <(openssl enc -aes-128-ctr -pass pass:backstay -nosalt -in /dev/zero 2>/dev/null) >"$1"
}
one_backup() { # prints seconds from POST to downloadable, by the controller's clock
  local id times; id=$(backup "$appliance"); finished "$appliance" "$id"
  times=$(api "$url/admin/appliances/$appliance/backups")
  echo "$(date -d "$(field created <<<"$times")" +%s.%N) $(date -d "$(field ended <<<"$times")" +%s.%N)" | awk '{ printf "%.2f", $2 - $1 }'
  api -X DELETE "$url/admin/appliances/$appliance/backup/$id" >/dev/null
}

[ -n "${NO_BUILD-}" ] || build
case $what in
  single)
    tree=${TREE:-$scratch/tree}
    [ -d "$tree" ] || dotnet run --project bench/Backstay.Bench -c Release -- tree "$tree" 60000 1500 >/dev/null
    start_controller; start_agent single "$tree"
    export BACKSTAY_PASSPHRASE=benchmark-passphrase
    printf '%-6s %12s %12s %8s\n' run "pipeline s" "whole s" ratio
    one_backup >/dev/null; one_backup >/dev/null # a controller runs for months: its first minute is compiling
    for run in $(seq "$runs"); do
      from=$(now); "$native/backstay" archive create --quiet --force --to "$scratch/alone.gpg" "$tree" 2>/dev/null
      alone=$(echo "$(now) $from" | awk '{ printf "%.2f", $1 - $2 }')
      whole=$(one_backup)
      printf '%-6s %12s %12s %8s\n' "$run" "$alone" "$whole" "$(echo "$whole $alone" | awk '{ printf "%.2f", $1 / $2 }')"
    done
    echo "peak memory MiB: agent $(peak "$agent"), controller $(peak "$controller")" ;;
  fleet)
    mkdir -p "$scratch/source"; noise "$scratch/source/noise" "${GB:-4}"
    start_controller
    agents=() appliances=() ids=()
    for n in $(seq 8); do start_agent "box-$n" "$scratch/source"; agents+=("$agent"); appliances+=("$appliance"); done
    echo "controller before: $(peak "$controller") MiB"
    from=$(now)
    for n in $(seq 0 7); do ids+=("$(backup "${appliances[n]}")"); done
    ( while :; do
        api -o /dev/null -w '%{time_total}\n' "$url/admin/appliances/${appliances[0]}/backup/${ids[0]}/status?[1-20]"
        sleep 0.5
      done ) >"$scratch/polls" 2>/dev/null &
    poller=$!
    for n in $(seq 0 7); do finished "${appliances[n]}" "${ids[n]}"; done
    took=$(echo "$(now) $from" | awk '{ printf "%.1f", $1 - $2 }')
    kill "$poller"; wait "$poller" 2>/dev/null || true
    sort -n "$scratch/polls" | awk '{ t[NR] = 1000 * $1 } END {
      p99 = int(NR * 0.99) + 1; if (p99 > NR) p99 = NR
      printf "status polls: %d, median %.1f ms, p99 %.1f ms, max %.1f ms\n", NR, t[int(NR / 2) + 1], t[p99], t[NR] }'
    echo "8 × ${GB:-4} GB in $took s"
    printf 'peak memory MiB: controller %s, agents' "$(peak "$controller")"; for pid in "${agents[@]}"; do printf ' %s' "$(peak "$pid")"; done; echo ;;
  large | many)
    mkdir -p "$scratch/source"
    if [ "$what" = large ]; then noise "$scratch/source/noise" "${GB:-20}"
    else
      for d in $(seq 500); do
        mkdir "$scratch/source/$d"
        seq 1000 | (cd "$scratch/source/$d" && while read -r f; do echo "$d $f some content" >"$f"; done)
      done
    fi
    start_controller; start_agent "$what" "$scratch/source"
    echo "$what: $(one_backup) s; peak memory MiB: agent $(peak "$agent"), controller $(peak "$controller"); agent file $(stat -c %s "$native/backstay-agent" | awk '{ printf "%.1f", $1 / 1e6 }') MB" ;;
  *) echo "single, fleet, large or many" >&2; exit 2 ;;
esac
