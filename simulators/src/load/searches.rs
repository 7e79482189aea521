//! Broadcast searches under load: one state asks thirty, several times a second, and has one answer to each. As some never
//! answer, every search takes as long as the hub waits (18 s); what is measured is how much it is late (Implementing
//! Regulation (EU) 2016/480, Annex VI: the answer is there within 20 s).

use super::{
    LoadError,
    cargo::Cargo,
    consumer::Handfuls,
    latency::Latency,
    states::{self, ASKED, GARBLED, LATE, SILENT, State},
    wire::{self, Login},
};
use lapin::{Channel, PublisherConfirm, options::BasicPublishOptions};
use schemas::wire::{SUBMIT_EXCHANGE, mailbox_queue, receipts_queue};
use serde::Serialize;
use std::{collections::HashMap, time::Duration};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use uuid::Uuid;

/// Searches per second.
const RATE: usize = 6;
/// A run to which nothing comes for this long has failed. The hub itself waits for 18 s.
const STALLED_AFTER: Duration = Duration::from_secs(60);

const SEARCH: &str = "erru/check-good-repute-request@1";
const REQUEST: &[u8] =
    include_bytes!("../../../schemas/areas/erru/1/samples/good/check-good-repute-request-combining-characters.xml");

/// What broadcast searches measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SearchReport {
    /// Searches.
    pub searches: usize,
    /// Searches per second.
    pub rate_per_s: usize,
    /// States that each of them asks: some are silent, some late, one answers garbage.
    pub states: usize,
    /// Publish to arrival of the consolidated answer.
    pub latency_ms: Latency,
    /// Consolidated answers with everything in them that was answered in time.
    pub complete: usize,
    /// Consolidated answers that came again.
    pub duplicates: usize,
}

impl std::fmt::Display for SearchReport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { searches, rate_per_s, states, latency_ms: Latency { p50, p95, p99 }, complete, duplicates } = self;
        writeln!(
            formatter,
            "{searches} broadcast searches at {rate_per_s}/s, {states} states asked, {SILENT} of them silent, {LATE} late, \
             {GARBLED} with garbage"
        )?;
        writeln!(formatter, "  consolidated answer   {p50:>8.1} ms p50, {p95:.1} ms p95, {p99:.1} ms p99")?;
        write!(formatter, "  complete              {complete:>8}  ({duplicates} came again)")
    }
}

/// Searches for `seconds`, and waits for the last answer.
///
/// # Errors
/// When a search stays without its answer, or the broker fails.
pub(super) async fn run(login: &Login, seconds: usize) -> Result<SearchReport, LoadError> {
    let mut tasks = JoinSet::new();
    states::start(login, &mut tasks).await?;
    let requester = states::requester()?;
    let connection = login.of(requester.identity()).connect().await?;
    let mailbox = Handfuls::of(&connection, &mailbox_queue(&requester.authority)).await?;
    let receipts = Handfuls::of(&connection, &receipts_queue(&requester.participant)).await?;
    let channel = wire::confirming_channel(&connection).await?;
    let ids = Cargo::fresh_ids(seconds * RATE);
    let mut answers = Answers::new(&ids);
    let start = Instant::now();
    let both = async { tokio::try_join!(search(&channel, &requester, &ids, start), answers.collect(mailbox)) };
    tokio::select! {
        done = both => { done?; }
        failed = states::forget(receipts) => failed?,
        Some(ended) = tasks.join_next() => {
            return Err(ended.unwrap_or_else(|error| LoadError::Unexpected(error.to_string())));
        }
    }
    answers.report(start)
}

/// When search `index` is due.
fn due(index: usize) -> Duration {
    Duration::from_secs_f64(index as f64 / RATE as f64)
}

