//! The world of the annual report of 2010: 5,737 authorities of thirty countries, brought in, counted, found, written to.

use crate::support::{RawParticipant, Submission, binaries, eventually, folder, options, sample, trial};
use lapin::{
    Confirmation,
    options::{BasicAckOptions, BasicGetOptions},
};
use libtest_mimic::Trial;
use serde_json::Value;
use simulators::network::Network;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    process::Command,
    time::{Duration, Instant},
};

/// Figure 2 of the annual report: authorities registered for professional qualifications only, for services only, for
/// both, and in all.
const FIGURE_2: &str = "\
AT 4 46 6 56
BE 6 63 14 83
BG 3 9 4 16
CY 6 72 12 90
CZ 4 280 7 291
DE 184 1455 152 1791
DK 9 7 14 30
EE 3 16 5 24
ES 17 757 68 842
FI 3 11 2 16
FR 8 185 94 287
GR 65 119 5 189
HU 4 56 8 68
IE 9 10 9 28
IS 7 1 1 9
IT 1 2 27 30
LI 1 0 6 7
LT 2 67 5 74
LU 2 1 3 6
LV 7 36 4 47
MT 8 23 6 37
NL 5 536 3 544
NO 5 9 3 17
PL 76 346 34 456
PT 8 134 7 149
RO 11 28 4 43
SE 3 35 3 41
SI 3 7 5 15
SK 5 15 1 21
UK 19 408 3 430";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("world::its_authorities_are_counted_as_figure_2_prints_them", counted),
        trial("world::every_one_of_its_authorities_has_a_mailbox_and_gets_its_message", written_to),
    ]
}

/// Runs one of the project's programs; its output.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(binaries().join(program))
        .args(arguments)
        .current_dir(crate::support::root())
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {said}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("text")
}

async fn counted() {
    let dir = folder("world-counted");
    let (file, database) = (dir.join("world.json"), format!("sqlite:{}", dir.join("world.db").display()));
    let file = file.display().to_string();
    run("simulator", &["world", "--out", &file]);
    let began = Instant::now();
    run("gateway", &["directory", "import", "--database", &database, &file]);
    println!("imported in {:?}", began.elapsed());
    let figures: Value =
        serde_json::from_str(&run("gateway", &["stats", "authorities", "--database", &database, "--json"]))
            .expect("JSON");
    let row = |row: &Value| {
        let number = |name: &str| row[name].as_u64().expect("a number");
        let numbers = ["pq_only", "services_only", "both", "total"].map(|name| number(name).to_string());
        format!("{} {}", row["country"].as_str().expect("a country"), numbers.join(" "))
    };
    let rows: Vec<String> = figures["rows"].as_array().expect("rows").iter().map(row).collect();
    assert_eq!(rows, FIGURE_2.lines().collect::<Vec<_>>());
    let again = run("gateway", &["directory", "import", "--database", &database, "--json", &file]);
    let again: Value = serde_json::from_str(&again).expect("JSON");
    assert_eq!(
        (&again["new"], &again["changed"]),
        (&0.into(), &0.into()),
        "what is there already is no change: {again}"
    );
}

async fn written_to() {
    let network = network_of_participants().await;
    let file = network.dir().join("world.json").display().to_string();
    let certificates = network.pki().join("participants").display().to_string();
    run("simulator", &["world", "--out", &file, "--certificates", &certificates]);
    let world: Value = serde_json::from_str(&std::fs::read_to_string(&file).expect("written")).expect("JSON");
    let authorities = world["authority"].as_array().expect("authorities");
    assert_eq!(authorities.len(), 5_737);

    // Into a hub that runs: every mailbox appears by itself.
    let began = Instant::now();
    let config = network.gateway_config().display().to_string();
    run("gateway", &["directory", "import", "--config", &config, &file]);
    println!("imported beside a running hub in {:?}", began.elapsed());
    let mailboxes: BTreeSet<String> = authorities.iter().map(mailbox).collect();
    eventually("every mailbox exists", || async {
        let (_, body) = network.operators_get("/status").await.ok()?;
        let status: Value = serde_json::from_str(&body).ok()?;
        let there: BTreeSet<&str> =
            status["queues"].as_array()?.iter().filter_map(|queue| queue["name"].as_str()).collect();
        mailboxes.iter().all(|mailbox| there.contains(format!("mailbox.{mailbox}").as_str())).then_some(())
    })
    .await;
    println!("{} mailboxes after {:?}", mailboxes.len(), began.elapsed());

    let began = Instant::now();
    let sent = send_to_each(&network, authorities).await;
    receive(&network, authorities, sent).await;
    println!("one message to each of {} and read again in {:?}", authorities.len(), began.elapsed());
    search(&network).await;
    let (_, figures) = network.operators_get("/v1/statistics/authorities").await.expect("an answer");
    let figures: Value = serde_json::from_str(&figures).expect("JSON");
    assert_eq!((figures["rows"].as_array().map(Vec::len), &figures["total"]["total"]), (Some(30), &5_737.into()));
    let (_, gaps) = network.operators_get("/v1/statistics/professions").await.expect("an answer");
    let gaps: Value = serde_json::from_str(&gaps).expect("JSON");
    let slovakia = gaps["rows"].as_array().and_then(|rows| rows.iter().find(|row| row["country"] == "SK"));
    assert_eq!(slovakia.map(|row| &row["count"]), Some(&24.into()), "Figure 4 of the annual report");
    network.stop().await;
}

