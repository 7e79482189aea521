//! The command line: results to standard output, messages to standard error; 0 ok, 1 a negative verdict, 2 wrong use,
//! 64 bad configuration.

mod areas;
mod run;
mod track;
mod validate;

use crate::{
    config::{Config, ConfigError},
    hub::HubError,
};
use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

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
    /// Says what the hub would say of a document, or validates any document against any schema
    Validate(validate::Options),
    /// Tells where a message, or every message of an exchange, is
    Track(track::Options),
    /// Shows how a running hub is
    Status(track::StatusOptions),
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

/// Why a command ended without a result.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Other(String),
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
            Command::Validate(options) => validate::execute(&options),
            Command::Track(options) => track::track(&options),
            Command::Status(options) => track::status(&options),
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

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::Other(error.to_string()))
}
