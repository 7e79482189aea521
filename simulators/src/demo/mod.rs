//! The demo: a whole network on one machine, and ten real cases played through it by simulated back offices.
//!
//! Owns the stories, who plays them, and the judgement whether they went as told. Sees the hub from outside: through
//! the client library, the folder adapter, and the operators' port.

mod checks;
mod connected;
mod documents;
mod error;
mod eyes;
mod folder;
mod ledger;
mod narrator;
mod offices;
mod play;
mod stories;
mod story;
mod summary;
mod tracked;

pub use error::DemoError;

use crate::network::{Network, NetworkOptions, Ports};
use documents::Library;
use eyes::{ReceiptsTold, Scene};
use ledger::Ledger;
use offices::{FOLDER_COUNTRY, Offices};
use play::Stage;
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Instant,
};

/// What is said after the first story.
const RECEIPTS_COUNTED: &str = "\
    Every message has signed receipts like these. In the stories that follow they are verified and counted, and shown \
    only where something is refused.";

/// When the demo ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// When the stories are told.
    Once,
    /// When somebody interrupts it (Ctrl-C).
    UntilInterrupted,
}

/// Whether every story went as told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of them did.
    AsTold,
    /// At least one did not.
    NotAsTold,
    /// Somebody interrupted the demo before the last one.
    Interrupted,
}

/// Brings the network up, plays the stories, prints what happens, and takes everything down again.
///
/// # Errors
/// When the network or a back office does not come up.
pub async fn run(options: NetworkOptions, stay: Stay) -> Result<Verdict, DemoError> {
    narrator::heading("IMI Gateway, the demo");
    narrator::paragraph(
        "One hub, and the back offices of thirteen countries and of the European Commission, all on this machine. \
         Authorities ask each other about people and companies, and warn each other, as in real cases of the IMI network; \
         persons and documents are invented. Times are UTC.",
    );
    let told = tokio::select! {
        told = told(options) => told?,
        () = crate::interrupted() => {
            narrator::say("\n   interrupted before the last story was told");
            return Ok(Verdict::Interrupted);
        }
    };
    let (stage, verdict) = told;
    farewell(&stage, verdict, stay);
    if stay == Stay::UntilInterrupted {
        crate::interrupted().await;
        narrator::say("\n   taking everything down …");
    }
    let Stage { network, offices, .. } = stage;
    offices.close().await;
    network.stop().await;
    Ok(verdict)
}

async fn told(options: NetworkOptions) -> Result<(Stage, Verdict), DemoError> {
    let stage = open(options).await?;
    let mut results = Vec::with_capacity(stories::ALL.len());
    for (index, story) in stories::ALL.iter().enumerate() {
        narrator::story(index + 1, stories::ALL.len(), story);
        // Receipts are shown once; from then on they would hide the story.
        let receipts = if index == 0 { ReceiptsTold::Each } else { ReceiptsTold::Failures };
        results.push(stage.play(story, receipts).await);
        if index == 0 {
            narrator::say("");
            narrator::paragraph(RECEIPTS_COUNTED);
        }
    }
    narrator::heading("What happened");
    narrator::say(summary::table(&results).trim_end());
    let as_told = results.iter().all(|result| result.failure.is_none());
    Ok((stage, if as_told { Verdict::AsTold } else { Verdict::NotAsTold }))
}

async fn open(options: NetworkOptions) -> Result<Stage, DemoError> {
    let start = Instant::now();
    // Before anything is started: the network itself does without it.
    options.program("adapter")?;
    narrator::say(&format!("\n   starting broker and gateway in {} …", options.dir.display()));
    let network = Network::start(options).await?;
    let library = Library::open(network.root())?;
    let opening = Scene { state: "", receipts: ReceiptsTold::Each };
    let (ledger, scene) = (Arc::new(Ledger::default()), Arc::new(Mutex::new(opening)));
    let offices = Offices::open(&network, &ledger, &scene).await?;
    narrator::say(&format!("   up after {:.1} s", start.elapsed().as_secs_f64()));
    let Ports { amqps, participants, operators, .. } = network.ports();
    let facts = [
        ("broker", format!("amqps://localhost:{amqps}   nobody enters without a certificate that the hub knows")),
        ("gateway", format!("https://localhost:{participants}   for participants, with the same certificates")),
        ("", format!("http://127.0.0.1:{operators}    for operators")),
        ("back offices", format!("{} through the client library", offices.connected().join(" "))),
        ("", format!("{FOLDER_COUNTRY} through the folder adapter: files in {}", shown(offices.folder()))),
    ];
    narrator::facts(&facts);
    Ok(Stage { network, offices, library, ledger, scene })
}

fn farewell(stage: &Stage, verdict: Verdict, stay: Stay) {
    let network = &stage.network;
    let operators = format!("http://127.0.0.1:{}", network.ports().operators);
    narrator::say(match verdict {
        Verdict::AsTold => "\n   Every story went as told.",
        Verdict::NotAsTold | Verdict::Interrupted => "\n   NOT every story went as told.",
    });
    let track = network.binaries().join("gateway");
    let facts = [
        ("the hub at a glance", format!("{operators}/status")),
        ("where is my message?", format!("{operators}/v1/messages/MESSAGE-ID   with an id from above, or")),
        ("", format!("{} track MESSAGE-ID --config {}", track.display(), network.gateway_config().display())),
        ("Austria's files", shown(stage.offices.folder())),
        ("the gateway's log", network.gateway_log().display().to_string()),
    ];
    narrator::facts(&facts);
    narrator::say(match stay {
        Stay::UntilInterrupted => "\n   Everything stays up until Ctrl-C.",
        Stay::Once => "\n   The network is taken down now; the command track still answers from its records.",
    });
}

fn shown(path: Option<&Path>) -> String {
    path.map(|path| path.display().to_string()).unwrap_or_default()
}
