#!/bin/sh
# Writes the default profile into the source that builds it in. Run it after changing default.json; a test compares.
set -eu
cd "$(dirname "$0")"
target=../../Sources/ContainerRuntime/Seccomp/DefaultSeccompProfile.swift
{
    echo '// Made by Configs/seccomp/embed.sh from Configs/seccomp/default.json: change that, not this.'
    echo 'extension SeccompProfile {'
    echo '    /// The SHA-256 of the text, so that a start need not hash it.'
    echo "    static let builtinDigest = \"$(sha256sum <default.json | cut -d' ' -f1)\""
    echo
    echo '    /// The default profile.'
    echo '    static let builtinText = #"""'
    sed 's/^\(.\)/        \1/' default.json
    printf '\n        """#\n}\n'
} >"$target"
