//! The log is the truth: ten thousand exchanges of every kind, and for each of them replaying what its log says, from
//! nothing, comes to what the hub keeps of it, byte by byte.

mod script;

use crate::support::{Clock, RawParticipant, Submission, eventually, options, publish_all, trial};
use gateway::{
    config,
    exchange::replay,
    store::{self, Store},
};
use jiff::{SignedDuration, Timestamp};
use libtest_mimic::Trial;
use schemas::wire::ExchangeId;
use script::{COUNTRIES, Play, SCENES, directory, participant};
use serde_json::Value;
use simulators::network::Network;
use sqlx::SqlitePool;
use std::{collections::BTreeMap, path::Path, process::Command, sync::Arc};
use tokio::task::JoinSet;

const EXCHANGES: usize = 10_000;
/// Exchanges that are read together.
const PAGE: u32 = 1_000;
/// Scenes of which the deadlines are seconds: before and after them the hub's clock is set back.
const IN_SECONDS: usize = 7;
/// States of workflows in which the play ends.
const STATES: usize = 9;
/// How far the clock is moved at the end, in seconds: over the twenty seconds, over thirty days, over two months.
const LATER: [i64; 3] = [60, 40 * 86_400, 75 * 86_400];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("replay::ten_thousand_logs_come_to_what_is_stored_byte_by_byte", ten_thousand)]
}

async fn ten_thousand() {
    let mut options = options("replay");
    let file = options.dir.join("six.toml");
    std::fs::write(&file, directory()).expect("written");
    options.directory = vec![file];
    let clock = Clock::of(&mut options);
    let mut network = Network::start(options).await.unwrap_or_else(|error| panic!("{}", simulators::chain(&error)));
    let database = network.dir().join("gateway.db");
    let url = format!("sqlite:{}", database.display());
    let store = store::open(&config::Store { url, ..config::Store::default() }).await.expect("opened");
    let play = Play::new(EXCHANGES);
    let mut offices = BTreeMap::new();
    for country in COUNTRIES {
        let name = participant(country);
        let office = RawParticipant::connect(&network, &name).await.expect("connected");
        offices.insert(name, Arc::new(office));
    }
    let mut sent = 0;
    for scene in 0..SCENES {
        sent += perform(&offices, &play, scene).await;
        through(&database, sent).await;
        if scene == IN_SECONDS {
            clock.back_an_hour();
        }
    }
    for seconds in LATER {
        clock.ahead(seconds);
        // A hub that ends while deadlines pass leaves each of them passed as a whole, or not at all.
        network.kill_gateway();
        network.start_gateway().await.expect("started again");
        past(&store, seconds).await;
    }
    let states = agree(&store).await;
    println!("{sent} messages, {states:?}");
    assert!(states.len() == STATES && states.values().sum::<usize>() == EXCHANGES, "{states:?}");
    network.terminate_gateway().await;
    told_by_the_command_line(&network, &play).await;
    store.close().await;
    network.stop().await;
}

/// Publishes what everybody says in a scene; returns how many messages that were.
async fn perform(offices: &BTreeMap<String, Arc<RawParticipant>>, play: &Play, scene: usize) -> usize {
    let mut by_office: BTreeMap<String, Vec<Submission>> = BTreeMap::new();
    for (office, submission) in play.scene(scene) {
        by_office.entry(office).or_default().push(submission);
    }
    let said = by_office.values().map(Vec::len).sum();
    let mut speaking = JoinSet::new();
    for (name, submissions) in by_office {
        let office = Arc::clone(&offices[&name]);
        speaking.spawn(async move { publish_all(&office.channel, &submissions).await });
    }
    speaking.join_all().await.into_iter().collect::<Result<(), _>>().expect("the broker takes everything");
    said
}

/// Waits until the hub has decided on so many messages of participants; it accepts them all.
async fn through(database: &Path, messages: usize) {
    let database = &open(database).await;
    eventually("the hub has decided on all", async || {
        let count = "SELECT count(*) FROM messages WHERE participant <> 'IMI-GATEWAY'";
        let decided: i64 = sqlx::query_scalar(count).fetch_one(database).await.expect("counted");
        (decided >= messages as i64).then_some(())
    })
    .await;
    let refused = a_refusal(database).await;
    assert!(refused.is_none(), "nothing of the play is refused: {refused:?}");
}

