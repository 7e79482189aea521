//! What differs between two records, field by field, for those who read the audit trail.

use super::change::{Change, Record};
use certs::inspect::inspect_pem;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest value that is shown, in characters.
const LONGEST_SHOWN: usize = 160;

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, e.g. `status` or `contact.email`.
    pub field: String,
    /// What it was; `None` where it was not there.
    pub before: Option<Value>,
    /// What it is; `None` where it is not there any more.
    pub after: Option<Value>,
}

impl FieldChange {
    /// For people: `status: "active" → "suspended"`; long values are cut.
    pub fn text(&self) -> String {
        let shown = |value: &Option<Value>| match value {
            None => "(nothing)".to_owned(),
            Some(value) => {
                let text = short(value).to_string();
                match text.char_indices().nth(LONGEST_SHOWN) {
                    Some((end, _)) => format!("{} …", &text[..end]),
                    None => text,
                }
            }
        };
        format!("{}: {} → {}", self.field, shown(&self.before), shown(&self.after))
    }
}

/// Certificates stand for themselves by their fingerprints.
fn short(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("-----BEGIN CERTIFICATE") => {
            let read = inspect_pem(text.as_bytes()).ok().and_then(|chain| chain.into_iter().next());
            read.map_or_else(|| value.clone(), |certificate| format!("SHA-256 {}", certificate.sha256).into())
        }
        Value::Array(items) => items.iter().map(short).collect(),
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), short(value))).collect(),
        other => other.clone(),
    }
}

impl Change {
    /// Every field that differs, by name; all of them for a record that is new or gone.
    ///
    /// # Errors
    /// None in practice: records can be written as JSON.
    pub fn fields(&self) -> Result<Vec<FieldChange>, serde_json::Error> {
        let (before, after) = (leaves(self.before.as_ref())?, leaves(self.after.as_ref())?);
        let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
        Ok(differing
            .map(|name| FieldChange {
                field: name.clone(),
                before: before.get(name).cloned(),
                after: after.get(name).cloned(),
            })
            .collect())
    }
}

/// The fields of a record, and those within fields that are tables.
fn leaves(record: Option<&Record>) -> Result<BTreeMap<String, Value>, serde_json::Error> {
    let value = match record {
        None => return Ok(BTreeMap::new()),
        Some(Record::Participant(participant)) => serde_json::to_value(participant)?,
        Some(Record::Authority(authority)) => serde_json::to_value(authority)?,
        Some(Record::Register(register)) => serde_json::to_value(register)?,
    };
    let mut found = BTreeMap::new();
    if let Value::Object(fields) = value {
        for (key, value) in fields {
            match value {
                Value::Object(inner) => {
                    found.extend(inner.into_iter().map(|(name, value)| (format!("{key}.{name}"), value)));
                }
                other => {
                    found.insert(key, other);
                }
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Authority;

    fn authority(more: &str) -> Option<Record> {
        let text =
            format!("{{\"id\":\"PL-A\",\"name\":{{\"pl\":\"a\"}},\"country\":\"PL\",\"participant\":\"PL-X\"{more}}}");
        Some(Record::Authority(serde_json::from_str::<Authority>(&text).expect("an authority")))
    }

    fn change(before: Option<Record>, after: Option<Record>) -> Change {
        let key = before.as_ref().or(after.as_ref()).expect("one of them").key();
        Change { key, before, after }
    }

    #[test]
    fn only_what_differs_is_told() {
        let before = authority(",\"contact\":{\"email\":\"a@b.example\",\"telephone\":\"1\"}");
        let after = authority(
            ",\"contact\":{\"email\":\"c@b.example\",\"telephone\":\"1\"},\"status\":\"suspended\",\"nace\":[\"86\"]",
        );
        let fields = change(before, after).fields().expect("told");
        let texts: Vec<String> = fields.iter().map(FieldChange::text).collect();
        assert_eq!(
            texts,
            [
                "contact.email: \"a@b.example\" → \"c@b.example\"",
                "nace: (nothing) → [\"86\"]",
                "status: \"active\" → \"suspended\"",
            ]
        );
    }

    #[test]
    fn a_new_record_is_told_whole_and_long_values_are_cut() {
        let fields =
            change(None, authority(&format!(",\"languages\":[\"{}\"]", "x".repeat(500)))).fields().expect("told");
        assert!(fields.iter().all(|field| field.before.is_none()) && fields.iter().any(|field| field.field == "id"));
        let long = fields.iter().find(|field| field.field == "languages").expect("there").text();
        assert!(long.ends_with(" …") && long.chars().count() < 200, "{long}");
    }
}
