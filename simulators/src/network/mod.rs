//! The network in a box: a PKI, a private broker node and a gateway process, all under one folder, ended when dropped.
//!
//! Starts programs and waits for them by condition. Never imports the gateway: it knows its command line, its
//! configuration file and its readiness answer, as an operator would.

mod broker;
mod config;
mod error;
mod http;
mod options;
mod pki;
mod ports;
pub(crate) mod process;

pub use error::NetworkError;
pub use options::{Former, NetworkOptions, StoreChoice};
pub use ports::Ports;

use crate::directory::Directory;
use adapters::ClientConfig;
use broker::Broker;
use process::{LOOK_EVERY, Process};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

/// The hub's own id in every network.
pub const HUB_ID: &str = "IMI-GATEWAY";
/// Longest wait for the gateway to be ready.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Longest wait for the gateway to drain when it is asked to end. Its own limit is 30 s.
const DRAINED_WITHIN: Duration = Duration::from_secs(45);

/// A running network.
#[derive(Debug)]
pub struct Network {
    options: NetworkOptions,
    directory: Directory,
    broker: Broker,
    gateway: Option<Process>,
    config: PathBuf,
}

impl Network {
    /// Builds everything and waits until the gateway is ready. What an earlier run left in the folder is used again
    /// (certificates, queues, records); processes that it left behind are ended first.
    ///
    /// # Errors
    /// When something is missing, a port is taken, or broker or gateway do not come up; the error shows their last words.
    pub async fn start(options: NetworkOptions) -> Result<Self, NetworkError> {
        let options = options.checked()?;
        let directory =
            Directory::read(&options.directory).map_err(|error| NetworkError::Directory(crate::chain(&error)))?;
        let mut network = Self {
            broker: Broker::new(&options.root, &options.dir, options.ports),
            config: options.dir.join("gateway.toml"),
            gateway: None,
            directory,
            options,
        };
        network.clear_leftovers().await?;
        if network.options.former == Former::Removed {
            network.remove_former()?;
        }
        network.build().await?;
        Ok(network)
    }

