#!/usr/bin/env bash
# The archive pipeline beside the tools that people use today, on the same tree, in one run, alternating.
# Prints medians of wall time, CPU time (user + system) and peak memory, and ratios.
#   bench/archive.sh [RUNS=5] [FOLDER=a new one in TMPDIR] [FILES=60000] [MEGABYTES=1500]
# Needs: .NET SDK and what its AOT compiler needs (clang), gnupg, zstd, tar, restic, time.
set -euo pipefail

runs=${1:-5}
work=${2:-$(mktemp -d)}
files=${3:-60000}
megabytes=${4:-1500}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$work"
export GNUPGHOME=$work/gnupg RESTIC_PASSWORD=benchmark RESTIC_CACHE_DIR=$work/cache
mkdir -p -m 700 "$GNUPGHOME"

dotnet publish "$here/Backstay.Bench" -c Release -o "$work/bin" --nologo -v quiet
bench=$work/bin/Backstay.Bench
[ -d "$work/tree" ] || { "$bench" tree "$work/tree.new" "$files" "$megabytes" && mv "$work/tree.new" "$work/tree"; }

gpg="gpg --batch --quiet --yes --pinentry-mode loopback --passphrase benchmark"
declare -A commands=(
    [create-backstay]="$bench create $work/tree $work/a.bks"
    [create-tools]="tar -C $work -cf - tree | zstd -q -3 | $gpg -z0 --symmetric --output $work/a.gpg"
    [create-restic]="rm -rf $work/restic; restic -q init -r $work/restic; restic -q backup -r $work/restic $work/tree"
    [verify-backstay]="$bench verify $work/a.bks"
    [extract-backstay]="$bench extract $work/a.bks $work/out"
    [restore-backstay]="$bench restore $work/a.bks $work/out"
    [extract-tools]="mkdir $work/out; $gpg --decrypt $work/a.gpg | zstd -dq | tar -x -C $work/out"
    [restore-tools]="mkdir $work/out; $gpg --decrypt $work/a.gpg | zstd -dq | tar -x -C $work/out; sync -f $work/out" # a restore ends on disk
)
order=(create-backstay create-tools create-restic verify-backstay extract-backstay restore-backstay extract-tools restore-tools)

: > "$work/times"
find "$work/tree" -type f -exec cat {} + > /dev/null # all read from memory, the first run as well as the last
for ((run = 1; run <= runs; run++)); do
    for name in "${order[@]}"; do
        rm -rf "$work/out"
        sync # what the one before has written is not written back on the time of the next
        /usr/bin/time -a -o "$work/times" -f "$name %e %U %S %M" bash -euo pipefail -c "${commands[$name]}"
    done
done

echo "$(find "$work/tree" -type f | wc -l) files, $(du -sm --apparent-size "$work/tree" | cut -f1) MB; $runs runs; $(nproc) CPUs; $(uname -m)"
echo "sizes: backstay $(stat -c %s "$work/a.bks"), tar|zstd|gpg $(stat -c %s "$work/a.gpg"), restic $(du -sb "$work/restic" | cut -f1)"
sort -k1,1 "$work/times" | awk '
    function median(values, n,    i, j, t) {
        for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j - 1] > values[j]; j--) { t = values[j]; values[j] = values[j - 1]; values[j - 1] = t }
        return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
    }
    { n[$1]++; wall[$1, n[$1]] = $2; cpu[$1, n[$1]] = $3 + $4; if ($5 > peak[$1]) peak[$1] = $5 }
    function pick(from, name,    i, values) { for (i = 1; i <= n[name]; i++) values[i] = from[name, i]; return median(values, n[name]) }
    function ratio(a, b) { printf "%-36s wall %.2f   CPU %.2f\n", a " / " b, pick(wall, a) / pick(wall, b), pick(cpu, a) / pick(cpu, b) }
    END {
        printf "%-18s %8s %8s %10s\n", "", "wall s", "CPU s", "peak KiB"
        for (name in n) printf "%-18s %8.2f %8.2f %10d\n", name, pick(wall, name), pick(cpu, name), peak[name]
        print "ratios of time, less is better:"
        ratio("create-backstay", "create-tools"); ratio("create-backstay", "create-restic")
        ratio("verify-backstay", "extract-tools"); ratio("extract-backstay", "extract-tools"); ratio("restore-backstay", "restore-tools")
    }'
