import Glibc
import Testing

/// A distribution as people run it.
@Suite struct DebianTests {
    @Test func scriptsAndThePackageManagerRun() throws {
        let archive = try TestImages.debian()
        try withHull { hull in
            try hull.expect("import", "-c", "CMD [\"bash\"]", archive, "debian:12")
            let script = """
                set -euo pipefail
                . /etc/os-release; echo $ID $VERSION_ID
                dpkg-query -W -f '${Status}\\n' bash
                apt-get --version > /version; head -n 1 /version | cut -d ' ' -f 1
                perl -e 'print 6 * 7, "\\n"'
                for i in {1..3}; do echo -n "$((i * i)) "; done; echo
                su -s /bin/bash nobody -c 'id -un'
                """
            let outcome = try hull.run("run", "--rm", "-i", "debian:12", "bash", input: Array(script.utf8))
            #expect(
                outcome.lines == ["debian 12", "install ok installed", "apt", "42", "1 4 9 ", "nobody"], "\(outcome)")
            // A package that is removed and put in again: dpkg's own file locks, scripts, users and renames on overlayfs.
            let package = """
                set -e
                mkdir -p /p/DEBIAN /p/usr/share/x; echo data > /p/usr/share/x/data
                printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: n <n@x>\\nDescription: d\\n' > /p/DEBIAN/control
                printf '#!/bin/sh\\necho configured > /configured\\n' > /p/DEBIAN/postinst; chmod 755 /p/DEBIAN/postinst
                dpkg-deb -b /p /x.deb > /dev/null; dpkg -i /x.deb > /dev/null 2>&1
                cat /usr/share/x/data /configured; dpkg -r x > /dev/null; ls /usr/share/x 2>/dev/null || echo gone
                """
            let installed = try hull.run("run", "--rm", "debian:12", "bash", "-c", package)
            #expect(installed.lines == ["data", "configured", "gone"], "\(installed)")
        }
    }
}
