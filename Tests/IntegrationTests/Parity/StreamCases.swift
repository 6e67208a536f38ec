extension ParityCase {
    static let streams = [
        ParityCase("standard output", "run busybox echo hello", "hello"),
        ParityCase("standard error is apart", "run busybox sh -c 'echo out; echo err >&2' 2>/dev/null", "out"),
        ParityCase("standard error is there", "run busybox sh -c 'echo out; echo err >&2' 2>&1 >/dev/null", "err"),
        ParityCase("without -i standard input is empty", "echo text | run busybox cat; echo $?", "0"),
        ParityCase("with -i standard input is passed on", "echo text | run -i busybox cat", "text"),
        ParityCase("the end of standard input is passed on", "printf 'a\\nb\\n' | run -i busybox wc -l", "2"),
        ParityCase("an empty standard input", "run -i busybox wc -c < /dev/null", "0"),
        ParityCase(
            "standard input that is not read", "head -c 1000000 /dev/zero | run -i busybox true; echo $?", "0"),
        ParityCase(
            "no byte is changed, in or out",
            "for n in $(seq 0 255); do printf \"\\\\$(printf %o $n)\"; done > all; run -i busybox cat < all | cmp - all && echo same",
            "same"),
        ParityCase(
            "100 MB in and out",
            "head -c 100000000 /dev/urandom > big; run -i busybox cat < big | cmp - big && echo same",
            "same"),
        ParityCase("output without a last newline", "run busybox printf abc | od -An -c | tr -s ' '", " a b c"),
        ParityCase("a reader that goes away ends hull", "run --name c1 busybox yes | head -n 2; down c1", "y\ny"),
        ParityCase(
            "output that ends with the process is whole", "run busybox seq 1 20000 | md5sum | cut -c1-32",
            "e071f707df7bbeee2a6a1eb48011ddd0"),
        ParityCase(
            "both streams in the log",
            "up c1 busybox sh -c 'echo out; echo err >&2'; $h wait c1; $h logs c1 2>&1 | sort; down c1",
            "0\nerr\nout"),
        ParityCase(
            "no stream is a terminal", "run -i busybox sh -c 'for n in 0 1 2; do test -t $n; echo $?; done'", "1\n1\n1"),
    ]
}
