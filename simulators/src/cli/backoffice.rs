//! `simulator backoffice`.

use super::{Failure, Outcome};
use adapters::ClientConfig;
use schemas::wire::{AuthorityId, ParticipantId};
use simulators::{
    backoffice::{self, BackofficeError, BackofficeOptions, Spelling},
    directory::Directory,
};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Options {
    /// The participant that it connects as, e.g. UK-BACKOFFICE
    #[arg(long, value_name = "ID")]
    participant: ParticipantId,
    /// Folder of the certificates, as `certs init` and `certs issue` make it
    #[arg(long, value_name = "DIR", default_value = ".run/pki")]
    dir: PathBuf,
    /// The broker's host
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    host: String,
    /// The broker's AMQPS port
    #[arg(long, value_name = "PORT", default_value_t = 7671)]
    port: u16,
    /// An authority that it answers for; may be repeated [default: all that the directory has for the participant]
    #[arg(long, value_name = "ID")]
    authority: Vec<AuthorityId>,
    /// Directory file that is looked into for them; may be repeated
    #[arg(long, value_name = "FILE", default_value = "config/directory/demo.toml")]
    directory: Vec<PathBuf>,
    /// Ends when it has answered this many requests [default: at Ctrl-C]
    #[arg(long, value_name = "N")]
    requests: Option<usize>,
    /// Prints events as JSON, one object per line
    #[arg(long)]
    json: bool,
}

pub(super) async fn execute(options: Options) -> Outcome {
    let authorities = authorities(&options)?;
    let client =
        ClientConfig { host: options.host, ..ClientConfig::new(options.participant, &options.dir, options.port) };
    let spelling = if options.json { Spelling::Json } else { Spelling::Text };
    let result = backoffice::run(BackofficeOptions { client, authorities, spelling, requests: options.requests }).await;
    match result {
        Ok(()) => Ok(true),
        Err(error @ BackofficeError::Client(_)) => Err(Failure::configuration(&error)),
        Err(error @ BackofficeError::Submit(_)) => Err(Failure::other(&error)),
    }
}

fn authorities(options: &Options) -> Result<Vec<AuthorityId>, Failure> {
    if !options.authority.is_empty() {
        return Ok(options.authority.clone());
    }
    let directory = Directory::read(&options.directory).map_err(|error| Failure::configuration(&error))?;
    let served = directory.served_by(&options.participant);
    if served.is_empty() {
        let participant = &options.participant;
        let reason = format!("the directory has no authority that {participant} serves: name one with --authority");
        return Err(Failure::Configuration(reason));
    }
    Ok(served)
}
