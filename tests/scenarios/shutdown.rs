//! A gateway that is asked to end finishes what is in hand, exits well, and its successor goes on.

use crate::support::{Traffic, network, trial};
use libtest_mimic::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("shutdown::a_gateway_asked_to_end_drains_and_its_successor_goes_on", drain)]
}

async fn drain() {
    let mut network = network("shutdown").await;
    let traffic = Traffic::start(&network).await;
    let sending = traffic.submit(600);
    traffic.wait_received(100).await;
    let status = network.terminate_gateway().await.expect("it ended by itself");
    assert!(status.success(), "{status}");
    network.start_gateway().await.expect("started again");
    network.wait_ready().await.expect("ready again");
    let submitted = sending.await.expect("submitted");
    traffic.assert_conserved(&network, &submitted).await;
    assert_eq!(traffic.repeated(), 0, "what was in hand was finished, so nothing came twice");
    traffic.stop().await;
    network.stop().await;
}
