//! `simulator load`.

use super::{Failure, Outcome, Places};
use simulators::{
    load::{self, BenchOptions, LoadError, RunningNetwork, Target},
    network::{Former, NetworkOptions},
};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Options {
    /// Compares the gateway with a bare relay on the same broker, turn and turn about, and writes the result
    #[arg(long, conflicts_with_all = ["rate", "pki"])]
    bench: bool,
    /// Messages; of a bench, per round and side
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    messages: u32,
    /// Rounds of a bench; medians are taken
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    rounds: u32,
    /// Seconds of a bench's latency run, at 200 messages per second
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    paced_seconds: u32,
    /// Only the bench's broadcast searches: one state asks thirty, six times a second
    #[arg(long, conflicts_with_all = ["bench", "rate", "pki", "directory"])]
    searches: bool,
    /// Seconds of broadcast searches
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    search_seconds: u32,
    /// Messages per second of a plain load [default: as fast as it goes]
    #[arg(long, value_name = "PER-SECOND", value_parser = positive)]
    rate: Option<f64>,
    /// Folder of the network that is built for it
    #[arg(long, value_name = "DIR", default_value = ".run/bench")]
    dir: PathBuf,
    /// File that a bench's result is written to, as JSON
    #[arg(long, value_name = "FILE", default_value = ".run/bench.json")]
    out: PathBuf,
    /// Sends a plain load into a network that runs already: folder of its certificates, participants' included
    #[arg(long, value_name = "DIR")]
    pki: Option<PathBuf>,
    /// Host of the running network's broker
    #[arg(long, value_name = "NAME", default_value = "localhost", requires = "pki")]
    host: String,
    /// AMQPS port of the running network's broker
    #[arg(long, value_name = "PORT", default_value_t = 7671, requires = "pki")]
    port: u16,
    /// Directory file of the network [default: config/directory/demo.toml of the project]
    #[arg(long, value_name = "FILE")]
    directory: Vec<PathBuf>,
    /// Prints the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    places: Places,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        Ok(_) | Err(_) => Err("a rate is a number above 0".to_owned()),
    }
}

pub(super) async fn execute(options: Options) -> Outcome {
    let json = options.json;
    let result = match () {
        () if options.bench => bench(options).await,
        () if options.searches => searches(options).await,
        () => plain(options).await,
    };
    match result {
        Ok((text, object)) => {
            println!("{}", if json { object } else { text });
            Ok(true)
        }
        Err(LoadError::Network(error)) => Err(Failure::network(&error)),
        Err(error @ (LoadError::File(..) | LoadError::Directory(_) | LoadError::Nobody(_))) => {
            Err(Failure::configuration(&error))
        }
        Err(error) => Err(Failure::other(&error)),
    }
}

async fn bench(options: Options) -> Result<(String, String), LoadError> {
    load::bench(BenchOptions {
        network: network(&options)?,
        messages: options.messages as usize,
        rounds: options.rounds as usize,
        paced_seconds: options.paced_seconds as usize,
        search_seconds: options.search_seconds as usize,
        out: options.out,
    })
    .await
}

async fn searches(options: Options) -> Result<(String, String), LoadError> {
    let report = load::searches(network(&options)?, options.search_seconds as usize).await?;
    let object = serde_json::to_string_pretty(&report).unwrap_or_default();
    Ok((report.to_string(), object))
}

async fn plain(options: Options) -> Result<(String, String), LoadError> {
    let (messages, rate) = (options.messages as usize, options.rate);
    let target = match &options.pki {
        None => Target::Own(Box::new(network(&options)?)),
        Some(pki) => {
            let directory = network_directory(&options);
            Target::Running(RunningNetwork {
                host: options.host.clone(),
                port: options.port,
                pki: pki.clone(),
                directory,
            })
        }
    };
    let report = load::load(target, messages, rate).await?;
    let object = serde_json::to_string_pretty(&report).unwrap_or_default();
    Ok((report.to_string(), object))
}

/// A network of its own, on free ports, so that it disturbs no demo.
fn network(options: &Options) -> Result<NetworkOptions, LoadError> {
    let network = options.places.network(options.dir.clone());
    let directory = network_directory(options);
    Ok(NetworkOptions { former: Former::Removed, directory, ..network }.on_free_ports()?)
}

fn network_directory(options: &Options) -> Vec<PathBuf> {
    if options.directory.is_empty() {
        return options.places.network(options.dir.clone()).directory;
    }
    options.directory.clone()
}