    async fn clear_leftovers(&self) -> Result<(), NetworkError> {
        process::end_leftover(&self.pid_file(), &self.config);
        self.broker.run("stop").await?;
        let deadline = Instant::now() + Duration::from_secs(5);
        // A port is free only some moments after the process that held it has gone.
        while let Some((name, port)) = self.options.ports.taken() {
            if Instant::now() >= deadline {
                return Err(NetworkError::PortTaken { port, name });
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Removes what networks write, by name, and nothing else that may lie in the folder.
    fn remove_former(&self) -> Result<(), NetworkError> {
        for name in ["broker", "pki"] {
            removed(fs::remove_dir_all, self.dir().join(name))?;
        }
        for name in ["broker.log", "gateway.log", "gateway.pid", "gateway.db", "gateway.db-wal", "gateway.db-shm"] {
            removed(fs::remove_file, self.dir().join(name))?;
        }
        Ok(())
    }

    async fn build(&mut self) -> Result<(), NetworkError> {
        pki::make(&self.pki(), &self.directory)?;
        let text = config::gateway_toml(&self.options, self.dir())?;
        fs::write(&self.config, text).map_err(NetworkError::file("cannot write", &self.config))?;
        // The gateway first: the broker asks it which certificates it may accept.
        self.start_gateway().await?;
        self.broker.run("start").await?;
        self.wait_ready().await
    }

    /// Drains and ends the gateway, then the broker.
    pub async fn stop(mut self) {
        self.terminate_gateway().await;
        // Where the script fails, `Drop` tries once more, and the script's log says why.
        let _stopped = self.broker.run("stop").await;
    }

    /// Ends the gateway at once (SIGKILL), as a crash would.
    pub fn kill_gateway(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.kill();
        }
    }

    /// Asks the gateway to end (SIGTERM) and waits until it has drained; at most 45 s, then it is killed. How it ended,
    /// if it ended by itself.
    pub async fn terminate_gateway(&mut self) -> Option<ExitStatus> {
        self.gateway.take()?.terminate(DRAINED_WITHIN).await
    }

    /// Whether no gateway runs: it ended by itself, or was ended.
    pub fn gateway_has_ended(&self) -> bool {
        self.gateway.as_ref().is_none_or(|gateway| gateway.ended().is_some())
    }

    /// Starts the gateway where it does not run. Does not wait until it is ready: [`Network::wait_ready`] does.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub async fn start_gateway(&mut self) -> Result<(), NetworkError> {
        if self.gateway.as_ref().is_some_and(|gateway| gateway.ended().is_none()) {
            return Ok(());
        }
        let mut command = Command::new(self.options.binaries.join("gateway"));
        command.args(["run", "--config"]).arg(&self.config).current_dir(self.dir());
        command.envs(self.options.environment.iter().cloned());
        let gateway = Process::start(command, &self.gateway_log())?;
        let pid_file = self.pid_file();
        fs::write(&pid_file, gateway.id().to_string()).map_err(NetworkError::file("cannot write", pid_file))?;
        self.gateway = Some(gateway);
        Ok(())
    }

    /// Waits until the gateway says that it is ready, at most 60 s.
    ///
    /// # Errors
    /// When it ends instead, or is not ready in time; the error shows the last lines of its log.
    pub async fn wait_ready(&self) -> Result<(), NetworkError> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let last = match self.operators_get("/health/ready").await {
                Ok((200, _)) => return Ok(()),
                Ok((status, body)) => format!("{status} {}", body.trim()),
                Err(error) => crate::chain(&error),
            };
            let log = process::last_lines(&self.gateway_log());
            if let Some(status) = self.gateway.as_ref().and_then(Process::ended) {
                return Err(NetworkError::GatewayEnded { status: status.to_string(), log });
            }
            if Instant::now() >= deadline {
                return Err(NetworkError::NotReady { seconds: READY_WITHIN.as_secs(), last, log });
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Stops the broker and starts it again; returns when it listens. The gateway reconnects by itself.
    ///
    /// # Errors
    /// When the broker does not come back.
    pub async fn restart_broker(&mut self) -> Result<(), NetworkError> {
        self.broker.run("restart").await
    }

    /// How a participant of this network connects.
    ///
    /// # Panics
    /// When `participant` is not a participant id.
    pub fn client_config(&self, participant: &str) -> ClientConfig {
        let participant = participant.parse().expect("a participant id, written by whoever calls this");
        ClientConfig::new(participant, &self.pki(), self.options.ports.amqps)
    }

    /// Asks the operators' port: status and body.
    ///
    /// # Errors
    /// When it does not answer in HTTP within 10 s.
    pub async fn operators_get(&self, path: &str) -> io::Result<(u16, String)> {
        http::fetch(self.options.ports.operators, path).await
    }

    /// The ports.
    pub fn ports(&self) -> Ports {
        self.options.ports
    }

    /// The folder of everything that the network writes.
    pub fn dir(&self) -> &Path {
        &self.options.dir
    }

    /// The folder of the certificates.
    pub fn pki(&self) -> PathBuf {
        self.dir().join("pki")
    }

    /// The folder of the project.
    pub fn root(&self) -> &Path {
        &self.options.root
    }

    /// The folder of the programs.
    pub fn binaries(&self) -> &Path {
        &self.options.binaries
    }

    /// Everybody in this network.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// What became of what an earlier run left in the folder.
    pub fn former(&self) -> Former {
        self.options.former
    }

    /// The gateway's process id, while it runs.
    pub fn gateway_pid(&self) -> Option<u32> {
        self.gateway.as_ref().map(Process::id)
    }

    /// The gateway's configuration file.
    pub fn gateway_config(&self) -> &Path {
        &self.config
    }

    /// The gateway's log, over all its starts.
    pub fn gateway_log(&self) -> PathBuf {
        self.dir().join("gateway.log")
    }

    fn pid_file(&self) -> PathBuf {
        self.dir().join("gateway.pid")
    }
}

fn removed(remove: fn(PathBuf) -> io::Result<()>, path: PathBuf) -> Result<(), NetworkError> {
    match remove(path.clone()) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(NetworkError::file("cannot remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.kill_gateway();
        self.broker.stop_now();
    }
}
