//! Do the records fit together? Every fault of a directory, each with whose it is and what to do.

use super::{
    Authority, AuthorityStatus, CoordinatorKind, Directory, HeldCertificate, Participant, Register,
    change::{Change, Key, Record},
    union_code,
};
use certs::inspect::{Finding, Severity, inspect_pem};
use jiff::Timestamp;
use schemas::wire::AuthorityId;
use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

/// Most certificates of one participant that may be accepted at a time: the one in use and the one that follows it.
const MOST_VALID_CERTIFICATES: usize = 2;

/// Kinds of registers (area `registers`, `RegisterType`).
pub(super) const REGISTER_KINDS: [&str; 6] =
    ["professional", "business", "licence", "supervisory", "insolvency", "other-register"];
/// Who may consult a register (area `registers`, `Access`).
pub(super) const REGISTER_ACCESS: [&str; 4] = ["public-free", "public-fee", "restricted", "on-request"];

/// Something that keeps a record out of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose record it is.
    pub key: Key,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub remedy: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.key, self.reason, self.remedy)
    }
}

impl Directory {
    /// What is wrong with the directory, of which `changes` are new. Certificates are judged as of `now`, and only
    /// where their participant changed: that one expires is no fault of anybody who changes something else.
    pub(super) fn faults(&self, changes: &[Change], now: Timestamp) -> Vec<Fault> {
        let mut faults = Vec::new();
        for change in changes {
            if let Some(Record::Participant(participant)) = &change.after {
                let former = match &change.before {
                    Some(Record::Participant(former)) => former.certificates.as_slice(),
                    Some(Record::Authority(_) | Record::Register(_)) | None => &[],
                };
                self.certificate_faults(participant, former, now, &mut faults);
            }
        }
        for participant in self.participants() {
            if !is_country(&participant.country) {
                let reason = format!("its country {:?} is no code as the Union spells it", participant.country);
                faults.push(fault_of(participant, reason, "write two capital letters, EL for Greece and UK"));
            }
        }
        for authority in self.authorities() {
            let mut say = |reason: String, remedy| faults.push(authority_fault(authority, reason, remedy));
            self.authority_faults(authority, &mut say);
        }
        self.national_coordinators(&mut faults);
        for register in self.registers() {
            self.register_faults(register, &mut faults);
        }
        faults
    }

    fn certificate_faults(
        &self,
        participant: &Participant,
        former: &[HeldCertificate],
        now: Timestamp,
        faults: &mut Vec<Fault>,
    ) {
        let mut say = |reason: String, remedy| faults.push(fault_of(participant, reason, remedy));
        let mut valid = 0;
        for (position, held) in participant.certificates.iter().enumerate() {
            let place = format!("its certificate {}", position + 1);
            let certificate = match inspect_pem(held.pem.as_bytes()) {
                Ok(chain) => match chain.into_iter().next() {
                    Some(certificate) => certificate,
                    None => continue,
                },
                Err(error) => {
                    say(format!("{place} cannot be read: {error}"), "give a certificate in PEM");
                    continue;
                }
            };
            let is_current = held.revoked.is_none() && certificate.not_after >= now;
            valid += usize::from(is_current);
            let is_new = former.iter().all(|known| known.pem != held.pem);
            for finding in certificate.findings(participant.id.as_str(), now) {
                let passes_with_time = matches!(finding, Finding::Expired { .. } | Finding::NotYetValid { .. });
                if is_new && finding.severity() == Severity::Problem && !passes_with_time {
                    say(format!("{place} cannot stand for it: {finding}"), "certs show FILE says more");
                }
            }
            if self.certificate(&certificate.sha256).is_some_and(|known| known.participant != participant.id) {
                say(format!("{place} is another participant's too"), "issue one of its own");
            }
        }
        if valid > MOST_VALID_CERTIFICATES {
            say(
                format!("{valid} of its certificates are valid, and {MOST_VALID_CERTIFICATES} may be at a time"),
                "revoke or remove the oldest",
            );
        }
    }

