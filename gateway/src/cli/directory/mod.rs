//! `gateway directory`: the directory in the store, of a hub that runs or of one that does not.
//!
//! Every change is an event of the audit trail, with who asked for it. A running hub brings it in by itself.

mod actor;
mod audit;
mod change;
mod edit;
mod export;
mod import;
mod report;
mod search;

use super::{Failure, Outcome, StoreOption, json, print, runtime};
use crate::directory::edit::Standing;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Finds authorities, or national registers, by words, competence, territory and more
    Search(Box<search::Options>),
    /// Brings the records of files in: all of them, or none and every error with its place
    #[command(long_about = import::HELP)]
    Import(import::Options),
    /// Writes the directory as a file that import takes
    Export(export::Options),
    /// Shows the records of an id
    Show(export::ShowOptions),
    /// Keeps a participant or an authority from taking part, for now; sessions of a participant are closed
    #[command(mut_arg("reason", |reason| reason.required(true)))]
    Suspend(edit::StandingOptions),
    /// Has a suspended participant or authority take part again
    Resume(edit::StandingOptions),
    /// Ends the part of a participant or an authority for good; its record stays
    Withdraw(edit::StandingOptions),
    /// Adds, revokes and removes certificates of participants
    Certificate {
        #[command(subcommand)]
        command: edit::CertificateCommand,
    },
    /// Gives an authority roles in an area, in place of those that it has there
    Grant(edit::GrantOptions),
    /// Takes an area from an authority, or refuses its request for it
    Deny(edit::DenyOptions),
    /// Tells what was changed: who, when, before and after
    Audit(audit::Options),
}

pub(super) fn execute(command: &Command) -> Outcome {
    match command {
        Command::Search(options) => search::search(options),
        Command::Import(options) => import::execute(options),
        Command::Export(options) => export::export(options),
        Command::Show(options) => export::show(options),
        Command::Suspend(options) => edit::stand(options, Standing::Suspended),
        Command::Resume(options) => edit::stand(options, Standing::Active),
        Command::Withdraw(options) => edit::stand(options, Standing::Withdrawn),
        Command::Certificate { command } => edit::certificate(command),
        Command::Grant(options) => edit::grant(options),
        Command::Deny(options) => edit::deny(options),
        Command::Audit(options) => audit::execute(options),
    }
}
