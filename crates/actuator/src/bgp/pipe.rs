//! The named pipes of `ExaBGP`: commands in, one line each, and answers out, each with a last line of its own. In: commands. Out: what was answered, bounded, in bounded time. Never: an answer to an earlier command, taken for
//! one to this: after a time-out the pipe is read until it is quiet.

use super::call::{CALL_MS_MAX, OUT_BYTES_MAX};
use super::clock::counted_ms;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::Errno;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// What is written at once: a pipe takes so much whole or not at all (`PIPE_BUF`, POSIX.1-2024).
const BATCH_BYTES_MAX: usize = 4096;
/// How long nothing comes before a pipe counts as quiet.
const QUIET_MS: u64 = 500;

/// Both pipes.
pub(super) struct Pipes {
    to: PathBuf,
    from: PathBuf,
    /// Whether answers to earlier commands can still come.
    late: bool,
}

impl Pipes {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self {
            to: folder.join(format!("{name}.in")),
            from: folder.join(format!("{name}.out")),
            late: false,
        }
    }

    /// Sends commands, in as few batches as they fit in, and gives what was answered to them.
    pub(super) fn ask(&mut self, commands: &[String]) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = commands;
        while !rest.is_empty() {
            let mut bytes = 0;
            let fits = rest.iter().take_while(|command| {
                bytes += command.len() + 1;
                bytes <= BATCH_BYTES_MAX
            });
            let (batch, after) = rest.split_at(fits.count());
            if batch.is_empty() {
                return Err("a command is longer than exabgp's pipe takes".to_owned());
            }
            self.batch(batch, &mut out)?;
            rest = after;
        }
        Ok(out)
    }

    fn batch(&mut self, commands: &[String], out: &mut String) -> Result<(), String> {
        // Opened for both, so that it does not end whenever the other side closes it.
        let from = pipe(&self.from, OFlags::RDWR)?;
        let to = match pipe(&self.to, OFlags::WRONLY) {
            Ok(to) => to,
            Err(error) => return Err(format!("exabgp does not listen: {error}")),
        };
        let mut left = Vec::new();
        loop {
            let quiet_ms = if self.late { QUIET_MS } else { 0 };
            if !more(&from, &mut left, quiet_ms)? {
                break;
            }
            if left.len() > OUT_BYTES_MAX {
                return Err("exabgp does not come to rest".to_owned());
            }
        }
        let words = commands.join("\n") + "\n";
        let written = rustix::io::write(&to, words.as_bytes());
        if written != Ok(words.len()) {
            return Err("exabgp does not take its commands".to_owned());
        }
        self.late = true;
        let until = counted_ms() + CALL_MS_MAX;
        let mut said = Vec::new();
        let mut read = 0;
        let (mut open, mut failed) = (commands.len(), 0);
        while open > 0 {
            let now = counted_ms();
            if now >= until {
                return Err(format!("exabgp did not answer in {CALL_MS_MAX} ms"));
            }
            more(&from, &mut said, until - now)?;
            if said.len() > OUT_BYTES_MAX {
                return Err(format!("exabgp says more than {OUT_BYTES_MAX} bytes"));
            }
            while let Some(line) = line(&said, &mut read) {
                match last(&line) {
                    None => {
                        out.push_str(&line);
                        out.push('\n');
                    }
                    Some(well) => {
                        open = open.saturating_sub(1);
                        failed += usize::from(!well);
                    }
                }
            }
        }
        self.late = false;
        if failed > 0 {
            return Err(format!(
                "exabgp refused {failed} of {} commands",
                commands.len()
            ));
        }
        Ok(())
    }
}

/// Opens a named pipe and nothing else.
fn pipe(path: &Path, flags: OFlags) -> Result<OwnedFd, String> {
    let failed = |error: Errno| format!("`{}`: {error}", path.display());
    let flags = flags | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let opened = open(path, flags, Mode::empty()).map_err(failed)?;
    let kind = FileType::from_raw_mode(fstat(&opened).map_err(failed)?.st_mode);
    if kind == FileType::Fifo {
        Ok(opened)
    } else {
        Err(format!("`{}` is no named pipe", path.display()))
    }
}

