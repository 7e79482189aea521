//! The command `adapter`: runs and checks adapters. Owns arguments, logs, signals and exit codes; everything else is
//! the library's.

use adapters::folder::{self, RunError, Settings};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Exit code of a negative verdict.
const NEGATIVE: u8 = 1;
/// Exit code of a bad configuration.
const BAD_CONFIGURATION: u8 = 64;

/// Adapters of the IMI Gateway: they connect a national system without programming.
///
/// Exit codes: 0 done, 1 a check found a problem or the adapter failed, 2 wrong use, 64 bad configuration.
#[derive(Parser)]
#[command(name = "adapter", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run an adapter until it gets SIGTERM or SIGINT
    Run(Configured),
    /// Check configuration, certificate, folders and connection of an adapter
    Check(Check),
}

#[derive(Args)]
struct Configured {
    /// The adapter's configuration, see config/adapter-folder.toml
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Args)]
struct Check {
    #[command(flatten)]
    configured: Configured,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(configured) => match Settings::read(&configured.config) {
            Ok(settings) => run(settings).await,
            Err(error) => refuse(&error),
        },
        Command::Check(arguments) => match Settings::read(&arguments.configured.config) {
            Ok(settings) => check(&settings, arguments.json).await,
            Err(error) => refuse(&error),
        },
    }
}

fn refuse(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("adapter: {error}");
    ExitCode::from(BAD_CONFIGURATION)
}

async fn run(settings: Settings) -> ExitCode {
    start_logs(&settings);
    let stop = CancellationToken::new();
    if let Err(error) = stop_on_signals(stop.clone()) {
        eprintln!("adapter: signals cannot be received: {error}");
        return ExitCode::from(NEGATIVE);
    }
    match folder::run(settings, stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ (RunError::Folders { .. } | RunError::Client(_))) => refuse(&error),
    }
}

async fn check(settings: &Settings, json: bool) -> ExitCode {
    let checks = folder::check(settings).await;
    if json {
        println!("{}", serde_json::json!(checks));
    } else {
        for check in &checks {
            println!("{:<8} {:<12} {}", if check.good { "good" } else { "PROBLEM" }, check.subject, check.text);
        }
    }
    if checks.iter().all(|check| check.good) { ExitCode::SUCCESS } else { ExitCode::from(NEGATIVE) }
}

/// Logs go to stderr. The broker's library is never heard: it logs whole messages when they come back unroutable.
fn start_logs(settings: &Settings) {
    let filter = EnvFilter::new(format!("{},lapin=off", settings.log_level));
    let logs = tracing_subscriber::fmt().with_writer(std::io::stderr).with_env_filter(filter);
    if settings.json_logs { logs.json().init() } else { logs.with_ansi(false).init() }
}

fn stop_on_signals(stop: CancellationToken) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(())
}
