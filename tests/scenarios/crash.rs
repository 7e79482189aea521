//! A gateway that dies at any point loses nothing: every confirmed message ends in exactly one end state.

use crate::support::{Traffic, eventually, network, options, trial};
use libtest_mimic::Trial;
use simulators::network::Network;
use std::{fs, path::Path};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("crash::an_abort_after_every_step_of_the_pipeline_loses_nothing", every_step),
        trial("crash::repeated_kills_under_load_lose_nothing", random_kills),
    ]
}

const STEPS: [&str; 7] = ["receive", "inspect", "record", "deliver", "settle", "answer", "acknowledge"];

/// Orders the abort, or takes the order back.
fn order(config: &Path, step: Option<&str>) {
    let text = fs::read_to_string(config).expect("the gateway's configuration");
    let kept = text.split("\n[faults]").next().expect("the part before");
    let ordered = step.map(|step| format!("\n[faults]\nabort_after = {step:?}\n")).unwrap_or_default();
    fs::write(config, format!("{kept}{ordered}")).expect("written");
}

async fn every_step() {
    let mut network = network("crash-steps").await;
    let traffic = Traffic::start(&network).await;
    let mut submitted = Vec::new();
    for step in STEPS {
        network.kill_gateway();
        order(network.gateway_config(), Some(step));
        network.start_gateway().await.expect("started");
        let sending = traffic.submit(30);
        eventually(&format!("the gateway aborts after {step}"), async || network.gateway_has_ended().then_some(()))
            .await;
        order(network.gateway_config(), None);
        network.start_gateway().await.expect("started again");
        network.wait_ready().await.expect("ready again");
        submitted.extend(sending.await.expect("submitted"));
        traffic.wait_received(submitted.len() - 1).await;
    }
    traffic.assert_conserved(&network, &submitted).await;
    assert!(traffic.repeated() > 0, "an abort between delivery and its record shows as a repetition with the same id");
    traffic.stop().await;
    network.stop().await;
}

async fn random_kills() {
    const MESSAGES: usize = 1_500;
    const KILLS: usize = 6;
    let mut network = network("crash-load").await;
    let traffic = Traffic::start(&network).await;
    let sending = traffic.submit(MESSAGES);
    for kill in 1..=KILLS {
        traffic.wait_received(kill * MESSAGES / (KILLS + 2)).await;
        network.kill_gateway();
        network.start_gateway().await.expect("started again");
        network.wait_ready().await.expect("ready again");
    }
    let submitted = sending.await.expect("submitted");
    traffic.assert_conserved(&network, &submitted).await;
    traffic.stop().await;
    network.stop().await;
}

/// The same on PostgreSQL is part of the store's conformance.
pub(crate) async fn survives_kills(name: &str, store: simulators::network::StoreChoice) {
    let mut options = options(name);
    options.store = store;
    let mut network = Network::start(options).await.expect("a network");
    let traffic = Traffic::start(&network).await;
    let sending = traffic.submit(300);
    traffic.wait_received(100).await;
    network.kill_gateway();
    network.start_gateway().await.expect("started again");
    network.wait_ready().await.expect("ready again");
    let submitted = sending.await.expect("submitted");
    traffic.assert_conserved(&network, &submitted).await;
    traffic.stop().await;
    network.stop().await;
}
