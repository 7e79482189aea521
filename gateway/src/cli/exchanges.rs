//! `gateway exchanges`: what the store holds of exchanges, from their logs. Replaying proves that where an exchange stands is
//! what its log says; showing tells its story.

use super::{Failure, Outcome, StoreOption, json, print, runtime};
use crate::{
    exchange::{Broken, Cause, Change, Clock, Entry, Exchange, replay},
    store::{self, Store, StoreError},
};
use jiff::Timestamp;
use schemas::wire::{AuthorityId, ExchangeId};
use serde::Serialize;
use std::collections::HashMap;

/// Exchanges that are read together.
const PAGE: u32 = 500;
/// Names that a line of a story shows.
const FEW: usize = 6;
/// How often an exchange that differs is looked at: a hub that runs may have moved it between two readings.
const LOOKS: usize = 3;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Replays the log of every exchange from nothing, and compares what comes about with where the exchange stands
    Replay {
        /// Prints JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreOption,
    },
    /// Tells the story of an exchange: what happened when, by whom, and where it stood afterwards
    Show {
        /// The exchange: its correlation id
        #[arg(value_name = "CORRELATION-ID")]
        id: ExchangeId,
        /// Prints JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        store: StoreOption,
    },
}

pub(super) fn execute(command: &Command) -> Outcome {
    match command {
        Command::Replay { json: true, store } => {
            let replayed = with(store, async |store| replay_all(store).await)?;
            print(&(json(&replayed)? + "\n"))?;
            Ok(replayed.differing.is_empty())
        }
        Command::Replay { json: false, store } => {
            let replayed = with(store, async |store| replay_all(store).await)?;
            print(&replayed.text()?)?;
            Ok(replayed.differing.is_empty())
        }
        Command::Show { id, json, store } => show(*id, *json, store),
    }
}

fn with<T>(option: &StoreOption, work: impl AsyncFnOnce(&dyn Store) -> Result<T, StoreError>) -> Result<T, Failure> {
    let settings = option.settings()?;
    runtime()?.block_on(async {
        let store = store::open(&settings).await?;
        let done = work(store.as_ref()).await;
        store.close().await;
        Ok(done?)
    })
}

/// What replaying came to.
#[derive(Debug, Default, Serialize)]
struct Replayed {
    /// Exchanges whose log says exactly what the store says.
    agree: u64,
    /// Entries that were replayed.
    entries: u64,
    /// All others.
    differing: Vec<Differing>,
}

/// An exchange that is not what its log says.
#[derive(Debug, Serialize)]
struct Differing {
    exchange: ExchangeId,
    /// As the store has it.
    stored: Exchange,
    /// As its log has it; nothing where there is none, or a broken one.
    replayed: Option<Exchange>,
    /// What is wrong with the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl Replayed {
    fn text(&self) -> Result<String, Failure> {
        let mut text = format!("{} exchanges are what their logs say ({} entries)\n", self.agree, self.entries);
        for Differing { exchange, stored, replayed, problem } in &self.differing {
            let problem = problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
            text += &format!("{exchange} differs{problem}\n  stored    {}\n", line(stored)?);
            text += &match replayed {
                Some(replayed) => format!("  replayed  {}\n", line(replayed)?),
                None => "  replayed  nothing\n".to_owned(),
            };
        }
        if !self.differing.is_empty() {
            text += &format!("{} exchanges differ\n", self.differing.len());
        }
        Ok(text)
    }
}

fn line(exchange: &Exchange) -> Result<String, Failure> {
    serde_json::to_string(exchange).map_err(|error| Failure::Other(error.to_string()))
}

async fn replay_all(store: &dyn Store) -> Result<Replayed, StoreError> {
    let mut replayed = Replayed::default();
    let mut after = None;
    loop {
        // Where they stand first: a log that is read later is at least as long.
        let page = store.exchanges_after(after, PAGE).await?;
        let Some(last) = page.last().map(|exchange| exchange.correlation_id) else { return Ok(replayed) };
        let mut logs: HashMap<ExchangeId, Vec<Entry>> = HashMap::with_capacity(page.len());
        for entry in store.logs_between(after, last).await? {
            logs.entry(entry.exchange).or_default().push(entry);
        }
        for stored in page {
            let log = logs.remove(&stored.correlation_id).unwrap_or_default();
            replayed.entries += log.len() as u64;
            match compare(stored, &log)? {
                None => replayed.agree += 1,
                Some(differing) => match again(store, differing).await? {
                    None => replayed.agree += 1,
                    Some(differing) => replayed.differing.push(differing),
                },
            }
        }
        after = Some(last);
    }
}

