//! Scenarios: promises of the whole network, each in a file of its own, against a real broker and real stores.
//!
//! Scenarios that leave the network as they found it share one; those that break things build their own.

mod area_deadlines;
mod broadcast_search;
mod broker_restart;
mod crash;
mod demo;
mod directory_files;
mod directory_search;
mod folder_adapter;
mod foreign_clients;
mod foreign_schemas;
mod hot_packs;
mod isolation;
mod matrix;
mod need_to_know;
mod parity;
mod refusals;
mod registration;
mod replay;
mod sessions;
mod shutdown;
mod spellings;
mod store_conformance;
mod store_exchanges;
mod support;
mod tidy;
mod transitions;
mod two_hubs;
mod workflow_support;
mod world;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials: Vec<Trial> = [
        broadcast_search::trials(),
        area_deadlines::trials(),
        broker_restart::trials(),
        crash::trials(),
        demo::trials(),
        directory_files::trials(),
        directory_search::trials(),
        folder_adapter::trials(),
        foreign_clients::trials(),
        foreign_schemas::trials(),
        hot_packs::trials(),
        isolation::trials(),
        matrix::trials(),
        need_to_know::trials(),
        parity::trials(),
        refusals::trials(),
        registration::trials(),
        replay::trials(),
        sessions::trials(),
        shutdown::trials(),
        spellings::trials(),
        store_conformance::trials(),
        tidy::trials(),
        transitions::trials(),
        two_hubs::trials(),
        world::trials(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    support::stop_shared();
    conclusion.exit_code()
}
