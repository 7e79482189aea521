//! Notices: what the hub itself tells the parties of an exchange when a deadline passes.

use super::{AreaId, AuthorityId, ExchangeId, WorkflowId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a notice is about. On the wire the type is `hub/<kind>@1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// To who is awaited: something is due.
    Reminder,
    /// To the coordinators of who is awaited: something is overdue (Regulation (EU) No 1024/2012, Article 14(7)).
    Escalation,
    /// To the parties: nobody answered in time, and the exchange has ended. The hub's own answer.
    TimeOut,
    /// To the parties: the exchange was closed because its time was over.
    Closure,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reminder, Self::Escalation, Self::TimeOut, Self::Closure];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reminder => "reminder",
            Self::Escalation => "escalation",
            Self::TimeOut => "time-out",
            Self::Closure => "closure",
        }
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The body of a notice, in JSON. It names nobody but authorities and quotes no document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The exchange.
    pub exchange: ExchangeId,
    /// Its area.
    pub area: AreaId,
    /// Its procedure.
    pub workflow: WorkflowId,
    /// Where it stands now.
    pub state: String,
    /// The deadline's id, of the area or of the procedure.
    pub deadline: String,
    /// When it passed: RFC 3339, UTC.
    pub due: String,
    /// Who had to meet it.
    pub awaited: Vec<AuthorityId>,
    /// The provision that sets it.
    pub reference: String,
}