/// Looks again at an exchange that differed.
async fn again(store: &dyn Store, mut differing: Differing) -> Result<Option<Differing>, StoreError> {
    let id = differing.exchange;
    for _ in 1..LOOKS {
        let stored = store.load(&[], &[id]).await?.exchanges.remove(&id);
        let Some(stored) = stored else { break };
        match compare(stored, &store.log_of(id).await?)? {
            None => return Ok(None),
            Some(still) => differing = still,
        }
    }
    Ok(Some(differing))
}

/// Nothing where both are the same, byte by byte.
fn compare(stored: Exchange, log: &[Entry]) -> Result<Option<Differing>, StoreError> {
    let (replayed, problem) = match replay(log) {
        Ok(replayed) => (replayed, None),
        Err(broken) => (None, Some(broken.to_string())),
    };
    let bytes = |exchange: &Exchange| serde_json::to_vec(exchange).map_err(StoreError::new);
    if let Some(replayed) = &replayed
        && bytes(replayed)? == bytes(&stored)?
    {
        return Ok(None);
    }
    let problem = problem.or_else(|| log.is_empty().then(|| "it has no log".to_owned()));
    Ok(Some(Differing { exchange: stored.correlation_id, stored, replayed, problem }))
}

/// The story of an exchange.
#[derive(Debug, Serialize)]
struct Story {
    exchange: Exchange,
    log: Vec<Step>,
}

/// One thing that happened, and where the exchange stood afterwards.
#[derive(Debug, Serialize)]
struct Step {
    #[serde(flatten)]
    entry: Entry,
    after: After,
}

#[derive(Debug, Serialize)]
struct After {
    state: String,
    awaits: Vec<AuthorityId>,
    clocks: Vec<Clock>,
}

fn show(id: ExchangeId, as_json: bool, option: &StoreOption) -> Outcome {
    let found = with(option, async |store| {
        let exchange = store.load(&[], &[id]).await?.exchanges.remove(&id);
        Ok((exchange, store.log_of(id).await?))
    })?;
    let (Some(exchange), log) = found else {
        eprintln!("gateway: no exchange {id} was ever opened");
        return Ok(false);
    };
    let log = steps(log).map_err(|broken| Failure::Other(broken.to_string()))?;
    let story = Story { exchange, log };
    print(&(if as_json { json(&story)? } else { story.text() } + "\n"))?;
    Ok(true)
}

fn steps(log: Vec<Entry>) -> Result<Vec<Step>, Broken> {
    let mut exchange: Option<Exchange> = None;
    let mut steps = Vec::with_capacity(log.len());
    for entry in log {
        let now = match exchange.take() {
            None => Exchange::begun(&entry)?,
            Some(mut now) => {
                now.apply(&entry)?;
                now
            }
        };
        let awaits = now.awaited().into_iter().cloned().collect();
        steps.push(Step { entry, after: After { state: now.state.clone(), awaits, clocks: now.clocks.clone() } });
        exchange = Some(now);
    }
    Ok(steps)
}

impl Story {
    fn text(&self) -> String {
        let Exchange { correlation_id, area, workflow, test, .. } = &self.exchange;
        let mut lines = vec![
            format!("exchange  {correlation_id}{}", if *test { " (test)" } else { "" }),
            format!("area      {area}, {workflow}"),
        ];
        let members = self.exchange.members.iter().map(|member| format!("{} ({})", member.authority, member.party));
        lines.push(format!("members   {}", few(members)));
        let former = self.exchange.former.as_slice();
        lines.extend((!former.is_empty()).then(|| format!("former    {}", names(former))));
        lines.push(format!("state     {} since {}", self.exchange.state, time(self.exchange.changed_at)));
        lines.extend(self.exchange.ended_by.iter().map(|deadline| format!("ended by  {deadline}")));
        for step in &self.log {
            lines.extend(step.lines());
        }
        lines.join("\n")
    }
}

impl Step {
    fn lines(&self) -> Vec<String> {
        let Self { entry, after } = self;
        let awaits = if after.awaits.is_empty() { String::new() } else { format!(", awaits {}", names(&after.awaits)) };
        let mut lines = vec![
            format!("{:>3}  {}  {}", entry.sequence, time(entry.at), happened(&entry.cause)),
            format!("     {}{awaits}", after.state),
        ];
        lines.extend(changes(&entry.change).into_iter().map(|change| format!("     {change}")));
        lines.extend(after.clocks.iter().map(|clock| {
            let awaited = if clock.awaited.is_empty() { "nobody".to_owned() } else { names(&clock.awaited) };
            format!("     runs: {} until {}, awaits {awaited}", clock.deadline, time(clock.due))
        }));
        lines
    }
}

