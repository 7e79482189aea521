//! The command line: results to standard output, messages to standard error; 0 ok, 1 a negative verdict, 2 wrong use,
//! 64 bad configuration (something that a command needs is missing, or a port is taken).

mod backoffice;
mod demo;
mod load;
mod world;

use clap::{Args, Parser, Subcommand};
use simulators::network::{NetworkError, NetworkOptions};
use std::{
    error::Error,
    io::{self, IsTerminal},
    path::PathBuf,
    process::ExitCode,
};
use tokio::runtime::{self, Runtime};
use tracing_subscriber::EnvFilter;

/// Exit status of bad configuration (the contract's number).
const BAD_CONFIGURATION: u8 = 64;

/// Independent witnesses of the IMI Gateway: a whole network on one machine, load, a counterpart to test against
#[derive(Parser)]
#[command(name = "simulator", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Brings broker, gateway and fourteen back offices up and plays real cases through them
    Demo(demo::Options),
    /// Sends many small messages through a gateway; with --bench also through a bare relay, and compares
    Load(load::Options),
    /// Answers every information request with an acceptance and a reply, for integrators to test against
    Backoffice(backoffice::Options),
    /// Writes a directory of thirty countries with 5,737 authorities and their registers, to test with
    World(world::Options),
}

/// Where the project and its programs are.
#[derive(Args)]
struct Places {
    /// The project's folder, which holds config/ and schemas/
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Folder of the programs gateway and adapter [default: the folder of this program]
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
}

impl Places {
    fn network(&self, dir: PathBuf) -> NetworkOptions {
        let options = NetworkOptions::new(self.root.clone(), dir);
        let here = || std::env::current_exe().ok()?.parent().map(PathBuf::from);
        match self.binaries.clone().or_else(here) {
            Some(binaries) => NetworkOptions { binaries, ..options },
            None => options,
        }
    }
}

/// Why a command has no result.
enum Failure {
    /// Something that it needs is missing or wrong.
    Configuration(String),
    /// It went wrong.
    Other(String),
}

impl Failure {
    fn configuration(error: &dyn Error) -> Self {
        Self::Configuration(simulators::chain(error))
    }
    fn other(error: &dyn Error) -> Self {
        Self::Other(simulators::chain(error))
    }
    /// An error in building a network: what is missing is configuration, everything else is not.
    fn network(error: &NetworkError) -> Self {
        if error.is_configuration() { Self::configuration(error) } else { Self::other(error) }
    }
}

/// Whether a command's verdict was positive.
type Outcome = Result<bool, Failure>;

impl Cli {
    /// Does what was asked for.
    pub(crate) fn execute(self) -> ExitCode {
        log();
        let runtime = match self.command.runtime() {
            Ok(runtime) => runtime,
            Err(error) => return finish(Err(Failure::other(&error))),
        };
        finish(runtime.block_on(async {
            match self.command {
                Command::Demo(options) => demo::execute(options).await,
                Command::Load(options) => load::execute(options).await,
                Command::Backoffice(options) => backoffice::execute(options).await,
                Command::World(options) => world::execute(options),
            }
        }))
    }
}

impl Command {
    /// Load is made by one thread, which leaves the other cores to what is measured; measured on two cores, both sides
    /// of the bench are faster so.
    fn runtime(&self) -> io::Result<Runtime> {
        let mut builder = match self {
            Self::Load(_) | Self::World(_) => runtime::Builder::new_current_thread(),
            Self::Demo(_) | Self::Backoffice(_) => runtime::Builder::new_multi_thread(),
        };
        builder.enable_all().build()
    }
}

fn finish(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Failure::Configuration(reason)) => {
            eprintln!("simulator: {reason}");
            ExitCode::from(BAD_CONFIGURATION)
        }
        Err(Failure::Other(reason)) => {
            eprintln!("simulator: {reason}");
            ExitCode::from(1)
        }
    }
}

/// Errors of the libraries go to the standard error; `RUST_LOG` asks for more. The AMQP library logs every connection
/// that ends as an error, and returns those that matter.
fn log() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error,lapin=off"));
    let ansi = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(io::stderr).init();
}
