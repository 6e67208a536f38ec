# What the benchmarks share: a place, BusyBox as an image and as a bundle of the same configuration, and the ratios.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
results=$repository/.build/benchmarks
# In memory, for what a disk adds depends on what was written and removed there before (TMPDIR names another place).
export TMPDIR=${TMPDIR:-/dev/shm}
work=$(mktemp -d "$TMPDIR/hull-benchmark-XXXXXX")
hull=$HULL_EXECUTABLES/hull
export HULL_ROOT=$work/hull
mkdir -p "$results"

# The peers give up on a host with control groups of both versions; in this mount namespace there is the first only.
while read -r point; do umount "$point"; done < <(
    awk '$0 ~ / - cgroup2 / && $5 != "/sys/fs/cgroup" { print $5 }' /proc/self/mountinfo)

# make_rootfs: BusyBox as $work/rootfs, as the archive $work/rootfs.tar, and as the image busybox.
make_rootfs() {
    mkdir -p "$work"/rootfs/{bin,etc,proc,sys,dev,tmp,root}
    cp /bin/busybox "$work/rootfs/bin/busybox"
    for name in sh true echo sleep cat ls; do ln -s busybox "$work/rootfs/bin/$name"; done
    echo root:x:0:0:root:/root:/bin/sh > "$work/rootfs/etc/passwd"
    tar -C "$work/rootfs" -cf "$work/rootfs.tar" .
    "$hull" import -c 'CMD ["sh"]' "$work/rootfs.tar" busybox > /dev/null
}

# make_bundle NAME JQ-FILTER COMMAND…: a bundle with the configuration that Hull makes itself for the command, changed by the
# filter, and with the root file system as a plain directory. The container stays, for its files in /etc are bound.
make_bundle() {
    local name=$1 filter=$2 id
    shift 2
    id=$("$hull" create --network=none --isolation=container busybox "$@")
    mkdir "$work/$name"
    jq --slurpfile moby "$repository/Configs/seccomp/default.json" ".ociVersion = \"1.0.2\" | .root.path = \"$work/rootfs\" | .linux.cgroupsPath = \"/$name\" | $filter" \
        "$HULL_ROOT/containers/$id/config.json" \
        > "$work/$name/config.json"
}

# The default profile in the form of the runtime specification, for the default capabilities: Hull itself compiles it from
# moby's form.
profile='.process.capabilities.bounding as $capabilities | ($moby[0] | {defaultAction, defaultErrnoRet,
    architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: [.syscalls[] |
        select(((.includes.caps // []) - $capabilities) == []) |
        select((.excludes.caps // []) as $without | $without == [] or ($without - $capabilities) != []) |
        select((.includes.arches // ["amd64"]) | index("amd64")) |
        select((.excludes.arches // []) | index("amd64") | not) |
        {names, action, errnoRet, args} | with_entries(select(.value != null))]
    } | with_entries(select(.value != null))) as $seccomp | .linux.seccomp = $seccomp'

# podman with storage of its own, and limits that most hosts allow.
podman() {
    printf '%s\n' '[containers]' 'default_ulimits = ["nofile=1024:20000", "nproc=1024:20000"]' '[engine]' 'cgroup_manager = "cgroupfs"' \
        'events_logger = "none"' > "$work/containers.conf"
    CONTAINERS_CONF=$work/containers.conf command podman --root "$work/podman" --runroot "$work/podman-run" "$@"
}

# peak COMMAND…: the largest memory of one of its processes, in KB.
peak() { /usr/bin/time -f %M -o "$work/peak" "$@" > /dev/null 2>&1; cat "$work/peak"; }

# measure FILE NAME COMMAND [NAME COMMAND]…: hyperfine in rounds of a few runs each, so that what else the machine does meets
# all alike. The file gets all times; printed are medians, least times, and medians as multiples of the first.
measure() {
    local file=$1 round words=()
    shift
    while [ $# -gt 0 ]; do
        words+=(-n "$1" "$2")
        shift 2
    done
    for round in $(seq "${ROUNDS:-15}"); do
        hyperfine -N --warmup 1 --runs 4 --style none --export-json "$work/round-$round.json" "${words[@]}" > /dev/null 2>&1
    done
    jq -s '[.[].results[]] | group_by(.command) |
        map({command: .[0].command, times: (map(.times) | add | sort)} |
            . + {median: .times[.times | length / 2 | floor], least: .times[0]})' "$work"/round-*.json > "$file"
    rm "$work"/round-*.json
    jq -r --arg own "${words[1]}" '(.[] | select(.command == $own).median) as $own | sort_by(.median) | .[] |
        [.command, .median * 1000, .least * 1000, .median / $own] | @tsv' "$file" | awk -F '\t' '
        BEGIN { printf "%-34s %10s %10s %8s\n", "", "median ms", "least ms", "ratio" }
        { printf "%-34s %10.2f %10.2f %8.2f\n", $1, $2, $3, $4 }'
}
