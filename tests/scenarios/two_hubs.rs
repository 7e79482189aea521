//! Two hubs on one broker and one store: a deadline passes once, whoever notices it first.

use crate::{
    support::{Cluster, binaries, eventually, options, trial},
    workflow_support::{Library, Planner, Town, notices, passings},
};
use jiff::SignedDuration;
use libtest_mimic::Trial;
use schemas::wire::{ExchangeId, NoticeKind};
use simulators::network::{Network, Ports, StoreChoice};
use std::{
    collections::BTreeSet,
    fs,
    process::{Child, Command, Stdio},
};

/// Notices, each with its recipient.
type Told = BTreeSet<(NoticeKind, String)>;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("two_hubs::a_deadline_passes_once_with_two_hubs_on_one_store", once)]
}

/// Area and deadline: one that is told to several, and one that ends the exchange.
const DEADLINES: [(&str, &str); 2] =
    [("cpcs", "information-answer"), ("rasff", "no-follow-up-requested-border-rejection")];
/// Exchanges with each.
const EXCHANGES: usize = 40;

/// Another gateway beside that of the network.
struct Second(Child);

impl Second {
    /// Starts it with the configuration of the first, on ports of its own.
    fn start(network: &Network) -> (Self, Ports) {
        let ports = Ports::free().expect("free ports");
        let text = fs::read_to_string(network.gateway_config()).expect("the first one's configuration");
        let mut config: toml::Table = text.parse().expect("TOML");
        let http = config["http"].as_table_mut().expect("a table");
        for (name, port) in [
            ("participants", ports.participants),
            ("operators", ports.operators),
            ("broker_callbacks", ports.broker_callbacks),
        ] {
            http.insert(name.into(), format!("127.0.0.1:{port}").into());
        }
        let file = network.dir().join("second.toml");
        fs::write(&file, toml::to_string(&config).expect("TOML")).expect("written");
        let log = fs::File::create(network.dir().join("second.log")).expect("a log");
        let mut command = Command::new(binaries().join("gateway"));
        command.args(["run", "--config"]).arg(&file).current_dir(network.dir());
        let child = command.stdout(Stdio::null()).stderr(log).spawn().expect("the gateway starts");
        (Self(child), ports)
    }

    /// Waits until it is ready.
    async fn wait_ready(&mut self, ports: Ports) {
        eventually("the second gateway is ready", async || {
            let stream = tokio::net::TcpStream::connect(("127.0.0.1", ports.operators)).await.ok()?;
            drop(stream);
            Some(())
        })
        .await;
        assert!(self.0.try_wait().expect("asked").is_none(), "the second gateway runs");
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

async fn once() {
    let cluster = Cluster::start("two-hubs");
    let mut options = options("two-hubs");
    options.store = StoreChoice::Postgres(cluster.url());
    let town = Town::start_as(options).await;
    let (mut second, ports) = Second::start(&town.network);
    second.wait_ready(ports).await;
    let mut exchanges: Vec<(ExchangeId, &str, Told)> = Vec::new();
    let mut last = town.clock.now();
    for (area, id) in DEADLINES {
        let area = Library::areas().area(&area.parse().expect("an id")).expect("shipped");
        let deadline = area.deadlines.iter().find(|deadline| deadline.id == id).expect("shipped");
        let after = area.messages.iter().find(|one| one.message_type.message == deadline.after).expect("shipped");
        let workflow = Library::areas().workflow(&after.workflow).expect("shipped");
        let (way, _) = Planner::new(area, workflow).watching(deadline).way(|node| node.runs).expect("a way");
        for _ in 0..EXCHANGES {
            let mut case = town.case(area, workflow);
            for step in &way {
                case.take(step).await.unwrap_or_else(|problem| panic!("{problem}"));
            }
            let exchange = town.exchange(case.id).await.expect("opened");
            let clock = exchange.clocks.iter().find(|clock| clock.deadline == id).expect("it runs");
            last = last.max(clock.due);
            exchanges.push((case.id, id, town.told(&case, deadline)));
        }
    }
    town.clock.move_to(last + SignedDuration::from_secs(1));
    for (exchange, id, told) in &exchanges {
        eventually(&format!("{id} passes and is told"), async || {
            (notices(&town, *exchange, id).len() == told.len()).then_some(())
        })
        .await;
    }
    // What one hub would send again it would have sent by the time that the last one was told.
    for (exchange, id, told) in &exchanges {
        assert_eq!(passings(&town.log(*exchange).await, id), 1, "{id}");
        let notices = notices(&town, *exchange, id);
        assert!(notices.values().all(|times| *times == 1), "{id}: {notices:?}");
        assert_eq!(&notices.into_keys().collect::<BTreeSet<_>>(), told);
    }
    assert!(second.0.try_wait().expect("asked").is_none(), "the second gateway still runs");
    drop(second);
    town.stop().await;
}
