//! `make bench`: the same messages through a bare relay and through the gateway, turn and turn about, in one run on one
//! machine; then the gateway's latency at a steady rate, and its peak memory; then broadcast searches on their own network.

use super::{
    LoadError,
    document::Document,
    latency::{Latency, median, rounded},
    packs::PacksCost,
    publisher::Pace,
    run::{Plan, Stage},
    searches::SearchReport,
};
use serde::Serialize;
use std::path::Path;

/// Messages per second at which latency is measured.
pub(super) const LATENCY_RATE: f64 = 200.0;
/// Most messages that warm both sides up before anything is measured.
const WARM_UP: usize = 2000;

/// What one bench measures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    /// Messages per round and side.
    pub messages: usize,
    /// Rounds.
    pub rounds: usize,
    /// Messages of the latency run.
    pub paced_messages: usize,
}

/// One round.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Round {
    relay_msgs_per_s: f64,
    gateway_msgs_per_s: f64,
    /// Counted until the last message has arrived, its receipts aside.
    gateway_arrivals_per_s: f64,
}

/// The bench's result, as `bench.json` spells it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct BenchReport {
    /// Median of the rounds through the bare relay.
    pub relay_msgs_per_s: f64,
    /// Median of the rounds through the gateway, all receipts read.
    pub gateway_msgs_per_s: f64,
    /// The second divided by the first.
    pub ratio: f64,
    /// Publish to arrival at a steady rate.
    pub latency_ms: Latency,
    /// Messages per second of the latency run.
    pub latency_rate_per_s: f64,
    /// Messages of the latency run.
    pub latency_messages: usize,
    /// Peak resident memory of the gateway's process over everything, in MiB.
    pub gateway_rss_mb: f64,
    /// What the area packs cost.
    #[serde(flatten)]
    pub packs: PacksCost,
    /// Broadcast searches, once they have been run.
    pub broadcast_searches: Option<SearchReport>,
    /// Messages per round and side.
    pub messages: usize,
    /// Size of each document.
    pub message_bytes: usize,
    /// The rounds.
    pub rounds: Vec<Round>,
}

/// Runs the bench; `say` gets a line of progress now and then.
///
/// # Errors
/// When a message is lost or refused, on either side.
pub(super) async fn run(
    stage: &Stage,
    sizes: Sizes,
    gateway: u32,
    packs: PacksCost,
    say: &dyn Fn(String),
) -> Result<BenchReport, LoadError> {
    let flat = |messages| Plan { messages, pace: Pace::Flat };
    let warm_up = flat(sizes.messages.min(WARM_UP));
    say(format!("warming up with {} messages on either side", warm_up.messages));
    stage.through_relay(warm_up).await?;
    stage.through_gateway(warm_up, |_| ()).await?;
    let mut rounds = Vec::with_capacity(sizes.rounds);
    for number in 1..=sizes.rounds {
        let round = round(stage, flat(sizes.messages)).await?;
        say(format!(
            "round {number} of {}: {:>6.0}/s through the bare relay, {:>6.0}/s through the gateway",
            sizes.rounds, round.relay_msgs_per_s, round.gateway_msgs_per_s
        ));
        rounds.push(round);
    }
    say(format!("latency: {} messages at {LATENCY_RATE:.0}/s", sizes.paced_messages));
    let paced = Plan { messages: sizes.paced_messages, pace: Pace::PerSecond(LATENCY_RATE) };
    let latency = stage.through_gateway(paced, |_| ()).await?.latency.ok_or(LoadError::Nobody("message to time"))?;
    Ok(report(sizes, rounds, latency, peak_memory_mb(gateway)?, packs))
}

async fn round(stage: &Stage, plan: Plan) -> Result<Round, LoadError> {
    let relay = stage.through_relay(plan).await?;
    let gateway = stage.through_gateway(plan, |_| ()).await?;
    Ok(Round {
        relay_msgs_per_s: rounded(relay.per_second(), 1),
        gateway_msgs_per_s: rounded(gateway.per_second(), 1),
        gateway_arrivals_per_s: rounded(gateway.counts.arrived as f64 / gateway.arrived_after.as_secs_f64(), 1),
    })
}

