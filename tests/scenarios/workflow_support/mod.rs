//! A small town in which every workflow of every area can be played: who lives there, whose clock stands still until it is
//! moved, what documents say, and who has to receive what.
//!
//! Owns the expectations: they are worked out here from the packs alone, so that the hub is measured by something else than
//! itself.

mod case;
mod clock;
mod library;
mod people;
mod plan;
mod post;

pub(crate) use case::Case;
pub(crate) use clock::StillClock;
pub(crate) use library::{Library, Wish, day};
use people::coordinator_of;
pub(crate) use plan::{Move, Node, Planner};
pub(crate) use post::Post;

use crate::support::options;
use gateway::{
    config,
    exchange::{Cause, Entry, Exchange},
    store::{self, Store},
};
use jiff::Timestamp;
use schemas::{
    area::{Area, Deadline, OnMiss},
    wire::{ExchangeId, Notice, NoticeKind},
    workflow::{HUB, Workflow, step_on_miss},
};
use simulators::network::{Network, NetworkOptions};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

/// The town: a network, its post, and the store of the hub beside it.
pub(crate) struct Town {
    pub(crate) network: Network,
    pub(crate) clock: StillClock,
    pub(crate) post: Post,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) library: Library,
    /// An exchange of each area with links, with the same parties as all others, one of whom has handed it on.
    relatives: BTreeMap<&'static str, ExchangeId>,
    /// Message and recipient, of everything that made the town what it is.
    pub(crate) posted: BTreeSet<(String, String)>,
}

impl Town {
    /// Builds it; nothing has happened yet.
    pub(crate) async fn start(name: &str) -> Self {
        Self::start_as(options(name)).await
    }

    /// The same on a network of these options.
    pub(crate) async fn start_as(mut options: NetworkOptions) -> Self {
        let directory = options.dir.join("town.toml");
        fs::write(&directory, people::directory()).expect("written");
        let clock = StillClock::start(options.dir.join("clock"));
        options.directory = vec![directory];
        options.extra_config += &format!("[faults]\nclock_file = {:?}\n", clock.file().display().to_string());
        let url = match &options.store {
            simulators::network::StoreChoice::Sqlite => format!("sqlite:{}", options.dir.join("gateway.db").display()),
            simulators::network::StoreChoice::Postgres(url) => url.clone(),
        };
        let network =
            Network::start(options).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error)));
        let store = store::open(&config::Store { url, ..config::Store::default() }).await.expect("the store");
        let post = Post::open(&network).await;
        let (relatives, posted) = (BTreeMap::new(), BTreeSet::new());
        let mut town = Self { network, clock, post, store, library: Library::open(), relatives, posted };
        town.settle().await;
        town
    }

    /// Opens the exchanges that documents may name.
    async fn settle(&mut self) {
        let with_links = |area: &&Area| area.messages.iter().any(|message| message.reads.links.is_some());
        for area in Library::areas().iter().filter(with_links) {
            let workflow = Library::areas().workflow(&"information-request".parse().expect("an id")).expect("shipped");
            let (way, _) = Planner::new(area, workflow).way(|node| node.state == "FORWARDED").expect("a way");
            let mut case = self.case(area, workflow);
            for one in &way {
                case.take(one).await.expect("a request that is forwarded");
            }
            let (id, posted) = (case.id, case.posted);
            self.posted.extend(posted);
            self.relatives.insert(area.id.as_str(), id);
        }
    }

    /// The exchange as the hub keeps it.
    pub(crate) async fn exchange(&self, id: ExchangeId) -> Option<Exchange> {
        self.store.load(&[], &[id]).await.expect("the store answers").exchanges.remove(&id)
    }

    /// The log of an exchange.
    pub(crate) async fn log(&self, id: ExchangeId) -> Vec<Entry> {
        self.store.log_of(id).await.expect("the store answers")
    }

    /// The state of an exchange as operators are told it.
    pub(crate) async fn state_for_operators(&self, id: ExchangeId) -> String {
        let (status, body) = self.network.operators_get(&format!("/v1/exchanges/{id}")).await.expect("operators' port");
        assert_eq!(status, 200, "{body}");
        let tracks: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        tracks[0]["exchange"]["state"].as_str().unwrap_or_default().to_owned()
    }

    /// A case that is not opened yet.
    pub(crate) fn case<'a>(&'a self, area: &'a Area, workflow: &'a Workflow) -> Case<'a> {
        Case::new(self, area, workflow)
    }

    /// Which notices go to whom when a deadline that the last step has started passes.
    pub(crate) fn told(&self, case: &Case<'_>, deadline: &Deadline) -> BTreeSet<(NoticeKind, String)> {
        let awaited = case.awaited(deadline);
        let action = step_on_miss(deadline.on_miss);
        let step = action.and_then(|action| case.workflow.step(&case.state, HUB, action));
        let receivers: BTreeSet<String> =
            step.map(|step| case.receivers(step)).unwrap_or_default().into_iter().collect();
        let all = |kind: NoticeKind, to: BTreeSet<String>| to.into_iter().map(move |authority| (kind, authority));
        match deadline.on_miss {
            OnMiss::Remind => all(NoticeKind::Reminder, awaited).collect(),
            OnMiss::Escalate => {
                let coordinators = awaited.iter().map(|authority| coordinator_of(authority));
                let coordinators = coordinators.filter(|one| !awaited.contains(one)).collect();
                all(NoticeKind::Escalation, coordinators).chain(all(NoticeKind::Reminder, awaited)).collect()
            }
            OnMiss::TimeOut => all(NoticeKind::TimeOut, receivers).collect(),
            OnMiss::Close => all(NoticeKind::Closure, receivers).collect(),
            OnMiss::Consolidate | OnMiss::Record => BTreeSet::new(),
        }
    }

    /// Ends everything.
    pub(crate) async fn stop(self) {
        self.post.close().await;
        self.store.close().await;
        self.network.stop().await;
    }
}

/// What the log says of a deadline that passed, where the entry is about this one: when it was due, what followed, and who
/// had to meet it.
pub(crate) fn is_of(entry: &Entry, id: &str) -> Option<(Timestamp, OnMiss, BTreeSet<String>)> {
    match &entry.cause {
        Cause::Deadline { deadline, due, on_miss, awaited } if deadline == id => {
            Some((*due, *on_miss, awaited.iter().map(ToString::to_string).collect()))
        }
        Cause::Deadline { .. } | Cause::Message { .. } | Cause::Relative { .. } | Cause::CarriedOver => None,
    }
}

/// How often a deadline passed.
pub(crate) fn passings(log: &[Entry], id: &str) -> usize {
    log.iter().filter(|entry| is_of(entry, id).is_some()).count()
}

/// The notices about a deadline of an exchange that came into mailboxes: which, to whom, and how many of them.
pub(crate) fn notices(town: &Town, exchange: ExchangeId, deadline: &str) -> BTreeMap<(NoticeKind, String), usize> {
    let id = exchange.to_string();
    let of_hub = |kind: &str| NoticeKind::ALL.iter().any(|one| kind == format!("hub/{one}@1"));
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut found = BTreeMap::new();
    for arrival in town.post.arrived() {
        if arrival.exchange != id || !of_hub(&arrival.message_type) {
            continue;
        }
        let notice: Notice = serde_json::from_slice(&arrival.body).expect("a notice");
        // What is delivered again bears the same id.
        if notice.deadline == deadline && seen.insert((arrival.message_id, arrival.authority.clone())) {
            *found.entry((notice.kind, arrival.authority)).or_default() += 1;
        }
    }
    found
}
