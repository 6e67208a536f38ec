import Glibc
import Testing

/// A compiler and an interpreter, in both walls: many processes, threads, files and sockets.
@Suite(.serialized, .enabled(if: Guest.isAvailable)) struct DevelopmentTests {
    @Test func programsAreCompiledAndRunInBothWalls() throws {
        let archive = try TestImages.development()
        try withMachines { hull in
            try hull.expect("import", archive, "development")
            let several = sysconf(CInt(_SC_NPROCESSORS_ONLN)) > 1 ? [["--isolation=vm", "--cpus=2"]] : []
            for options in [["--isolation=container"], ["--isolation=vm"]] + several {
                let words = ["run", "--rm", "-i"] + options + ["development", "sh"]
                let outcome = try hull.start(words, input: .bytes(Array(Self.script.utf8))).finish(seconds: 120)
                #expect(outcome.status == 0, "\(options): \(outcome)")
                #expect(outcome.lines == ["400000", "2d711642 child", "HELLO", "499500"], "\(options): \(outcome)")
            }
        }
    }

    private static let script = """
        set -e
        cat > /tmp/count.c <<'END'
        #include <pthread.h>
        #include <stdio.h>
        static long count;
        static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        static void *add(void *unused) {
            for (int i = 0; i < 100000; i++) {
                pthread_mutex_lock(&lock);
                count++;
                pthread_mutex_unlock(&lock);
            }
            return unused;
        }
        int main(void) {
            pthread_t threads[4];
            for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, add, NULL);
            for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
            printf("%ld\\n", count);
        }
        END
        gcc -O2 -pthread -o /tmp/count /tmp/count.c
        /tmp/count
        python3 - <<'END'
        import hashlib, socket, sqlite3, subprocess, threading
        child = subprocess.check_output(["echo", "child"], text=True).strip()
        print(hashlib.sha256(b"x").hexdigest()[:8], child)
        listener = socket.create_server(("127.0.0.1", 0))
        def serve():
            connection, _ = listener.accept()
            connection.sendall(connection.recv(100).upper())
            connection.close()
        server = threading.Thread(target=serve)
        server.start()
        client = socket.create_connection(listener.getsockname())
        client.sendall(b"hello")
        print(client.recv(100).decode())
        server.join()
        table = sqlite3.connect(":memory:")
        table.execute("create table numbers(number)")
        table.executemany("insert into numbers values(?)", [(number,) for number in range(1000)])
        print(table.execute("select sum(number) from numbers").fetchone()[0])
        END
        """
}
