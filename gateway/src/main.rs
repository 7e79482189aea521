//! The binary `gateway`: see `gateway --help`.

use clap::Parser;
use std::process::ExitCode;

/// An eighth of the hub's time went into the system's allocator: validation makes many small allocations on several
/// threads at once.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gateway::cli::Cli::parse().execute()
}