async fn search(channel: &Channel, requester: &State, ids: &[Uuid], start: Instant) -> Result<(), LoadError> {
    let mut confirms: Vec<PublisherConfirm> = Vec::with_capacity(ids.len());
    for (index, id) in ids.iter().enumerate() {
        sleep_until(start + due(index)).await;
        let properties = requester.properties(SEARCH, &id.to_string());
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let key = "erru.check-good-repute-request".into();
        confirms.push(channel.basic_publish(SUBMIT_EXCHANGE.into(), key, options, REQUEST, properties).await?);
    }
    for (index, confirm) in confirms.into_iter().enumerate() {
        if !confirm.await?.is_ack() {
            return Err(LoadError::NotTaken(index, "it said no".to_owned()));
        }
    }
    Ok(())
}

/// The consolidated answers, by the search that they belong to.
struct Answers {
    places: HashMap<Uuid, usize>,
    arrivals: Vec<Option<Instant>>,
    complete: usize,
    duplicates: usize,
}

impl Answers {
    fn new(ids: &[Uuid]) -> Self {
        let places = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        Self { places, arrivals: vec![None; ids.len()], complete: 0, duplicates: 0 }
    }

    async fn collect(&mut self, mut mailbox: Handfuls) -> Result<(), LoadError> {
        while self.arrivals.iter().any(Option::is_none) {
            let Ok(handful) = timeout(STALLED_AFTER, mailbox.next()).await else {
                let arrived = self.arrivals.iter().flatten().count();
                let so_far = format!("{arrived} of {} consolidated answers", self.arrivals.len());
                return Err(LoadError::Stalled { seconds: STALLED_AFTER.as_secs(), so_far });
            };
            let (handful, now) = (handful?, Instant::now());
            for delivery in &handful.deliveries {
                self.arrived(&states::exchange(delivery)?, &delivery.data, now);
            }
            mailbox.settle(handful).await?;
        }
        Ok(())
    }

    fn arrived(&mut self, exchange: &str, document: &[u8], now: Instant) {
        let Some(place) = exchange.parse().ok().and_then(|id: Uuid| self.places.get(&id)) else { return };
        if self.arrivals[*place].is_some() {
            self.duplicates += 1;
            return;
        }
        self.arrivals[*place] = Some(now);
        self.complete += usize::from(is_complete(&String::from_utf8_lossy(document)));
    }

    fn report(self, start: Instant) -> Result<SearchReport, LoadError> {
        let took = self.arrivals.iter().flatten().enumerate();
        let took = took.map(|(index, at)| at.saturating_duration_since(start + due(index))).collect();
        Ok(SearchReport {
            searches: self.arrivals.len(),
            rate_per_s: RATE,
            states: ASKED,
            latency_ms: Latency::of(took).ok_or(LoadError::Nobody("search to time"))?,
            complete: self.complete,
            duplicates: self.duplicates,
        })
    }
}

/// Whether a consolidated answer has the answers of all who gave one in time.
fn is_complete(document: &str) -> bool {
    let of = |status: &str| document.matches(&format!("<StatusCode>{status}</StatusCode>")).count();
    document.matches("<NationalResult>").count() == ASKED
        && of("Timeout") == SILENT + LATE
        && of("InvalidFormat") == GARBLED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_when_only_those_are_missing_who_gave_none() {
        let entry = |status: &str| format!("<NationalResult><StatusCode>{status}</StatusCode></NationalResult>");
        let answered = ASKED - SILENT - LATE - GARBLED;
        let document =
            entry("NotFound").repeat(answered) + &entry("Timeout").repeat(SILENT + LATE) + &entry("InvalidFormat");
        assert!(is_complete(&document));
        assert!(!is_complete(&document.replacen("NotFound", "Timeout", 1)));
    }

    #[test]
    fn the_first_answer_to_a_search_counts() {
        let id = Uuid::from_u128(1);
        let (mut answers, now) = (Answers::new(&[id]), Instant::now());
        answers.arrived(&id.to_string(), b"", now + Duration::from_secs(18));
        answers.arrived(&id.to_string(), b"", now + Duration::from_secs(19));
        answers.arrived(&Uuid::from_u128(2).to_string(), b"", now);
        let report = answers.report(now).expect("one search");
        assert_eq!((report.latency_ms.p99, report.duplicates, report.complete), (18_000.0, 1, 0));
    }
}
