//! `simulator demo`.

use super::{Failure, Outcome, Places};
use simulators::{
    demo::{self, DemoError, Stay, Verdict},
    network::{Former, NetworkOptions},
};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Options {
    /// Ends when the stories are told, with exit status 0 only if every one went as told; otherwise stays up until Ctrl-C
    #[arg(long)]
    once: bool,
    /// Folder of everything that the demo writes
    #[arg(long, value_name = "DIR", default_value = ".run/demo")]
    dir: PathBuf,
    /// Keeps the records and queues of the last demo in that folder instead of starting from nothing
    #[arg(long)]
    keep: bool,
    /// Listens on free ports instead of the contract's (7671 to 7674, 7443 to 7445)
    #[arg(long)]
    free_ports: bool,
    #[command(flatten)]
    places: Places,
}

pub(super) async fn execute(options: Options) -> Outcome {
    let former = if options.keep { Former::Kept } else { Former::Removed };
    let network = NetworkOptions { former, ..options.places.network(options.dir) };
    let network =
        if options.free_ports { network.on_free_ports().map_err(|error| Failure::other(&error))? } else { network };
    let stay = if options.once { Stay::Once } else { Stay::UntilInterrupted };
    match demo::run(network, stay).await {
        Ok(Verdict::AsTold) => Ok(true),
        Ok(Verdict::NotAsTold | Verdict::Interrupted) => Ok(false),
        Err(DemoError::Network(error)) => Err(Failure::network(&error)),
        Err(error) => Err(Failure::other(&error)),
    }
}