/// Waits for bytes and reads some; whether any came.
fn more(from: &OwnedFd, kept: &mut Vec<u8>, ms: u64) -> Result<bool, String> {
    let timeout = Timespec {
        tv_sec: (ms / 1000).cast_signed(),
        tv_nsec: ((ms % 1000) * 1_000_000).cast_signed(),
    };
    let failed = |error: Errno| format!("exabgp's answers cannot be read: {error}");
    match poll(&mut [PollFd::new(from, PollFlags::IN)], Some(&timeout)) {
        Ok(0) | Err(Errno::INTR) => return Ok(false),
        Ok(_) => {}
        Err(error) => return Err(failed(error)),
    }
    let mut part = [0; 16 << 10];
    match rustix::io::read(from, &mut part) {
        Ok(count) => {
            kept.extend(part.iter().take(count));
            Ok(count > 0)
        }
        Err(Errno::AGAIN | Errno::INTR) => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// The next whole line behind what was read.
fn line(said: &[u8], read: &mut usize) -> Option<String> {
    let rest = said.get(*read..)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    *read += end + 1;
    Some(
        String::from_utf8_lossy(rest.get(..end)?)
            .trim_end()
            .to_owned(),
    )
}

/// Whether a line is the last of an answer, and then whether it went well.
fn last(line: &str) -> Option<bool> {
    // Either form, by the encoder that its configuration names.
    let kind = line
        .strip_prefix("{ \"answer\": \"")
        .and_then(|rest| rest.split('"').next())
        .unwrap_or(line);
    match kind {
        "done" => Some(true),
        "error" | "shutdown" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::process::Command;

    /// Pipes whose other side answers each command as told.
    fn pipes(answers: &'static [&'static str]) -> (tempfile::TempDir, Pipes) {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["x.in", "x.out"].map(|name| folder.path().join(name));
        assert!(
            Command::new("mkfifo")
                .args(&paths)
                .status()
                .unwrap()
                .success()
        );
        let [to, from] = paths;
        // Both ends are open before anybody asks.
        let open = |path: &Path| std::fs::File::options().read(true).write(true).open(path);
        let (to, mut from) = (open(&to).unwrap(), open(&from).unwrap());
        std::thread::spawn(move || {
            let lines = BufReader::new(to).lines();
            for (_, answer) in lines.zip(answers) {
                from.write_all(answer.as_bytes()).unwrap();
            }
            std::thread::park();
        });
        let pipes = Pipes::new(folder.path(), "x");
        (folder, pipes)
    }

    #[test]
    fn each_command_has_its_answer() {
        const JSON: &str = "{ \"answer\": \"done\", \"message\": \"command completed\" }\n";
        let (_folder, mut pipes) =
            pipes(&["a line\ndone\n", "done\n", JSON, "error\n", "x\ndone\n"]);
        assert_eq!(pipes.ask(&["show".into()]).unwrap(), "a line\n");
        assert_eq!(pipes.ask(&["one".into(), "two".into()]).unwrap(), "");
        let refused = pipes.ask(&["three".into()]).unwrap_err();
        assert_eq!(refused, "exabgp refused 1 of 1 commands");
        assert_eq!(pipes.ask(&["show".into()]).unwrap(), "x\n");
        assert!(pipes.ask(&["x".repeat(5000)]).is_err());
    }

    #[test]
    fn an_answer_that_comes_late_is_none_to_the_next_command() {
        let (folder, mut pipes) = pipes(&["half a line", "new\ndone\n"]);
        let late = pipes.ask(&["show".into()]).unwrap_err();
        assert!(late.contains("did not answer"), "{late}");
        let other = std::fs::File::options()
            .write(true)
            .open(folder.path().join("x.out"));
        other.unwrap().write_all(b" of old\ndone\n").unwrap();
        assert_eq!(pipes.ask(&["show".into()]).unwrap(), "new\n");
    }

    #[test]
    fn a_file_that_is_no_pipe_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["x.in", "x.out"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let mut pipes = Pipes::new(folder.path(), "x");
        let refused = pipes.ask(&["show".into()]).unwrap_err();
        assert!(refused.ends_with("is no named pipe"), "{refused}");
        let mut nobody = Pipes::new(folder.path(), "y");
        assert!(nobody.ask(&["show".into()]).is_err());
    }
}