async fn a_refusal(database: &SqlitePool) -> Option<String> {
    let sql = "SELECT message_type || ' of ' || sender || ': ' || rejection FROM messages WHERE rejection IS NOT NULL";
    sqlx::query_scalar(sql).fetch_optional(database).await.expect("asked")
}

async fn open(database: &Path) -> SqlitePool {
    SqlitePool::connect(&format!("sqlite:{}", database.display())).await.expect("opened")
}

/// Waits until no deadline is left that has passed by a time so many seconds from now.
async fn past(store: &Arc<dyn Store>, seconds: i64) {
    let then = Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).expect("in range");
    eventually("all deadlines pass", async || {
        store.due(then, 1).await.expect("asked").exchanges.is_empty().then_some(())
    })
    .await;
}

/// Replays every log; says how many exchanges stand where.
async fn agree(store: &Arc<dyn Store>) -> BTreeMap<String, usize> {
    let (mut after, mut states): (Option<ExchangeId>, BTreeMap<String, usize>) = (None, BTreeMap::new());
    loop {
        let page = store.exchanges_after(after, PAGE).await.expect("a page");
        let Some(last) = page.last().map(|exchange| exchange.correlation_id) else { return states };
        let mut logs: BTreeMap<ExchangeId, Vec<_>> = BTreeMap::new();
        for entry in store.logs_between(after, last).await.expect("their logs") {
            logs.entry(entry.exchange).or_default().push(entry);
        }
        assert_eq!(logs.len(), page.len(), "every exchange has a log, and nobody else");
        for stored in page {
            let replayed = replay(&logs[&stored.correlation_id]).expect("a whole log").expect("an exchange");
            let bytes = |exchange| serde_json::to_string(exchange).expect("JSON");
            assert_eq!(bytes(&replayed), bytes(&stored));
            *states.entry(format!("{} {}", stored.workflow, stored.state)).or_default() += 1;
        }
        after = Some(last);
    }
}

/// The operators' command says the same; and finds an exchange that somebody has tampered with.
async fn told_by_the_command_line(network: &Network, play: &Play) {
    let (code, replayed) = replayed(network);
    assert_eq!((code, replayed["agree"].as_u64()), (0, Some(EXCHANGES as u64)), "{replayed}");
    let id = play.exchange(0).to_string();
    let (code, shown) = gateway(network, &["exchanges", "show", &id]);
    assert!(code == 0 && shown.contains(&format!("exchange  {id}")) && shown.contains("  open by "), "{shown}");
    assert!(shown.contains("deadline pending passed at "), "{shown}");
    tamper(&network.dir().join("gateway.db"), &id).await;
    let (code, replayed) = self::replayed(network);
    assert_eq!((code, replayed["agree"].as_u64()), (1, Some(EXCHANGES as u64 - 1)));
    let differing = &replayed["differing"][0];
    assert_eq!(differing["exchange"], id);
    assert_eq!((&differing["stored"]["state"], &differing["replayed"]["state"]), (&"TAMPERED".into(), &"SENT".into()));
}

fn replayed(network: &Network) -> (i32, Value) {
    let (code, text) = gateway(network, &["exchanges", "replay", "--json"]);
    (code, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn gateway(network: &Network, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(network.binaries().join("gateway"));
    let ended = command.args(arguments).arg("--config").arg(network.gateway_config()).output().expect("it runs");
    (ended.status.code().expect("it ends by itself"), String::from_utf8(ended.stdout).expect("UTF-8"))
}

async fn tamper(database: &Path, id: &str) {
    let database = open(database).await;
    let changed = sqlx::query(
        "UPDATE exchanges SET snapshot = json_set(snapshot, '$.state', 'TAMPERED') WHERE correlation_id = ?",
    )
    .bind(id)
    .execute(&database)
    .await
    .expect("changed");
    assert_eq!(changed.rows_affected(), 1);
    database.close().await;
}