fn happened(cause: &Cause) -> String {
    match cause {
        Cause::Message { participant, message_id, action, from, party } => {
            let participant = participant.as_ref().map(|participant| format!(" of {participant}")).unwrap_or_default();
            format!("{action} by {from}{participant} as {party}, message {message_id}")
        }
        Cause::Deadline { deadline, due, on_miss, awaited } => {
            let missed =
                if awaited.is_empty() { "nobody was awaited".into() } else { format!("missed by {}", names(awaited)) };
            format!("deadline {deadline} passed at {}: {}, {missed}", time(*due), word(on_miss))
        }
        Cause::Relative { exchange, relation } => format!("{} by exchange {exchange}", word(relation)),
        Cause::CarriedOver => "carried over: it was there before the log was kept".to_owned(),
    }
}

fn changes(change: &Change) -> Vec<String> {
    let member = |member: &crate::exchange::Member| format!("{} as {}", member.authority, member.party);
    let list = |what: &str, members: &[crate::exchange::Member]| {
        (!members.is_empty()).then(|| format!("{what}: {}", few(members.iter().map(member))))
    };
    let late = (!change.late.is_empty()).then(|| format!("too late for: {}", change.late.join(", ")));
    let linked = change.linked.iter().map(|exchange| format!("linked to {exchange}"));
    let revises = change.revises.then(|| "a revision".to_owned());
    [list("joined", &change.joined), list("left", &change.left), late, revises]
        .into_iter()
        .flatten()
        .chain(linked)
        .collect()
}

/// As the log spells it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}

/// The first few; the others as a number. JSON has all of them.
fn few(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(FEW);
    let shown: Vec<String> = names.take(FEW).collect();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

fn names(authorities: &[AuthorityId]) -> String {
    few(authorities.iter().map(ToString::to_string))
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Member, Opening, Standing};
    use schemas::wire::PartyName;
    use uuid::Uuid;

    fn party(name: &str) -> PartyName {
        name.parse().expect("a party")
    }

    fn log() -> Vec<Entry> {
        let exchange = ExchangeId(Uuid::from_u128(7));
        let from: AuthorityId = "PL-A".parse().expect("an authority");
        let cause = |action: &str, party: &str| Cause::Message {
            participant: None,
            message_id: Uuid::from_u128(8),
            action: action.parse().expect("an action"),
            from: from.clone(),
            party: self::party(party),
        };
        let at = Timestamp::from_millisecond(1_700_000_000_000).expect("in range");
        let opened = Change {
            opening: Some(Opening {
                area: "imi-pq".parse().expect("an area"),
                workflow: "information-request".parse().expect("a workflow"),
                test: false,
                questions: Vec::new(),
                parent: None,
            }),
            standing: Some(Standing { state: "SENT".into(), awaits: Some(party("responder")) }),
            joined: vec![Member { authority: "UK-B".parse().expect("an authority"), party: party("responder") }],
            ..Change::default()
        };
        let ended =
            Change { standing: Some(Standing { state: "WITHDRAWN".into(), awaits: None }), ..Change::default() };
        vec![
            Entry { exchange, sequence: 1, at, cause: cause("open", "requester"), change: opened },
            Entry { exchange, sequence: 2, at, cause: cause("withdraw", "requester"), change: ended },
        ]
    }

    fn exchange() -> Exchange {
        replay(&log()).expect("a whole log").expect("an exchange")
    }

    #[test]
    fn an_exchange_that_is_what_its_log_says_does_not_differ() {
        assert!(compare(exchange(), &log()).expect("compared").is_none());
    }

    #[test]
    fn whatever_a_log_does_not_say_differs() {
        let moved = Exchange { state: "CLOSED".into(), ..exchange() };
        let differing = compare(moved, &log()).expect("compared").expect("another state");
        assert_eq!((differing.replayed.expect("replayed"), differing.problem), (exchange(), None));
        let gap = [log().remove(1)];
        assert!(compare(exchange(), &gap).expect("compared").expect("a gap").problem.is_some());
        assert_eq!(
            compare(exchange(), &[]).expect("compared").expect("nothing").problem.as_deref(),
            Some("it has no log")
        );
    }

    #[test]
    fn a_line_shows_the_first_few_names() {
        let named = |count: usize| few((1..=count).collect::<Vec<_>>().iter().map(ToString::to_string));
        assert_eq!(named(6), "1, 2, 3, 4, 5, 6");
        assert_eq!(named(30), "1, 2, 3, 4, 5, 6 and 24 more");
    }

    #[test]
    fn a_story_tells_each_step_and_where_it_led() {
        let story = Story { exchange: exchange(), log: steps(log()).expect("a whole log") };
        let text = story.text();
        assert!(text.contains("open by PL-A as requester"), "{text}");
        assert!(text.contains("\n     SENT, awaits UK-B\n     joined: UK-B as responder\n"), "{text}");
        assert!(text.ends_with("\n     WITHDRAWN"), "{text}");
    }
}
