//! Independent witnesses of the IMI Gateway: the network in a box, the demo, load, and a back office to test against.
//!
//! Everything here sees the gateway from outside, as a national system or an operator does. It never imports it.

pub mod backoffice;
pub mod demo;
pub mod directory;
pub mod load;
pub mod network;
pub mod world;

use tokio::signal::unix::{SignalKind, signal};

/// An error with everything that caused it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Returns when somebody asks this process to end: Ctrl-C, or SIGTERM.
pub(crate) async fn interrupted() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => terminated.recv().await,
            // Without the signal's handler Ctrl-C alone remains.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => (),
        _ = terminated => (),
    }
}
