//! `gateway track` and `gateway status`: answers from the store of a hub that may or may not be running.

use super::{ConfigOption, Failure, Outcome, json, runtime};
use crate::{store, track::Track};
use uuid::Uuid;

#[derive(clap::Args)]
pub(super) struct Options {
    /// A message id or a correlation id
    #[arg(value_name = "ID")]
    id: Uuid,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(clap::Args)]
pub(super) struct StatusOptions {
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(super) fn track(options: &Options) -> Outcome {
    let config = options.config.load()?;
    let stories = runtime()?.block_on(async {
        let store = store::open(&config.store).await?;
        let stories = store.stories(options.id).await;
        store.close().await;
        stories
    });
    let stories = stories.map_err(|error| Failure::Other(error.to_string()))?;
    let tracks: Vec<Track> = stories.iter().map(Track::new).collect();
    if options.json {
        println!("{}", json(&tracks)?);
    } else {
        println!("{}", tracks.iter().map(Track::text).collect::<Vec<_>>().join("\n\n"));
    }
    if tracks.is_empty() {
        eprintln!("gateway: no message and no exchange {} was ever taken in", options.id);
    }
    Ok(!tracks.is_empty())
}

pub(super) fn status(options: &StatusOptions) -> Outcome {
    let config = options.config.load()?;
    let overview = runtime()?.block_on(async {
        let store = store::open(&config.store).await?;
        let overview = store.overview().await;
        store.close().await;
        overview
    });
    let overview = overview.map_err(|error| Failure::Other(error.to_string()))?;
    if options.json {
        println!("{}", json(&overview)?);
        return Ok(true);
    }
    println!("messages    {} accepted, {} rejected", overview.accepted, overview.rejected);
    println!(
        "dispatches  {} on their way, {} in mailboxes, {} retrieved, {} failed",
        overview.pending, overview.delivered, overview.retrieved, overview.failed
    );
    for (state, number) in &overview.exchanges {
        println!("exchanges   {number} {state}");
    }
    for waiting in &overview.waiting {
        println!(
            "waiting     {} for {}, the oldest since {}",
            waiting.messages, waiting.recipient, waiting.oldest_delivered_at
        );
    }
    Ok(true)
}
