//! The binary `gateway`: see `gateway --help`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::cli::Cli::parse().execute()
}
