//! Clients on other stacks: Python with pika and Node with amqplib, with a certificate and SASL EXTERNAL.

use crate::support::{root, sample, shared, trial};
use libtest_mimic::Trial;
use serde_json::Value;
use simulators::network::Network;
use std::path::PathBuf;
use tokio::process::Command;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("foreign_clients::python_with_pika_sends_and_node_with_amqplib_reads", python_to_node),
        trial("foreign_clients::node_with_amqplib_sends_and_python_with_pika_reads", node_to_python),
    ]
}

fn python() -> Command {
    let mut command = Command::new("/usr/bin/python3");
    command.arg(root().join("tests/clients/client.py"));
    command
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.arg(root().join("tests/clients/client.js"));
    command.env("NODE_PATH", root().join(".run/clients/node_modules"));
    command
}

/// Lines of JSON that the client prints.
async fn run(mut command: Command, network: &Network, action: &str, words: &[&str]) -> Vec<Value> {
    command.arg(action).arg(network.pki()).arg(network.ports().amqps.to_string()).args(words).kill_on_drop(true);
    let output =
        tokio::time::timeout(crate::support::PATIENCE, command.output()).await.expect("in time").expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

async fn story(sender: Command, [participant, from]: [&str; 2], recipient: Command, [reader, to]: [&str; 2]) {
    let network = shared().await;
    let file: PathBuf = root().join("schemas/areas/imi-pq/1/samples/good/information-request-2kb.xml");
    let sha256 = schemas::wire::content_sha256(&sample("imi-pq", "information-request-2kb"));
    let words = [participant, from, to, "imi-pq/information-request@1", file.to_str().expect("UTF-8")];
    let said = run(sender, &network, "submit", &words).await;
    let id = said[0]["submitted"].as_str().expect("an id").to_owned();
    let outcomes: Vec<&str> =
        said[1..].iter().map(|receipt| receipt["outcome"].as_str().expect("an outcome")).collect();
    assert_eq!(outcomes, ["accepted", "delivered"], "{said:?}");
    assert!(said[1..].iter().all(|receipt| receipt["content_sha256"] == sha256.as_str()), "{said:?}");
    let received = run(recipient, &network, "receive", &[reader, to]).await;
    assert_eq!(received[0]["message_id"], id.as_str());
    assert_eq!(received[0]["sha256"], sha256.as_str(), "the document is untouched");
    assert_eq!(received[0]["user_id"], "IMI-GATEWAY");
    let headers = &received[0]["headers"];
    assert_eq!(
        (&headers["imi-from"], &headers["imi-to"], &headers["imi-sequence"]),
        (&from.into(), &to.into(), &1.into())
    );
    assert_eq!(headers["imi-content-sha256"], sha256.as_str());
    crate::support::eventually("the report of retrieval is recorded", async || {
        crate::support::track(&network, &id).await.filter(|track| track["state"] == "retrieved")
    })
    .await;
}

async fn python_to_node() {
    story(python(), ["CZ-BACKOFFICE", "CZ-MSMT"], node(), ["SE-BACKOFFICE", "SE-SOCIALSTYRELSEN"]).await;
}

async fn node_to_python() {
    story(node(), ["HU-BACKOFFICE", "HU-OKTATASI-HIVATAL"], python(), ["SK-BACKOFFICE", "SK-MSVVS"]).await;
}
