//! The command line: results to standard output, messages to standard error; 0 ok, 1 a negative verdict, 2 wrong use,
//! 64 bad configuration.

mod areas;
mod directory;
mod exchanges;
mod run;
mod stats;
mod track;
mod validate;
mod workflows;

use crate::{
    config::{self, Config, ConfigError},
    directory::change::Snapshot,
    hub::HubError,
    store::{self, StoreError},
};
use clap::{Parser, Subcommand};
use std::{io::Write, path::PathBuf, process::ExitCode};

/// Bad configuration (sysexits' EX_USAGE, which the contract uses for it).
const BAD_CONFIGURATION: u8 = 64;

/// The hub of the IMI Gateway
#[derive(Parser)]
#[command(name = "gateway", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the hub until SIGTERM or Ctrl-C, then finishes what is in hand
    Run(ConfigOption),
    /// Checks configuration, area packs, directory and keys, and opens nothing
    Check(ConfigOption),
    /// Lists, checks and shows area packs
    Areas {
        /// Folder that holds areas/ and common/
        #[arg(long, value_name = "DIR", default_value = "schemas", global = true)]
        path: PathBuf,
        #[command(subcommand)]
        command: areas::Command,
    },
    /// Lists, checks, shows and draws workflows: the legal procedures that areas share
    Workflows {
        /// Folder that holds areas/ and workflows/
        #[arg(long, value_name = "DIR", default_value = "schemas", global = true)]
        path: PathBuf,
        #[command(subcommand)]
        command: workflows::Command,
    },
    /// Says what the hub would say of a document, or validates any document against any schema
    Validate(validate::Options),
    /// Tells where a message, or every message of an exchange, is
    Track(track::Options),
    /// Shows how a running hub is
    Status(track::StatusOptions),
    /// Changes and shows the directory: who exists, who may do what, and who may not any more
    Directory {
        #[command(subcommand)]
        command: Box<directory::Command>,
    },
    /// Replays the logs of exchanges, and shows them
    Exchanges {
        #[command(subcommand)]
        command: exchanges::Command,
    },
    /// Prints figures as the annual report has them
    Stats {
        #[command(subcommand)]
        command: stats::Command,
    },
}

#[derive(clap::Args)]
struct ConfigOption {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "config/gateway.toml")]
    config: PathBuf,
}

impl ConfigOption {
    fn load(&self) -> Result<Config, ConfigError> {
        Config::load(&self.config)
    }
}

/// Where a command finds the store: a hub that uses it may run, or not.
#[derive(clap::Args)]
struct StoreOption {
    /// The store: sqlite:PATH or postgres://…, in place of the configuration's
    #[arg(long, value_name = "URL", conflicts_with = "config")]
    database: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

impl StoreOption {
    fn settings(&self) -> Result<config::Store, ConfigError> {
        match &self.database {
            Some(url) => Ok(config::Store { url: url.clone(), ..config::Store::default() }),
            None => Ok(self.config.load()?.store),
        }
    }

    /// Asks the store for the directory as it is now.
    fn directory(&self) -> Result<Snapshot, Failure> {
        let settings = self.settings()?;
        runtime()?.block_on(async {
            let store = store::open(&settings).await?;
            let snapshot = store.directory().await;
            store.close().await;
            Ok(snapshot?)
        })
    }
}

/// Why a command ended without a result.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Other(String),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        match error {
            HubError::Config(error) => Self::Config(error),
            HubError::Store(error) => Self::Other(error.to_string()),
        }
    }
}

/// Whether a command's verdict was positive.
type Outcome = Result<bool, Failure>;

impl Cli {
    /// Does what was asked for.
    pub fn execute(self) -> ExitCode {
        let outcome = match self.command {
            Command::Run(option) => run::run(&option),
            Command::Check(option) => run::check(&option),
            Command::Areas { path, command } => areas::execute(&path, &command),
            Command::Workflows { path, command } => workflows::execute(&path, &command),
            Command::Validate(options) => validate::execute(&options),
            Command::Track(options) => track::track(&options),
            Command::Status(options) => track::status(&options),
            Command::Directory { command } => directory::execute(&command),
            Command::Exchanges { command } => exchanges::execute(&command),
            Command::Stats { command } => stats::execute(&command),
        };
        match outcome {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::from(1),
            Err(failure) => {
                eprintln!("gateway: {failure}");
                ExitCode::from(if matches!(failure, Failure::Config(_)) { BAD_CONFIGURATION } else { 1 })
            }
        }
    }
}

/// A runtime for commands that wait for something.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| Failure::Other(error.to_string()))
}

/// Prints a result. A reader that has seen enough and closes the pipe is no failure.
fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::Other(error.to_string())),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.to_string()))
}
