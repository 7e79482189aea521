//! Load: many small messages, through the gateway as outsiders see it, and through a bare relay to compare with.
//!
//! Owns generator, consumers, counting and the report. Speaks AMQP directly (not through the client library), because
//! both sides of the comparison must be driven by the same code.

mod bench;
mod cargo;
mod cast;
mod consumer;
mod document;
mod error;
mod latency;
mod packs;
mod publisher;
mod receipts;
mod relay;
mod reports;
mod run;
mod searches;
mod states;
mod tally;
mod wire;

pub use error::LoadError;
pub use latency::Latency;
pub use searches::SearchReport;

use crate::{
    directory::Directory,
    network::{Network, NetworkOptions},
};
use cast::Cast;
use document::MESSAGE_TYPE;
use latency::rounded;
use publisher::Pace;
use run::{Plan, Run, Stage};
use schemas::wire::MessageType;
use serde::Serialize;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tally::Tally;
use wire::Login;

/// How often a plain load says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// What a bench is to do.
#[derive(Debug, Clone)]
pub struct BenchOptions {
    /// The network that is built for it.
    pub network: NetworkOptions,
    /// Messages per round and side.
    pub messages: usize,
    /// Rounds.
    pub rounds: usize,
    /// Seconds of the latency run.
    pub paced_seconds: usize,
    /// Seconds of broadcast searches.
    pub search_seconds: usize,
    /// File that the result is written to.
    pub out: PathBuf,
}

/// Builds a network, runs the bench on it, writes the result; returns it as text and as JSON.
///
/// # Errors
/// When the network does not come up, or any message is lost or refused.
pub async fn bench(options: BenchOptions) -> Result<(String, String), LoadError> {
    let say = |line: String| eprintln!("{line}");
    // Before the work, so that its result is not lost for a missing folder.
    if let Some(folder) = options.out.parent() {
        std::fs::create_dir_all(folder).map_err(LoadError::file(folder))?;
    }
    say("starting a network of its own for the bench".to_owned());
    let schemas = options.network.root.join("schemas");
    let of_searches = NetworkOptions { dir: options.network.dir.join("searches"), ..options.network.clone() };
    let network = Network::start(options.network).await?;
    let stage = stage_of(&network)?.one_to_one();
    let gateway = network.gateway_pid().ok_or(LoadError::Nobody("running gateway"))?;
    let sizes = bench::Sizes {
        messages: options.messages,
        rounds: options.rounds,
        paced_messages: options.paced_seconds * bench::LATENCY_RATE as usize,
    };
    say("packs: reading all, and judging documents on one thread".to_owned());
    let cost = packs::measure(&schemas)?;
    let mut report = bench::run(&stage, sizes, gateway, cost, &say).await?;
    network.stop().await;
    say(format!("broadcast searches: {} s on a network of thirty-one states", options.search_seconds));
    report.broadcast_searches = Some(searches(of_searches, options.search_seconds).await?);
    let json = serde_json::to_string_pretty(&report).unwrap_or_default();
    std::fs::write(&options.out, format!("{json}\n")).map_err(LoadError::file(&options.out))?;
    Ok((report.to_string(), json))
}

/// Builds a network of thirty-one states, and has one of them search in the others for `seconds`.
///
/// # Errors
/// When the network does not come up, or a search stays without its answer.
pub async fn searches(options: NetworkOptions, seconds: usize) -> Result<SearchReport, LoadError> {
    std::fs::create_dir_all(&options.dir).map_err(LoadError::file(&options.dir))?;
    let file = options.dir.join("states.toml");
    std::fs::write(&file, states::directory()).map_err(LoadError::file(&file))?;
    let network = Network::start(NetworkOptions { directory: vec![file], ..options }).await?;
    let report = searches::run(&login_of(&network), seconds).await?;
    network.stop().await;
    Ok(report)
}

