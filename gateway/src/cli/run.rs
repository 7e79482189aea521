//! `gateway run` and `gateway check`.

use super::{ConfigOption, Failure, Outcome, runtime};
use crate::{
    config::{ConfigError, Log, LogFormat},
    hub,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

pub(super) fn run(option: &ConfigOption) -> Outcome {
    let config = option.load()?;
    start_log(&config.log)?;
    report_panics();
    let shutdown = CancellationToken::new();
    runtime()?.block_on(async {
        tokio::spawn(ask_to_stop(shutdown.clone()));
        hub::run(config, shutdown).await
    })?;
    Ok(true)
}

pub(super) fn check(option: &ConfigOption) -> Outcome {
    let config = option.load()?;
    let checked = hub::check(&config)?;
    let count = |kind| checked.seed.iter().filter(|record| record.key().kind() == kind).count();
    println!(
        "{}: good ({} areas, {} participants, {} authorities)",
        option.config.display(),
        checked.packs.now().areas.iter().count(),
        count("participant"),
        count("authority")
    );
    Ok(true)
}

async fn ask_to_stop(shutdown: CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be listened for: stop the hub with SIGKILL, nothing is lost by it");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: finishing what is in hand");
    shutdown.cancel();
}

/// A panic is logged by its place alone: its message may quote a document.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
}

fn start_log(settings: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::builder().parse(&settings.level).map_err(|error| {
        ConfigError::new("log.level", error.to_string(), "error, warn, info, debug, trace, or a filter")
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).init(),
        LogFormat::Text => lines.with_ansi(false).init(),
    }
    Ok(())
}