/// Thirty national systems with their certificates, and nobody behind them yet.
async fn network_of_participants() -> Network {
    let mut options = options("world");
    let mut directory = String::new();
    for line in FIGURE_2.lines() {
        let country = if &line[..2] == "GR" { "EL" } else { &line[..2] };
        let id = format!("{country}-BACKOFFICE");
        write!(
            directory,
            "[[participant]]\nid = {id:?}\ncountry = {country:?}\nname = {id:?}\ncertificates = [\"{id}.pem\"]\n"
        )
        .expect("a string takes everything");
    }
    let file = options.dir.join("participants.toml");
    std::fs::write(&file, directory).expect("written");
    options.directory = vec![file];
    Network::start(options).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error)))
}

fn text<'a>(authority: &'a Value, key: &str) -> &'a str {
    authority[key].as_str().expect("a text")
}

fn mailbox(authority: &Value) -> String {
    let other = authority["mailbox"].as_str().or_else(|| authority["liaison"].as_str());
    other.unwrap_or_else(|| text(authority, "id")).to_owned()
}

fn roles(authority: &Value, area: &str) -> Vec<String> {
    let access = authority["areas"].as_array().and_then(|areas| areas.iter().find(|access| access["area"] == area));
    let roles = access.and_then(|access| access["roles"].as_array());
    roles.into_iter().flatten().filter_map(|role| role.as_str().map(str::to_owned)).collect()
}

/// One request to each authority, from one of another country that acts in the same area. Returns the area of each.
async fn send_to_each(network: &Network, authorities: &[Value]) -> usize {
    let mut participants: BTreeMap<String, RawParticipant> = BTreeMap::new();
    let requests = [("imi-pq", sample("imi-pq", "information-request-2kb")), ("imi-services", services_request())];
    let mut sent = 0;
    for authority in authorities {
        let (area, body) = requests
            .iter()
            .find(|(area, _)| roles(authority, area).iter().any(|role| role == "responder"))
            .unwrap_or_else(|| panic!("{} answers in no area", text(authority, "id")));
        let sender = authorities
            .iter()
            .find(|other| {
                other["country"] != authority["country"] && roles(other, area).iter().any(|role| role == "requester")
            })
            .expect("somebody of another country asks");
        let system = text(sender, "participant");
        if !participants.contains_key(system) {
            let connected = RawParticipant::connect(network, system).await.expect("connected");
            participants.insert(system.to_owned(), connected);
        }
        let kind = format!("{area}/information-request@1");
        let request = Submission::new(system, &kind, text(sender, "id"), text(authority, "id"), body.clone());
        let confirmed = participants[system].publish(&request).await.expect("published");
        assert_eq!(confirmed, Confirmation::Ack(None));
        sent += 1;
    }
    sent
}

fn services_request() -> Vec<u8> {
    let folder = crate::support::root().join("schemas/areas/imi-services/1/samples/good");
    let name = std::fs::read_dir(&folder)
        .expect("samples")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("information-request-"))
        .find(|name| std::fs::read_to_string(folder.join(name)).expect("read").contains("<InformationRequest "))
        .expect("a request");
    std::fs::read(folder.join(name)).expect("read")
}

/// Reads every mailbox until each authority has got its message, and each just one.
async fn receive(network: &Network, authorities: &[Value], sent: usize) {
    eventually("everything is delivered", || async {
        let (_, body) = network.operators_get("/status").await.ok()?;
        let status: Value = serde_json::from_str(&body).ok()?;
        let messages = &status["messages"];
        assert_eq!(messages["rejected"], 0, "{messages}");
        (messages["delivered"].as_u64() == u64::try_from(sent).ok()).then_some(())
    })
    .await;
    let mut systems: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for authority in authorities {
        systems.entry(text(authority, "participant")).or_default().insert(mailbox(authority));
    }
    let mut reached: BTreeSet<String> = BTreeSet::new();
    for (system, mailboxes) in systems {
        let participant = RawParticipant::connect(network, system).await.expect("connected");
        for mailbox in mailboxes {
            let queue = format!("mailbox.{mailbox}");
            while let Some(message) = participant
                .channel
                .basic_get(queue.as_str().into(), BasicGetOptions::default())
                .await
                .expect("its own mailbox")
            {
                let headers = message.delivery.properties.headers().as_ref().expect("headers").inner().clone();
                let to = headers.get("imi-to").and_then(|to| to.as_long_string()).expect("imi-to").to_string();
                assert!(reached.insert(to.clone()), "{to} got two");
                message.delivery.acker.ack(BasicAckOptions::default()).await.expect("acknowledged");
            }
        }
    }
    let expected: BTreeSet<String> = authorities.iter().map(|authority| text(authority, "id").to_owned()).collect();
    assert_eq!(reached, expected);
}

/// Searches as people do, over HTTP; what it took is printed, not judged.
async fn search(network: &Network) {
    let mut took: Vec<Duration> = Vec::new();
    for query in [
        "q=arzt",
        "q=dimos",
        "q=obshtina&country=BG",
        "profession=doctor&lang=de",
        "area=imi-pq&country=DE&limit=200",
        "q=ministerstwo",
    ]
    .iter()
    .cycle()
    .take(300)
    {
        let began = Instant::now();
        let (status, body) = network.operators_get(&format!("/v1/authorities?{query}")).await.expect("an answer");
        took.push(began.elapsed());
        let found: Value = serde_json::from_str(&body).expect("JSON");
        assert!(status == 200 && found["total"].as_u64().is_some_and(|total| total > 0), "{query}: {body:.300}");
    }
    took.sort_unstable();
    println!("300 searches: p50 {:?}, p95 {:?}, p99 {:?}", took[150], took[285], took[297]);
}
