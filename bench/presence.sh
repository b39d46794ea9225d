#!/usr/bin/env bash
# What it costs PostgreSQL that agents are online: the three statements that a heartbeat takes for each 500 of them, as fast as they go, on a
# catalog that a controller has made.
#   bench/presence.sh [AGENTS=100000]
# Prints a Markdown table; asserts nothing. docs/scale.md has the method.
#   SECONDS_LONG=60   of the load      CLIENTS=4   connections that ask at once (controllers)
#   SCRATCH           a folder on the disk to measure (default /var/tmp)
# Needs: .NET SDK, curl, PostgreSQL with pgbench.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

agents=${1:-100000} seconds=${SECONDS_LONG:-60} clients=${CLIENTS:-4} port=${PORT:-8644} database_port=${DATABASE_PORT:-54644}
chunk=500 heartbeat=10   # AgentPresence.Chunk, AgentEvents.PingInterval
for bin in /usr/lib/postgresql/*/bin; do [ -d "$bin" ] && PATH=$PATH:$bin; done
fail() { echo "presence: $*" >&2; exit 1; }
for tool in initdb pg_ctl pgbench psql curl; do command -v $tool >/dev/null || fail "$tool is missing"; done
scratch=$(mktemp -d "${SCRATCH:-/var/tmp}/backstay-presence-XXXXXX")
as_owner() { "$@"; }
if [ "$(id -u)" = 0 ]; then   # PostgreSQL refuses to run as root
  chown postgres "$scratch"
  as_owner() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }
fi
finish() { as_owner pg_ctl -D "$scratch/pg" stop -m immediate >/dev/null 2>&1 || true; rm -rf "$scratch"; }
trap finish EXIT

as_owner initdb -D "$scratch/pg" -U postgres -A trust -E UTF8 --locale C.UTF-8 >/dev/null
as_owner pg_ctl -D "$scratch/pg" -l "$scratch/log" -w \
  -o "-p $database_port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$scratch -c shared_buffers=512MB" start >/dev/null
sql() { psql -h 127.0.0.1 -p "$database_port" -U postgres -d backstay -qAt "$@"; }
psql -h 127.0.0.1 -p "$database_port" -U postgres -qc 'CREATE DATABASE backstay'

# The tables, as the first start of a controller makes them.
dotnet build src/Backstay.Controller -c Release --nologo -v quiet -clp:NoSummary
mkdir "$scratch/controller"
Data__Folder=$scratch/controller Listen__Urls=https://127.0.0.1:$port Catalog__Provider=postgres \
  Catalog__ConnectionString="Host=127.0.0.1;Port=$database_port;Username=postgres;Database=backstay" \
  src/Backstay.Controller/bin/Release/net10.0/backstay-controller >"$scratch/controller.log" 2>&1 &
controller=$!
for _ in $(seq 600); do curl -ksf -o /dev/null "https://127.0.0.1:$port/readyz" && break; kill -0 $controller 2>/dev/null || break; sleep 0.1; done
curl -ksf -o /dev/null "https://127.0.0.1:$port/readyz" || { tail -n 5 "$scratch/controller.log" >&2; fail "the controller does not start"; }
kill $controller; wait $controller || true

sql <<SQL
INSERT INTO appliances ("Id", "Name", "Functions", "Tags", "Created", "Updated", "CredentialHash", "StreamId", "AgentInstance", "OnlineUntil", "LastSeen")
SELECT gen_random_uuid(), 'gw-' || i, 1, '{north}', now(), now(), decode(md5(i::text) || md5('x' || i), 'hex'), gen_random_uuid(), gen_random_uuid(), now(), now()
FROM generate_series(1, $agents) i;
CREATE TABLE chunks AS
SELECT n, array_agg("Id") AS ids, array_agg("StreamId") AS streams FROM (SELECT (row_number() OVER (ORDER BY random()) - 1) / $chunk AS n, * FROM appliances) a GROUP BY n;
ALTER TABLE chunks ADD PRIMARY KEY (n);
VACUUM ANALYZE;
SQL
chunks=$(sql -c 'SELECT count(*) FROM chunks')
cat >"$scratch/beat.sql" <<SQL
\set chunk random(0, $chunks - 1)
SELECT "Id", "CredentialHash", "StreamId" FROM appliances WHERE "Id" = ANY ((SELECT ids FROM chunks WHERE n = :chunk)::uuid[]);
UPDATE appliances SET "OnlineUntil" = now() + interval '30 seconds', "LastSeen" = now()
  WHERE "Id" = ANY ((SELECT ids FROM chunks WHERE n = :chunk)::uuid[]) AND "StreamId" = ANY ((SELECT streams FROM chunks WHERE n = :chunk)::uuid[]);
SELECT "ApplianceId", "Id" FROM backups WHERE "State" = 0 AND "Admitted" IS NOT NULL AND "ApplianceId" = ANY ((SELECT ids FROM chunks WHERE n = :chunk)::uuid[]);
SQL
chmod 644 "$scratch/beat.sql"
before=$(sql -c 'SELECT pg_current_wal_lsn()')
result=$(pgbench -h 127.0.0.1 -p "$database_port" -U postgres -n -M prepared -f "$scratch/beat.sql" -c "$clients" -j 2 -T "$seconds" backstay 2>&1)
written=$(sql -c "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '$before')")
size=$(sql -c "SELECT pg_size_pretty(pg_total_relation_size('appliances'))")
tps=$(sed -nE 's/^tps = ([0-9.]+).*/\1/p' <<<"$result") latency=$(sed -nE 's/^latency average = ([0-9.]+).*/\1/p' <<<"$result")
awk -v a="$agents" -v k="$chunk" -v h="$heartbeat" -v t="$tps" -v l="$latency" -v w="$written" -v s="$seconds" -v c="$clients" -v z="$size" 'BEGIN {
  need = a / k / h
  printf "| PostgreSQL, %d agents, %d connections | measured |\n| --- | --- |\n", a, c
  printf "| heartbeats of %d agents | %.0f a second, %.0f ms each |\n| needed: every agent every %d s | %.0f a second: %.2f of it |\n", k, t, l, h, need, need / t
  printf "| log of one heartbeat | %.0f KiB: %.1f MB/s at what is needed |\n| table of the appliances after %d s | %s |\n", w / (t * s) / 1024, w / (t * s) * need / 1e6, s, z
}'
