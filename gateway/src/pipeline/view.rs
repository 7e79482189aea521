//! Views: what recipients see instead of a document who may not see all of it (need to know, Regulation (EU) No 1024/2012,
//! Article 9(4); Implementing Regulation (EU) 2015/983, Article 24(3)).
//!
//! Pure. The pack says who sees what ([`schemas::area::View`]); where a view cannot be made, its recipient gets nothing.

use super::{
    inspect::{Cleared, Inspected},
    spelling::{Spelling, json},
};
use crate::{directory::Directory, envelope::Envelope};
use schemas::{
    area::{Area, AreaVersion, Areas, View, ViewField},
    names::search_keys as keys_of,
    validate::Limits,
    wire::{AuthorityId, ContentType, ExchangeId, MessageType, content_sha256},
    workflow::Workflow,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A document that stands for another one.
#[derive(Debug)]
pub(super) struct Seen {
    pub message_type: MessageType,
    pub spelling: Spelling,
}

/// A message as views see it.
pub(super) struct Looked<'a> {
    pub areas: &'a Areas,
    pub directory: &'a Directory,
    pub envelope: &'a Envelope,
    pub body: &'a [u8],
    pub limits: Limits,
}

/// What a recipient sees instead of the document; nothing where it sees all of it.
///
/// # Errors
/// It must see something else, and that cannot be made: it must not receive the document.
pub(super) fn of(looked: &Looked<'_>, recipient: &AuthorityId) -> Result<Option<Seen>, String> {
    let message_type = &looked.envelope.message_type;
    let Some(area) = looked.areas.area(&message_type.area) else { return Ok(None) };
    let Some(view) = area.views.iter().find(|view| applies(looked, area, view, recipient)) else { return Ok(None) };
    let document = json(looked.areas, looked.envelope, looked.body, &looked.limits)?;
    let document: Value = serde_json::from_slice(&document).map_err(|error| error.to_string())?;
    let seen_type = MessageType { message: view.instead.clone(), ..message_type.clone() };
    let root = &looked.areas.definition(&seen_type).ok_or("no pack declares the view")?.root;
    let content = content(view, &document, looked.envelope.correlation_id);
    let body = serde_json::to_vec(&Map::from_iter([(root.clone(), Value::Object(content))]))
        .map_err(|error| error.to_string())?;
    let content_type = looked.directory.format(recipient).unwrap_or(looked.envelope.content_type);
    let body = match content_type {
        ContentType::Json => body,
        ContentType::Xml => {
            let mapping = looked.areas.version(&seen_type).and_then(AreaVersion::mapping);
            let mapping = mapping.ok_or("no pack converts the view")?;
            mapping.to_xml(&body, &looked.limits).map_err(|error| error.to_string())?
        }
    };
    let spelling = Spelling { content_type, content_sha256: content_sha256(&body), body: body.into() };
    Ok(Some(Seen { message_type: seen_type, spelling }))
}

/// Who has only that role in the area, and receives the message as that party. As what it takes part is decided by the role
/// alone: whoever opened or coordinates the exchange sent the document and never receives it.
fn applies(looked: &Looked<'_>, area: &Area, view: &View, recipient: &AuthorityId) -> bool {
    let message_type = &looked.envelope.message_type;
    let roles = looked.directory.authority(recipient).and_then(|authority| authority.roles(&area.id));
    let is_party = looked
        .areas
        .definition(message_type)
        .and_then(|definition| looked.areas.workflow(&definition.workflow))
        .is_some_and(|workflow: &std::sync::Arc<Workflow>| workflow.party(&view.party).is_some());
    is_party && view.messages.contains(&message_type.message) && roles == Some(&[view.only_role])
}

fn content(view: &View, document: &Value, exchange: ExchangeId) -> Map<String, Value> {
    let fields = view.field.iter().filter_map(|field| Some((field.name.clone(), value(field, document, exchange)?)));
    fields.collect()
}

fn value(field: &ViewField, document: &Value, exchange: ExchangeId) -> Option<Value> {
    if field.exchange {
        return Some(Value::String(exchange.to_string()));
    }
    if let Some(constant) = &field.constant {
        let contains = find(document, &[constant.contains.as_str()]).is_some();
        let text = if contains { &constant.then } else { &constant.otherwise };
        return Some(Value::String(text.clone()));
    }
    let path: Vec<&str> = field.from.as_deref()?.split('/').collect();
    find(document, &path).cloned()
}

/// The first value at the end of a path that begins anywhere.
fn find<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let children: Vec<(&str, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (local(key), value)).collect(),
        Value::Array(items) => items.iter().map(|item| ("", item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let here = children.iter().find_map(|(key, value)| (path.first() == Some(key)).then(|| descend(value, &path[1..])));
    here.flatten().or_else(|| children.iter().find_map(|(_, value)| find(value, path)))
}

fn descend<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    let Some((first, rest)) = path.split_first() else { return Some(value) };
    let items = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
    items.iter().find_map(|item| {
        let members = item.as_object()?;
        let (_, value) = members.iter().find(|(key, _)| local(key) == *first)?;
        descend(value, rest)
    })
}

/// The name of a member without what stands for its namespace.
fn local(key: &str) -> &str {
    key.rsplit(':').next().unwrap_or(key)
}

/// The search keys of the names that a document is searched by, where its pack names them (Implementing Regulations (EU)
/// 2016/480 and 2016/68, Annexes IV: the hub computes them, so that all states search alike).
pub(super) fn search_keys(inspected: &Inspected, areas: &Areas) -> Option<String> {
    let Ok(Cleared::Business { envelope, checked }) = &inspected.verdict else { return None };
    let paths = &areas.definition(&envelope.message_type)?.reads.names;
    let keys = |path: &String| {
        let name = checked.texts.get(path)?.first()?;
        let keys: Vec<String> = keys_of(name)?.iter().map(ToString::to_string).collect();
        Some((path.clone(), keys))
    };
    let found: BTreeMap<String, Vec<String>> = paths.iter().filter_map(keys).collect();
    if found.is_empty() { None } else { serde_json::to_string(&found).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_found_by_paths_that_begin_anywhere() {
        let document = json!({"AlertBroadcast": {"SubmittedBy": "X", "Alert56a": {
            "Professional": {"c:Surname": "Y"}, "Profession": "nurse", "Restriction": [{"RestrictionScope": "suspension"}]}}});
        assert_eq!(find(&document, &["Profession"]), Some(&json!("nurse")));
        assert_eq!(find(&document, &["Restriction", "RestrictionScope"]), Some(&json!("suspension")));
        assert_eq!(find(&document, &["Professional", "Surname"]), Some(&json!("Y")));
        assert_eq!(find(&document, &["Lost"]), None);
    }
}
