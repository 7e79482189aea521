//! The broker of one network, a private node run by the project's own script. Knows the script's arguments and
//! environment, and nothing of RabbitMQ.

use super::{NetworkError, Ports, process::last_lines};
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// Longest time that the script may take, its own limits (120 s to start after 60 s to stop) included.
const SCRIPT_WITHIN: Duration = Duration::from_secs(200);

/// What the script is told.
#[derive(Debug, Clone)]
pub(super) struct Broker {
    script: PathBuf,
    dir: PathBuf,
    log: PathBuf,
    environment: Vec<(&'static str, String)>,
}

impl Broker {
    /// The node whose state lies in `dir/broker`, with the certificates of `dir/pki`.
    pub(super) fn new(root: &Path, dir: &Path, ports: Ports) -> Self {
        Self {
            script: root.join("config/broker/node.sh"),
            dir: dir.join("broker"),
            log: dir.join("broker.log"),
            environment: vec![
                ("AMQPS_PORT", ports.amqps.to_string()),
                ("MANAGEMENT_PORT", ports.management.to_string()),
                ("DISTRIBUTION_PORT", ports.distribution.to_string()),
                ("CALLBACKS_PORT", ports.broker_callbacks.to_string()),
                ("PKI", dir.join("pki").display().to_string()),
            ],
        }
    }

    fn command(&self, action: &str) -> Result<Command, NetworkError> {
        let open = || File::options().create(true).append(true).open(&self.log);
        let (out, err) =
            open().and_then(|out| Ok((out, open()?))).map_err(NetworkError::file("cannot write", &self.log))?;
        let mut command = Command::new(&self.script);
        command.arg(action).arg(&self.dir).envs(self.environment.iter().cloned());
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        Ok(command)
    }

    /// Runs the script; `start` and `restart` return when the node listens.
    pub(super) async fn run(&self, action: &'static str) -> Result<(), NetworkError> {
        let start = |source| NetworkError::Start { program: self.script.clone(), source };
        let mut child = tokio::process::Command::from(self.command(action)?).spawn().map_err(start)?;
        let reason = match tokio::time::timeout(SCRIPT_WITHIN, child.wait()).await {
            Ok(Ok(status)) if status.success() => return Ok(()),
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => {
                let _gone = child.start_kill();
                format!("nothing after {} s", SCRIPT_WITHIN.as_secs())
            }
        };
        Err(NetworkError::Broker { action, reason, log: last_lines(&self.log) })
    }

    /// Stops the node and waits for it, without a runtime (for `Drop`).
    pub(super) fn stop_now(&self) {
        if let Ok(mut command) = self.command("stop") {
            // Nothing is left to do where the script itself fails; its log says why.
            let _status = command.status();
        }
    }
}
