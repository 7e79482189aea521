//! A broker that restarts under load: gateway and clients find back by themselves, and nothing is lost.

use crate::support::{Traffic, network, trial};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("broker_restart::gateway_and_clients_reconnect_and_nothing_is_lost", restart)]
}

async fn restart() {
    const MESSAGES: usize = 1_200;
    let mut network = network("broker-restart").await;
    let traffic = Traffic::start(&network).await;
    let sending = traffic.submit(MESSAGES);
    for restart in 1..=2 {
        traffic.wait_received(restart * MESSAGES / 4).await;
        network.restart_broker().await.expect("the broker comes back");
    }
    let submitted = sending.await.expect("submitted");
    traffic.assert_conserved(&network, &submitted).await;
    traffic.stop().await;
    network.stop().await;
}
