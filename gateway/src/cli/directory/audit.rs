//! `gateway directory audit`: who changed what, and when.

use super::{Failure, Outcome, StoreOption, json, print, runtime};
use crate::{directory::change::AuditEvent, store};

#[derive(clap::Args)]
pub(in crate::cli) struct Options {
    /// A participant, an authority or a register; without it, the whole directory
    #[arg(value_name = "ID", default_value = "")]
    id: String,
    /// Only so many events, the last ones; 10,000 at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    last: u32,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    store: StoreOption,
}

pub(super) fn execute(options: &Options) -> Outcome {
    let settings = options.store.settings()?;
    let events = runtime()?.block_on(async {
        let store = store::open(&settings).await?;
        let events = store.audit_of(&options.id, options.last).await;
        store.close().await;
        events
    })?;
    if options.json {
        let entries: Vec<_> = events.iter().map(entry).collect::<Result<_, _>>().map_err(failure)?;
        print(&format!("{}\n", json(&entries)?))?;
    } else {
        for event in &events {
            print(&format!("{}\n", text(event).map_err(failure)?))?;
        }
    }
    if events.is_empty() {
        eprintln!("gateway: nothing of the kind was ever changed");
    }
    Ok(!events.is_empty())
}

fn failure(error: serde_json::Error) -> Failure {
    Failure::Other(error.to_string())
}

fn word(event: &AuditEvent) -> &'static str {
    match (&event.change.before, &event.change.after) {
        (None, _) => "new",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "removed",
    }
}

fn entry(event: &AuditEvent) -> Result<serde_json::Value, serde_json::Error> {
    Ok(serde_json::json!({
        "version": event.version,
        "at": event.at,
        "actor": event.actor,
        "reason": event.reason,
        "kind": event.change.key.kind(),
        "id": event.change.key.id(),
        "change": word(event),
        "fields": event.change.fields()?,
    }))
}

fn text(event: &AuditEvent) -> Result<String, serde_json::Error> {
    let reason = event.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let mut text =
        format!("{:>6}  {}  {}  {}: {}{reason}", event.version, event.at, event.actor, event.change.key, word(event));
    if word(event) == "changed" {
        for field in event.change.fields()? {
            text += &format!("\n        {}", field.text());
        }
    }
    Ok(text)
}