    fn authority_faults(&self, authority: &Authority, say: &mut impl FnMut(String, &'static str)) {
        if authority.name.values().all(|name| name.trim().is_empty()) {
            say("it has no name".into(), "give at least one under name, by language");
        }
        if !begins_with_country(authority.id.as_str(), &authority.country) {
            say(
                format!("its id does not begin with its country {}", authority.country),
                "an authority's id is COUNTRY-NAME",
            );
        }
        match self.participant(&authority.participant) {
            None => say(
                format!("its participant {} does not exist", authority.participant),
                "add the participant or correct the name",
            ),
            Some(participant) if participant.country != authority.country => say(
                format!("its country is {}, its participant's is {}", authority.country, participant.country),
                "an authority is served by a participant of its own country",
            ),
            Some(_) => {}
        }
        if let Some(region) = authority.regions.iter().find(|region| !is_nuts(region)) {
            say(format!("{region:?} is no NUTS code"), "write a country's code and up to three letters or digits");
        }
        let mut areas = BTreeSet::new();
        for access in &authority.areas {
            if !areas.insert(&access.area) {
                say(format!("the area {} is there twice", access.area), "join the two");
            }
            if access.roles.is_empty() {
                say(format!("it has no role in the area {}", access.area), "name at least one");
            }
        }
        self.mailbox_faults(authority, say);
        self.coordinator_faults(authority, say);
    }

    fn mailbox_faults(&self, authority: &Authority, say: &mut impl FnMut(String, &'static str)) {
        for (what, other) in [("liaison", &authority.liaison), ("mailbox", &authority.mailbox)] {
            let Some(id) = other else { continue };
            match self.authority(id) {
                None => say(format!("its {what} {id} does not exist"), "add that authority or correct the name"),
                Some(other) if other.participant != authority.participant => say(
                    format!("its {what} {id} is served by another participant"),
                    "mailboxes are shared within one participant only",
                ),
                Some(other) if other.mailbox() != id => say(
                    format!("its {what} {id} itself receives in the mailbox of {}", other.mailbox()),
                    "name the authority that has the mailbox",
                ),
                Some(_) => {}
            }
        }
    }

    fn coordinator_faults(&self, authority: &Authority, say: &mut impl FnMut(String, &'static str)) {
        let functions =
            [("validating", &authority.coordinators.validating), ("access", &authority.coordinators.access)];
        for (function, id) in functions {
            let Some(id) = id else { continue };
            let coordinator = self.authority(id);
            let has_function = coordinator.and_then(|other| other.coordinator.as_ref()).is_some_and(|coordinator| {
                if function == "validating" { coordinator.validating } else { coordinator.access }
            });
            match coordinator {
                None => say(format!("its {function} coordinator {id} does not exist"), "add it or correct the name"),
                Some(other) if other.country != authority.country => say(
                    format!("its {function} coordinator {id} is of another country"),
                    "a coordinator is of the same country (Regulation (EU) No 1024/2012, Article 6)",
                ),
                Some(_) if !has_function => say(
                    format!("{id} has no {function} function"),
                    "set it under coordinator in that authority's record",
                ),
                Some(_) => {}
            }
        }
        if let Some(own) = &authority.coordinator
            && own.kind == CoordinatorKind::Limic
            && own.areas.is_empty()
        {
            say("it coordinates a legislative area, and none is named".into(), "name it under coordinator.areas");
        }
    }

    /// Exactly one national coordinator per state (domain, A031): more than one is a fault, none may be on the way.
    fn national_coordinators(&self, faults: &mut Vec<Fault>) {
        let mut seen: HashMap<&str, &AuthorityId> = HashMap::new();
        for authority in self.authorities() {
            let is_national = authority.coordinator.as_ref().is_some_and(|own| own.kind == CoordinatorKind::Nimic);
            if !is_national || authority.status == AuthorityStatus::Withdrawn {
                continue;
            }
            if let Some(other) = seen.insert(&authority.country, &authority.id) {
                faults.push(authority_fault(
                    authority,
                    format!("{other} is the national coordinator of {} already", authority.country),
                    "a state has one: make the other a dimic, or withdraw it",
                ));
            }
        }
    }

    fn register_faults(&self, register: &Register, faults: &mut Vec<Fault>) {
        let mut say = |reason: String, remedy| {
            faults.push(Fault { key: Key::Register(register.id.clone()), reason, remedy });
        };
        if !begins_with_country(&register.id, &register.country) || !register.id.contains("-REG-") {
            say("its id is not COUNTRY-REG-NUMBER".into(), "e.g. EL-REG-000123");
        }
        match self.authority(&register.authority) {
            None => say(format!("its authority {} does not exist", register.authority), "add it or correct the name"),
            Some(authority) if authority.country != register.country => say(
                format!("its authority {} is of another country", register.authority),
                "a register is kept by an authority of its country",
            ),
            Some(_) => {}
        }
        if register.name.is_empty() {
            say("it has no name".into(), "give at least one under name, by language");
        }
        for (what, value, known) in
            [("kind", &register.kind, REGISTER_KINDS.as_slice()), ("access", &register.access, &REGISTER_ACCESS)]
        {
            if !known.contains(&value.as_str()) {
                say(format!("its {what} {value:?} is none of {}", known.join(", ")), "choose one of them");
            }
        }
    }
}

fn fault_of(participant: &Participant, reason: String, remedy: &'static str) -> Fault {
    Fault { key: Key::Participant(participant.id.clone()), reason, remedy }
}

fn authority_fault(authority: &Authority, reason: String, remedy: &'static str) -> Fault {
    Fault { key: Key::Authority(authority.id.clone()), reason, remedy }
}

pub(super) fn is_country(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) && union_code(code) == code
}

fn begins_with_country(id: &str, country: &str) -> bool {
    let prefix = id.split('-').next().unwrap_or_default();
    union_code(prefix) == union_code(country)
}

pub(super) fn is_nuts(code: &str) -> bool {
    (2..=5).contains(&code.len())
        && code.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && code.bytes().skip(2).all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
