//! `gateway directory suspend`, `resume`, `withdraw`, `certificate`, `grant`, `deny`: one record changes.

use super::{
    Failure, Outcome, StoreOption,
    actor::{ActorOption, line},
    change::{Author, Mode, Refusal, change},
    print,
    report::report,
};
use crate::directory::{
    Directory, Revocation,
    change::Record,
    edit::{EditError, Standing},
    files::{self, Kind},
};
use jiff::{Timestamp, tz::TimeZone};
use schemas::{
    area::Role,
    wire::{AreaId, AuthorityId, ParticipantId},
};
use std::path::PathBuf;

/// What every change of one record may be told.
#[derive(clap::Args)]
pub(in crate::cli) struct Common {
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT", value_parser = line)]
    reason: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    actor: ActorOption,
    #[command(flatten)]
    store: StoreOption,
}

#[derive(clap::Args)]
pub(in crate::cli) struct StandingOptions {
    /// A participant or an authority
    #[arg(value_name = "ID")]
    id: String,
    /// Which of the two, where both have the id: participant or authority
    #[arg(long)]
    kind: Option<Kind>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Subcommand)]
pub(in crate::cli) enum CertificateCommand {
    /// Adds the certificate of a PEM file; two may be valid at once, so that one can follow the other
    Add {
        /// The participant
        #[arg(value_name = "PARTICIPANT")]
        participant: ParticipantId,
        /// The certificate in PEM
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Revokes a certificate: who holds it cannot connect with it any more
    #[command(mut_arg("reason", |reason| reason.required(true)))]
    Revoke(CertificateOptions),
    /// Removes a certificate from the record, as if it had never been there; the audit trail keeps it
    Remove(CertificateOptions),
}

#[derive(clap::Args)]
pub(in crate::cli) struct CertificateOptions {
    /// The participant
    #[arg(value_name = "PARTICIPANT")]
    participant: ParticipantId,
    /// SHA-256 of the certificate (or its first 8 digits or more), or its serial number, hexadecimal
    #[arg(value_name = "CERTIFICATE")]
    certificate: String,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
pub(in crate::cli) struct GrantOptions {
    /// The authority
    #[arg(value_name = "AUTHORITY")]
    authority: AuthorityId,
    /// The area, e.g. imi-pq
    #[arg(value_name = "AREA")]
    area: AreaId,
    /// What it does there, e.g. requester,responder
    #[arg(value_name = "ROLES", required = true, value_delimiter = ',', value_parser = role)]
    roles: Vec<Role>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
pub(in crate::cli) struct DenyOptions {
    /// The authority
    #[arg(value_name = "AUTHORITY")]
    authority: AuthorityId,
    /// The area, e.g. imi-pq
    #[arg(value_name = "AREA")]
    area: AreaId,
    #[command(flatten)]
    common: Common,
}

fn role(text: &str) -> Result<Role, String> {
    serde_json::from_value(text.into()).map_err(|_| "requester, responder or coordinator".into())
}

pub(super) fn stand(options: &StandingOptions, standing: Standing) -> Outcome {
    edit(&options.common, |directory, _| {
        let participant = options.id.parse().ok().filter(|id| directory.participant(id).is_some());
        let authority = options.id.parse().ok().filter(|id| directory.authority(id).is_some());
        match (options.kind, participant, authority) {
            (None | Some(Kind::Participant), Some(id), None) | (Some(Kind::Participant), Some(id), Some(_)) => {
                Ok(directory.participant_in(&id, standing)?)
            }
            (None | Some(Kind::Authority), None, Some(id)) | (Some(Kind::Authority), Some(_), Some(id)) => {
                Ok(directory.authority_in(&id, standing)?)
            }
            (None, Some(_), Some(_)) => {
                let problem =
                    format!("{0} is a participant and an authority; say --kind participant or authority", options.id);
                Err(Failure::Other(problem).into())
            }
            _ => Err(EditError::Unknown(format!("participant or authority {}", options.id)).into()),
        }
    })
}

pub(super) fn certificate(command: &CertificateCommand) -> Outcome {
    match command {
        CertificateCommand::Add { participant, file, common } => {
            let pem = files::read_pem(file).map_err(Failure::Other)?;
            edit(common, |directory, _| Ok(directory.with_certificate(participant, &pem)?))
        }
        CertificateCommand::Revoke(CertificateOptions { participant, certificate, common }) => {
            let reason = common.reason.clone().unwrap_or_default();
            edit(common, |directory, now| {
                Ok(directory.with_revoked(participant, certificate, Revocation::new(now, reason.clone()))?)
            })
        }
        CertificateCommand::Remove(CertificateOptions { participant, certificate, common }) => {
            edit(common, |directory, _| Ok(directory.without_certificate(participant, certificate)?))
        }
    }
}

pub(super) fn grant(options: &GrantOptions) -> Outcome {
    edit(&options.common, |directory, now| {
        let today = now.to_zoned(TimeZone::UTC).date();
        Ok(directory.with_area(&options.authority, &options.area, &options.roles, today)?)
    })
}

pub(super) fn deny(options: &DenyOptions) -> Outcome {
    edit(&options.common, |directory, _| Ok(directory.without_area(&options.authority, &options.area)?))
}

fn edit(common: &Common, decide: impl Fn(&Directory, Timestamp) -> Result<Record, Refusal>) -> Outcome {
    let author = Author { actor: common.actor.name(), reason: common.reason.clone() };
    let done = change(&common.store, author, Mode::Record, |directory, now| {
        Ok(directory.plan(vec![decide(directory, now)?], now)?.1)
    })?;
    print(&format!("{}\n", report(&done, 1, false, common.json.into())?))?;
    Ok(true)
}
