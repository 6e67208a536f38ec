# Starts of machine monitors, measured by machine-measure.

# area MIB: kilobytes of the monitor's own area in a guest of so much memory (XenMachine's MonitorArea).
area() { echo $((2048 + ($1 * 2 + 2047) / 2048 * 2048)); }

# start SIDE SIGN SIZES COMMAND…: one start, kept for `summarize`.
start() {
    local side=$1
    shift
    "$HULL_EXECUTABLES/machine-measure" "$@" >> "$work/$side.jsonl"
}

# summarize FILE SIDE…: what all starts of the sides took, as a table; the file gets every one.
summarize() {
    local file=$results/$1.json side
    shift
    for side in "$@"; do jq -s --arg side "$side" '{side: $side, starts: .}' "$work/$side.jsonl"; done | jq -s . > "$file"
    jq -r '
        def figures: {
            "until the first instruction, ms": map(.firstInstructionMicroseconds // empty | . / 1000),
            "  of processor time, ms": map(.firstInstructionProcessorMicroseconds // empty | . / 1000),
            "until the guest is ready, ms": map(.readyMicroseconds / 1000),
            "  of all processor time, ms": map(.processorMicroseconds / 1000),
            "guest memory touched, MiB": map(.guestKilobytes / 1024),
            "memory of the monitor, resident, MiB": map(.residentKilobytes / 1024),
            "memory of the monitor, proportional, MiB": map(.proportionalKilobytes / 1024),
            "exits to the monitor": map(.exits // empty | add),
            "exits of KVM": map(.kvmExits // .kvm.exits // empty)};
        def round2: . * 100 | round / 100;
        .[] | .side as $side | .starts | figures | to_entries[] | select(.value != []) |
            [$side, .key, (.value | min | round2), (.value | sort | .[length / 2 | floor] | round2)] | @tsv' "$file" |
        awk -F '\t' 'BEGIN { printf "%-12s %-42s %10s %10s\n", "", "", "least", "median" }
            { printf "%-12s %-42s %10s %10s\n", $1, $2, $3, $4 }'
    jq -r '.[] | .side as $side | .starts[-1] | to_entries[] | select(.value | type == "object") |
        "\($side), \(.key): \([.value | to_entries | sort_by(-.value)[] | "\(.key) \(.value)"] | join(", "))"' "$file"
}
