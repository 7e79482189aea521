//! The processes of one network: the gateway and the broker's script. Starts, watches and ends them, always by
//! process id; reads the last lines of what they wrote.

use super::NetworkError;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How often a condition that sends no event is looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Lines of a log that an error shows.
const LAST_LINES: usize = 20;
/// Bytes of a log that are searched for them.
const LAST_BYTES: u64 = 32 * 1024;

/// A program that runs beside us, with its output in a file. Ended when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Mutex<Child>,
    id: u32,
}

impl Process {
    /// Starts `command` in a process group of its own (so that Ctrl-C reaches only us, and we end it in order) and
    /// appends what it writes to `log`.
    ///
    /// # Errors
    /// When the log cannot be opened or the program not started.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self, NetworkError> {
        let open = || OpenOptions::new().create(true).append(true).open(log);
        let (out, err) = open().and_then(|out| Ok((out, open()?))).map_err(NetworkError::file("cannot write", log))?;
        let program = PathBuf::from(command.get_program());
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .process_group(0)
            .spawn()
            .map_err(|source| NetworkError::Start { program, source })?;
        Ok(Self { id: child.id(), child: Mutex::new(child) })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&self) -> Option<ExitStatus> {
        self.child().try_wait().ok().flatten()
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        // A panic elsewhere leaves the handle as it was.
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it at once (SIGKILL) and waits until it is gone.
    pub(crate) fn kill(&self) {
        let mut child = self.child();
        // Both fail only where it is gone already.
        let _gone = child.kill();
        let _reaped = child.wait();
    }

    /// Asks it to end (SIGTERM) and waits for it, at most `within`; then ends it at once.
    pub(crate) async fn terminate(&self, within: Duration) -> Option<ExitStatus> {
        let _gone = signal("TERM", self.id());
        let deadline = Instant::now() + within;
        while Instant::now() < deadline {
            if let Some(status) = self.ended() {
                return Some(status);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.kill();
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to one process, by its id.
fn signal(name: &str, id: u32) -> io::Result<ExitStatus> {
    Command::new("sh").args(["-c", "kill -\"$1\" \"$2\"", "sh", name, &id.to_string()]).stderr(Stdio::null()).status()
}

/// Ends the process that an earlier run left behind, if the id in `pid_file` is still a process that was started with
/// `marker` among its arguments. Another process that got the same id since is left alone.
pub(crate) fn end_leftover(pid_file: &Path, marker: &Path) {
    let Some(id) = fs::read_to_string(pid_file).ok().and_then(|text| text.trim().parse::<u32>().ok()) else { return };
    let arguments = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let marker = marker.to_string_lossy();
    if arguments.split(|byte| *byte == 0).any(|argument| argument == marker.as_bytes()) {
        let _gone = signal("KILL", id);
    }
}

/// The last lines of a text file; empty where there is none.
pub(crate) fn last_lines(path: &Path) -> String {
    let text = tail(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|line| format!("  {line}\n")).collect()
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LAST_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(LAST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, log: &Path) -> Process {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Process::start(command, log).expect("a shell")
    }

    #[tokio::test]
    async fn a_process_that_listens_ends_by_itself_when_asked() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let process = shell("trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done", &log);
        while !last_lines(&log).contains("ready") {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let status = process.terminate(Duration::from_secs(20)).await.expect("it ends by itself");
        assert_eq!(status.code(), Some(3));
        assert_eq!(last_lines(&log), "  ready\n  bye\n");
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let process = shell("exec sleep 600", &folder.path().join("log"));
        let id = process.id();
        assert!(Path::new(&format!("/proc/{id}")).exists());
        drop(process);
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn a_leftover_is_ended_only_when_it_is_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        let (pid_file, marker) = (folder.path().join("pid"), folder.path().join("gateway.toml"));
        let mut command = Command::new("sh");
        command.args(["-c", "echo ready; while :; do sleep 0.05; done"]).arg(&marker);
        let log = folder.path().join("log");
        let ours = Process::start(command, &log).expect("a shell");
        // Until it runs, its arguments are still those of this test.
        while !last_lines(&log).contains("ready") {
            std::thread::sleep(LOOK_EVERY);
        }
        fs::write(&pid_file, ours.id().to_string()).expect("written");
        end_leftover(&pid_file, Path::new("/another/gateway.toml"));
        assert!(ours.ended().is_none());
        end_leftover(&pid_file, &marker);
        assert!(ours.child().wait().expect("it ended").code().is_none());
    }
}