fn report(sizes: Sizes, rounds: Vec<Round>, latency_ms: Latency, gateway_rss_mb: f64, packs: PacksCost) -> BenchReport {
    let relay = median(rounds.iter().map(|round| round.relay_msgs_per_s).collect());
    let gateway = median(rounds.iter().map(|round| round.gateway_msgs_per_s).collect());
    BenchReport {
        relay_msgs_per_s: relay,
        gateway_msgs_per_s: gateway,
        ratio: if relay > 0.0 { rounded(gateway / relay, 3) } else { 0.0 },
        latency_ms,
        latency_rate_per_s: LATENCY_RATE,
        latency_messages: sizes.paced_messages,
        gateway_rss_mb,
        packs,
        broadcast_searches: None,
        messages: sizes.messages,
        message_bytes: Document::new().size_bytes(),
        rounds,
    }
}

impl std::fmt::Display for BenchReport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Latency { p50, p95, p99 } = self.latency_ms;
        let (messages, bytes, rounds) = (self.messages, self.message_bytes, self.rounds.len());
        writeln!(formatter, "{messages} messages of {bytes} bytes, {rounds} rounds, medians")?;
        writeln!(formatter, "  bare relay            {:>8.0} messages/s", self.relay_msgs_per_s)?;
        writeln!(
            formatter,
            "  through the gateway   {:>8.0} messages/s  (validated, tracked, receipts read)",
            self.gateway_msgs_per_s
        )?;
        writeln!(formatter, "  ratio                 {:>8.2}", self.ratio)?;
        writeln!(
            formatter,
            "  latency at {:.0}/s      {p50:>8.1} ms p50, {p95:.1} ms p95, {p99:.1} ms p99",
            self.latency_rate_per_s
        )?;
        writeln!(formatter, "  gateway's peak memory {:>8.1} MiB", self.gateway_rss_mb)?;
        let PacksCost { areas, packs_load_ms, validate_us } = self.packs;
        writeln!(formatter, "  reading {areas:>2} packs      {packs_load_ms:>8.1} ms")?;
        write!(formatter, "  judging one document  {validate_us:>8.1} us on one thread")?;
        match &self.broadcast_searches {
            Some(searches) => write!(formatter, "\n{searches}"),
            None => Ok(()),
        }
    }
}

/// Peak resident memory of a process (`VmHWM`), in MiB.
fn peak_memory_mb(process: u32) -> Result<f64, LoadError> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).map_err(LoadError::file(Path::new(&path)))?;
    high_water_kib(&status)
        .map(|kib| rounded(kib as f64 / 1024.0, 1))
        .ok_or_else(|| LoadError::Unexpected(format!("{path} tells no VmHWM")))
}

fn high_water_kib(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_has_the_names_that_others_read() {
        let one = Round { relay_msgs_per_s: 4000.0, gateway_msgs_per_s: 2200.0, gateway_arrivals_per_s: 2300.0 };
        let sizes = Sizes { messages: 10, rounds: 1, paced_messages: 5 };
        let packs = PacksCost { areas: 18, packs_load_ms: 90.0, validate_us: 120.0 };
        let report = report(sizes, vec![one], Latency { p50: 1.0, p95: 2.0, p99: 3.0 }, 88.5, packs);
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["relay_msgs_per_s"], 4000.0);
        assert_eq!(json["gateway_msgs_per_s"], 2200.0);
        assert_eq!(json["ratio"], 0.55);
        assert_eq!(json["latency_ms"], serde_json::json!({ "p50": 1.0, "p95": 2.0, "p99": 3.0 }));
        assert_eq!(json["gateway_rss_mb"], 88.5);
        assert_eq!((&json["packs_load_ms"], &json["validate_us"]), (&90.0.into(), &120.0.into()));
    }

    #[test]
    fn peak_memory_is_read_from_the_process_status() {
        assert_eq!(high_water_kib("Name:\tgateway\nVmPeak:\t  999 kB\nVmHWM:\t   90624 kB\n"), Some(90_624));
        assert_eq!(high_water_kib("Name:\tgateway\n"), None);
        assert!(peak_memory_mb(std::process::id()).expect("we are running") > 0.0);
    }
}
