//! A resolver that we did not write, with records of its own. In: Unbound's program, a port, records. Out: a server, killed with the test. Never: a question to another server; an address beyond loopback.

use std::process::{Child, Command, Stdio};

/// A resolver with records of its own, which asks nobody.
pub(crate) struct Unbound {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Unbound {
    /// Starts one with records as in a zone file.
    pub(crate) fn start(program: &std::path::Path, port: u16, records: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut text = format!(
            "server:\n  interface: 127.0.0.1\n  port: {port}\n  do-daemonize: no\n  username: \"\"\n  chroot: \"\"\n  \
             directory: \"{}\"\n  pidfile: \"\"\n  use-syslog: no\n  module-config: \"iterator\"\n  do-ip6: no\n  local-zone: \"example.\" static\n",
            folder.path().display()
        );
        for record in records {
            for part in ["  local-data: '", record, "'\n"] {
                text += part;
            }
        }
        text += "remote-control:\n  control-enable: no\n";
        let file = folder.path().join("unbound.conf");
        std::fs::write(&file, text).unwrap();
        let child = Command::new(program)
            .arg("-d")
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            child,
            _folder: folder,
        }
    }
}

impl Drop for Unbound {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