/// A network that runs already.
#[derive(Debug, Clone)]
pub struct RunningNetwork {
    /// The broker's host.
    pub host: String,
    /// The broker's AMQPS port.
    pub port: u16,
    /// Folder made by `certs init`, with the participants' certificates.
    pub pki: PathBuf,
    /// The directory's files.
    pub directory: Vec<PathBuf>,
}

/// Where a plain load goes.
#[derive(Debug, Clone)]
pub enum Target {
    /// To a network that is built for it.
    Own(Box<NetworkOptions>),
    /// To one that runs already.
    Running(RunningNetwork),
}

/// What a plain load measured.
#[derive(Debug, Clone, Serialize)]
pub struct LoadReport {
    /// Messages that went the whole way: arrived once, with all three receipts read.
    pub messages: usize,
    /// Messages that arrived more than once.
    pub duplicates: usize,
    /// From the first publish until the last receipt was read.
    pub seconds: f64,
    /// Messages per second.
    pub msgs_per_s: f64,
    /// Publish to arrival in milliseconds; for a load at a steady rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Latency>,
}

impl std::fmt::Display for LoadReport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} messages went the whole way in {:.1} s: {:.0}/s, {} of them arrived more than once",
            self.messages, self.seconds, self.msgs_per_s, self.duplicates
        )?;
        match self.latency_ms {
            Some(Latency { p50, p95, p99 }) => {
                write!(formatter, "\nlatency: {p50:.1} ms p50, {p95:.1} ms p95, {p99:.1} ms p99")
            }
            None => Ok(()),
        }
    }
}

/// Sends `messages` through a gateway, at `rate` per second or as fast as it goes, and says how far it is.
///
/// # Errors
/// When the network does not come up, or any message is lost or refused.
pub async fn load(target: Target, messages: usize, rate: Option<f64>) -> Result<LoadReport, LoadError> {
    let pace = rate.map_or(Pace::Flat, Pace::PerSecond);
    let plan = Plan { messages, pace };
    let run = match target {
        Target::Own(options) => {
            let network = Network::start(*options).await?;
            let run = watched(&stage_of(&network)?, plan).await?;
            network.stop().await;
            run
        }
        Target::Running(running) => {
            let login = Login { host: running.host, port: running.port, pki: running.pki, identity: String::new() };
            watched(&Stage { login, cast: cast(&Directory::read(&running.directory)?)? }, plan).await?
        }
    };
    Ok(report(&run, rate.is_some()))
}

fn report(run: &Run, paced: bool) -> LoadReport {
    LoadReport {
        messages: run.counts.arrived,
        duplicates: run.counts.again,
        seconds: rounded(run.took.as_secs_f64(), 2),
        msgs_per_s: rounded(run.per_second(), 1),
        latency_ms: run.latency.filter(|_| paced),
    }
}

async fn watched(stage: &Stage, plan: Plan) -> Result<Run, LoadError> {
    let mut watcher = None;
    let start = |tally: Arc<Tally>| {
        watcher = Some(tokio::spawn(async move {
            let mut ticks = tokio::time::interval(PROGRESS_EVERY);
            loop {
                ticks.tick().await;
                eprintln!("{} of {}", tally.counts(), plan.messages);
            }
        }));
    };
    let run = stage.through_gateway(plan, start).await;
    if let Some(watcher) = watcher {
        watcher.abort();
    }
    run
}

fn stage_of(network: &Network) -> Result<Stage, LoadError> {
    Ok(Stage { login: login_of(network), cast: cast(network.directory())? })
}

fn login_of(network: &Network) -> Login {
    let (host, port) = ("localhost".to_owned(), network.ports().amqps);
    Login { host, port, pki: network.pki(), identity: String::new() }
}

fn cast(directory: &Directory) -> Result<Cast, LoadError> {
    let kind: MessageType = MESSAGE_TYPE.parse().map_err(|error| LoadError::Unexpected(format!("{error}")))?;
    Cast::of(directory, &kind.area)
}
