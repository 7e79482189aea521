//! The columns of each kind of table. A column bears the name of its field, or of a field within: `contact.email`,
//! `coordinator.kind`; a text in languages has a column each: `name.en`, `name.pl`.

use super::cells::Form;
use crate::directory::files::{
    Kind,
    node::{Node, Position, Value},
    reader::Reader,
};
use std::collections::BTreeSet;

const PARTICIPANT: [(&str, Form); 6] = [
    ("id", Form::Text),
    ("country", Form::Text),
    ("name", Form::Text),
    ("format", Form::Text),
    ("status", Form::Text),
    ("certificates", Form::Certificates),
];

const AUTHORITY: [(&str, Form); 27] = [
    ("id", Form::Text),
    ("country", Form::Text),
    ("name.*", Form::Text),
    ("title.*", Form::Text),
    ("level", Form::Text),
    ("regions", Form::List),
    ("languages", Form::List),
    ("participant", Form::Text),
    ("mailbox", Form::Text),
    ("liaison", Form::Text),
    ("areas", Form::Areas),
    ("requested", Form::Areas),
    ("professions", Form::List),
    ("nace", Form::List),
    ("keywords.*", Form::List),
    ("contact.address", Form::Text),
    ("contact.telephone", Form::Text),
    ("contact.email", Form::Text),
    ("contact.web", Form::Text),
    ("coordinators.validating", Form::Text),
    ("coordinators.access", Form::Text),
    ("coordinator.kind", Form::Text),
    ("coordinator.areas", Form::List),
    ("coordinator.validating", Form::Boolean),
    ("coordinator.access", Form::Boolean),
    ("status", Form::Text),
    ("version", Form::Integer),
];

const REGISTER: [(&str, Form); 21] = [
    ("id", Form::Text),
    ("country", Form::Text),
    ("authority", Form::Text),
    ("name.*", Form::Text),
    ("kind", Form::Text),
    ("professions", Form::List),
    ("nace", Form::List),
    ("regions", Form::List),
    ("content.*", Form::Text),
    ("languages", Form::List),
    ("access", Form::Text),
    ("conditions.*", Form::Text),
    ("electronic", Form::Boolean),
    ("link", Form::Text),
    ("contact.address", Form::Text),
    ("contact.telephone", Form::Text),
    ("contact.email", Form::Text),
    ("contact.web", Form::Text),
    ("verified", Form::Text),
    ("version", Form::Integer),
    ("retired", Form::Boolean),
];

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// The record's field.
    pub(super) field: String,
    /// The key within it.
    pub(super) inner: Option<String>,
    /// What its cells look like.
    pub(super) form: Form,
}

impl Column {
    fn new(name: &str, form: Form) -> Self {
        match name.split_once('.') {
            Some((field, inner)) => Self { field: field.into(), inner: Some(inner.into()), form },
            None => Self { field: name.into(), inner: None, form },
        }
    }

    /// Its name in the header.
    pub(super) fn name(&self) -> String {
        self.inner.as_ref().map_or_else(|| self.field.clone(), |inner| format!("{}.{inner}", self.field))
    }
}

fn known(kind: Kind) -> &'static [(&'static str, Form)] {
    match kind {
        Kind::Participant => &PARTICIPANT,
        Kind::Authority => &AUTHORITY,
        Kind::Register => &REGISTER,
    }
}

/// What a header says: authorities have a `participant`, registers an `authority`, participants neither. `None` where
/// the reader has been told what is wrong.
pub(super) fn of_header(at: Position, header: &[String], reader: &mut Reader) -> Option<(Kind, Vec<Column>)> {
    let names: Vec<&str> = header.iter().map(|name| name.trim()).collect();
    let kind = match (names.contains(&"participant"), names.contains(&"authority")) {
        _ if !names.contains(&"id") => {
            reader.fault(
                at,
                "",
                "the header has no column id",
                "the first row names the columns; gateway directory export shows them",
            );
            return None;
        }
        (true, _) => Kind::Authority,
        (false, true) => Kind::Register,
        (false, false) => Kind::Participant,
    };
    let (mut columns, mut seen, mut good) = (Vec::new(), BTreeSet::new(), true);
    for name in names {
        let form = known(kind).iter().find(|(pattern, _)| fits(pattern, name)).map(|(_, form)| *form);
        match form {
            Some(form) if seen.insert(name) => columns.push(Column::new(name, form)),
            Some(_) => {
                good = false;
                reader.fault(at, "", format!("the column {name} is there twice"), "remove one of the two");
            }
            None => {
                good = false;
                let shown: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
                let reason = format!("a table of {}s has no column {shown:?}", kind.as_str());
                let names: Vec<&str> = known(kind).iter().map(|(name, _)| *name).collect();
                reader.fault(at, "", reason, format!("remove it, or name it as one of {}", names.join(", ")));
            }
        }
    }
    good.then_some((kind, columns))
}

/// `name.*` fits `name.en`.
fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(stem) => name
            .strip_prefix(stem)
            .is_some_and(|tag| !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')),
        None => pattern == name,
    }
}

/// Every column of the kind, with those of the languages that occur.
pub(super) fn to_write(kind: Kind, records: &[Node]) -> Vec<Column> {
    let languages = |field: &str| -> BTreeSet<&str> {
        let tables = records.iter().filter_map(|record| record.get(field));
        tables
            .flat_map(|table| match &table.value {
                Value::Table(texts) => texts.as_slice(),
                _ => &[],
            })
            .map(|(tag, _)| tag.as_str())
            .collect()
    };
    known(kind)
        .iter()
        .flat_map(|(pattern, form)| match pattern.strip_suffix(".*") {
            Some(field) => {
                languages(field).into_iter().map(|tag| Column::new(&format!("{field}.{tag}"), *form)).collect()
            }
            None => vec![Column::new(pattern, *form)],
        })
        .collect()
}
