//! A record of a file as a record of the directory: every field on its own, so that every fault of it is told.

use super::{
    Kind,
    certificates::{self, Folder},
    node::{Misfit, Node, Position, Value},
};
use crate::directory::{Authority, Participant, Register, change::Record};
use serde::de::DeserializeOwned;

/// Something wrong with one record.
pub(super) struct Said {
    pub(super) at: Position,
    /// The field, e.g. `areas[0].roles`; empty for the record as a whole.
    pub(super) field: String,
    pub(super) reason: String,
    pub(super) remedy: String,
}

impl Said {
    pub(super) fn new(
        at: Position,
        field: impl Into<String>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { at, field: field.into(), reason: reason.into(), remedy: remedy.into() }
    }
}

/// Reads one record; beside it, what to call it.
pub(super) fn read(kind: Kind, node: &Node, folder: &Folder) -> (String, Result<Record, Vec<Said>>) {
    let id = match node.get("id").map(|id| &id.value) {
        Some(Value::Text(id)) => id.chars().filter(|c| !c.is_control()).take(128).collect(),
        _ => String::new(),
    };
    let of = format!("{} {id}", kind.as_str()).trim_end().to_owned();
    let Value::Table(all) = &node.value else {
        return (of, Err(vec![Said::new(node.at, "", "a record is a table of keys and values", "write it as such")]));
    };
    let mut fields = Fields { at: node.at, all, known: Vec::new(), said: Vec::new() };
    for excess in node.excesses() {
        let field = excess.place();
        fields.said.push(Said::new(excess.at.unwrap_or(node.at), field, excess.what, "shorten or mend it"));
    }
    let record = match kind {
        Kind::Participant => participant(&mut fields, folder).map(Record::Participant),
        Kind::Authority => authority(&mut fields).map(Record::Authority),
        Kind::Register => register(&mut fields).map(Record::Register),
    };
    fields.refuse_others();
    let read = match record {
        Some(record) if fields.said.is_empty() => Ok(record),
        Some(_) | None => Err(fields.said),
    };
    (of, read)
}

// Every field is read before any is missed: no `?` on the first that is wrong.

fn participant(fields: &mut Fields<'_>, folder: &Folder) -> Option<Participant> {
    let (id, country, name) = (fields.required("id"), fields.required("country"), fields.required("name"));
    let (format, status) = (fields.optional("format"), fields.optional("status"));
    let certificates = match fields.take("certificates") {
        None => Some(Vec::new()),
        Some(node) => match certificates::read(node, folder) {
            Ok(certificates) => Some(certificates),
            Err(said) => {
                fields.said.extend(said);
                None
            }
        },
    };
    Some(Participant {
        id: id?,
        country: country?,
        name: name?,
        format: format?,
        status: status?,
        certificates: certificates?,
    })
}

fn authority(fields: &mut Fields<'_>) -> Option<Authority> {
    let (id, name, title) = (fields.required("id"), fields.required("name"), fields.optional("title"));
    let (country, level, regions) = (fields.required("country"), fields.optional("level"), fields.optional("regions"));
    let (languages, participant) = (fields.optional("languages"), fields.required("participant"));
    let (mailbox, liaison) = (fields.optional("mailbox"), fields.optional("liaison"));
    let (areas, requested) = (fields.optional("areas"), fields.optional("requested"));
    let (professions, nace) = (fields.optional("professions"), fields.optional("nace"));
    let (keywords, contact) = (fields.optional("keywords"), fields.optional("contact"));
    let (coordinators, coordinator) = (fields.optional("coordinators"), fields.optional("coordinator"));
    let (status, version) = (fields.optional("status"), fields.optional("version"));
    Some(Authority {
        id: id?,
        name: name?,
        title: title?,
        country: country?,
        level: level?,
        regions: regions?,
        languages: languages?,
        participant: participant?,
        mailbox: mailbox?,
        liaison: liaison?,
        areas: areas?,
        requested: requested?,
        professions: professions?,
        nace: nace?,
        keywords: keywords?,
        contact: contact?,
        coordinators: coordinators?,
        coordinator: coordinator?,
        status: status?,
        version: version?,
    })
}

fn register(fields: &mut Fields<'_>) -> Option<Register> {
    let (id, country, authority) = (fields.required("id"), fields.required("country"), fields.required("authority"));
    let (name, kind, professions) = (fields.required("name"), fields.required("kind"), fields.optional("professions"));
    let (nace, regions, content) = (fields.optional("nace"), fields.optional("regions"), fields.optional("content"));
    let (languages, access) = (fields.optional("languages"), fields.required("access"));
    let (conditions, electronic) = (fields.optional("conditions"), fields.required("electronic"));
    let (link, contact, verified) = (fields.optional("link"), fields.optional("contact"), fields.required("verified"));
    let (version, retired) = (fields.required("version"), fields.optional("retired"));
    Some(Register {
        id: id?,
        country: country?,
        authority: authority?,
        name: name?,
        kind: kind?,
        professions: professions?,
        nace: nace?,
        regions: regions?,
        content: content?,
        languages: languages?,
        access: access?,
        conditions: conditions?,
        electronic: electronic?,
        link: link?,
        contact: contact?,
        verified: verified?,
        version: version?,
        retired: retired?,
    })
}

/// The fields of one record on their way out.
struct Fields<'a> {
    at: Position,
    all: &'a [(String, Node)],
    known: Vec<&'static str>,
    said: Vec<Said>,
}

impl<'a> Fields<'a> {
    fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.all.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// A field that has to be there. `None` has been told of.
    fn required<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        match self.take(key) {
            Some(node) => self.fit(key, node),
            None => {
                self.said.push(Said::new(self.at, key, "is missing", "add it"));
                None
            }
        }
    }

    /// A field that may be left out. `None` has been told of.
    fn optional<T: DeserializeOwned + Default>(&mut self, key: &'static str) -> Option<T> {
        match self.take(key) {
            Some(node) if node.value != Value::Nothing => self.fit(key, node),
            Some(_) | None => Some(T::default()),
        }
    }

    fn fit<T: DeserializeOwned>(&mut self, key: &'static str, node: &Node) -> Option<T> {
        let misfit: Misfit = match T::deserialize(node) {
            Ok(value) => return Some(value),
            Err(misfit) => misfit,
        };
        let place = misfit.place();
        let separator = if place.is_empty() || place.starts_with('[') { "" } else { "." };
        let (at, field) = (misfit.at.unwrap_or(node.at), format!("{key}{separator}{place}"));
        // What is too long, empty or unfit to be shown has been told of as such.
        if self.said.iter().all(|said| said.field != field) {
            let what = misfit
                .what
                .replace("unknown variant", "unknown word")
                .replace("a sequence", "a list")
                .replace("sequence", "a list");
            self.said.push(Said::new(at, field, what, "write what is expected"));
        }
        None
    }

    fn refuse_others(&mut self) {
        for (key, node) in self.all {
            if !self.known.contains(&key.as_str()) {
                let remedy = format!("remove it, or name it as one of {}", self.known.join(", "));
                let key: String = key.chars().take(80).collect();
                self.said.push(Said::new(node.at, key, "there is no such key", remedy));
            }
        }
    }
}
