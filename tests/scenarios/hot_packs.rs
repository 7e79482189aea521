//! Packs come, change and go while the hub runs: no restart, no lost message, and a broken one changes nothing.

use crate::support::{RawParticipant, Submission, eventually, options, raw_text, root, trial};
use libtest_mimic::Trial;
use schemas::wire::{Outcome, RejectionCode, SignedReceipt};
use simulators::network::Network;
use std::{fs, path::Path, process::Command, time::Instant};

const ALERT: &str = "cash-in-transit/breach-alert@1";
const NOTIFICATION: &str = "cash-in-transit/licence-notification@1";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("hot_packs::a_pack_never_seen_before_is_dropped_in_and_its_messages_flow", dropped_in)]
}

async fn dropped_in() {
    let (network, packs) = network().await;
    let mut de = RawParticipant::connect(&network, "DE-BACKOFFICE").await.expect("connected");
    let notification = submission(NOTIFICATION, "licence-notification-first");
    let refused = de.refused(&notification).await;
    assert_eq!(code(&refused), Some(RejectionCode::UnknownArea), "nobody knows the area yet");

    // Dropped in: a notification flows, to two authorities, and one comments.
    let dropped = Instant::now();
    copy(&root().join("tests/packs/cash-in-transit"), &packs.join("areas"));
    in_force(&network, |status| status["areas"].as_array().is_some_and(|areas| area(areas).is_some())).await;
    let accepted = de.refused(&again(&notification)).await;
    assert_eq!(accepted.receipt.outcome, Outcome::Accepted, "{:?}", accepted.receipt);
    println!("from the copy to the first accepted message: {:?}", dropped.elapsed());
    let mut pl = RawParticipant::connect(&network, "PL-BACKOFFICE").await.expect("connected");
    let mut comment = submission("cash-in-transit/licence-comment@1", "licence-comment-received");
    comment.user_id = Some("PL-BACKOFFICE".into());
    comment.header("imi-from", raw_text("PL-CIT"));
    comment.to(&[]);
    comment.correlation_id.clone_from(&accepted.receipt.correlation_id);
    assert_eq!(pl.refused(&comment).await.receipt.outcome, Outcome::Accepted);

    // Broken: refused whole with its reason, and the former one still works.
    let file = packs.join("areas/cash-in-transit/area.toml");
    let good = fs::read_to_string(&file).expect("a pack");
    fs::write(&file, good.replace("root = \"BreachAlert\"", "root = \"Breach\"")).expect("written");
    in_force(&network, |status| status["packs_refused"][0].as_str().is_some_and(|reason| reason.contains("Breach")))
        .await;
    assert_eq!(de.refused(&submission(ALERT, "breach-alert-checkpoint")).await.receipt.outcome, Outcome::Accepted);

    // Mended and suspended, then removed.
    fs::write(&file, good.replace("status = \"active\"", "status = \"suspended\"")).expect("written");
    in_force(&network, |status| area(status["areas"].as_array().expect("areas")) == Some("suspended")).await;
    assert_eq!(code(&de.refused(&again(&notification)).await), Some(RejectionCode::AreaSuspended));
    fs::remove_dir_all(packs.join("areas/cash-in-transit")).expect("removed");
    in_force(&network, |status| area(status["areas"].as_array().expect("areas")).is_none()).await;
    assert_eq!(code(&de.refused(&again(&notification)).await), Some(RejectionCode::UnknownArea));
    network.stop().await;
}

/// A network whose packs are a copy that the scenario may change.
async fn network() -> (Network, std::path::PathBuf) {
    let mut options = options("hot-packs");
    let packs = options.dir.join("schemas");
    fs::create_dir_all(&packs).expect("a folder");
    for part in ["areas", "common", "workflows"] {
        copy(&root().join("schemas").join(part), &packs);
    }
    options.directory.push(root().join("tests/packs/directory.toml"));
    options.extra_config = format!("[areas]\npath = {:?}\nwatch_ms = 200\n", packs.display().to_string());
    (Network::start(options).await.unwrap_or_else(|error| panic!("the network: {}", simulators::chain(&error))), packs)
}

fn copy(from: &Path, into: &Path) {
    assert!(Command::new("cp").arg("-r").arg(from).arg(into).status().expect("cp runs").success());
}

fn submission(message_type: &str, sample: &str) -> Submission {
    let body =
        fs::read(root().join(format!("tests/packs/cash-in-transit/1/samples/good/{sample}.xml"))).expect("a sample");
    let mut submission = Submission::new("DE-BACKOFFICE", message_type, "DE-CIT", "PL-CIT", body);
    submission.to(&["PL-CIT", "AT-CIT"]);
    submission
}

/// The same document as another message.
fn again(submission: &Submission) -> Submission {
    Submission {
        message_id: Some(uuid::Uuid::new_v4().to_string()),
        correlation_id: Some(uuid::Uuid::new_v4().to_string()),
        ..submission.clone()
    }
}

fn code(receipt: &SignedReceipt) -> Option<RejectionCode> {
    receipt.receipt.code
}

fn area(areas: &[serde_json::Value]) -> Option<&str> {
    areas.iter().find(|area| area["area"] == "cash-in-transit").and_then(|area| area["status"].as_str())
}

async fn in_force(network: &Network, holds: impl Fn(&serde_json::Value) -> bool) {
    eventually("the changed packs come into force", || async {
        let (_, body) = network.operators_get("/status").await.ok()?;
        let status = serde_json::from_str(&body).ok()?;
        holds(&status).then_some(())
    })
    .await;
}
