//! Directories in TOML: read with the place of every value, and written.

use super::{
    Kind, json,
    node::{Node, Position, Value},
    reader::Reader,
};
use crate::directory::change::Record;
use std::fmt::Write;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// Hands every record of a text to the reader. Where the text is no TOML, every fault of its syntax is told, and
/// nothing else.
pub(super) fn read(text: &str, reader: &mut Reader) {
    let (sections, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = Position::Byte(error.span().map_or(0, |span| span.start));
        reader.fault(
            at,
            "",
            error.message(),
            "mend the TOML (https://toml.io); config/directory/demo.toml shows a directory",
        );
    }
    if !errors.is_empty() {
        return;
    }
    let mut sections: Vec<_> = sections.get_ref().iter().collect();
    sections.sort_by_key(|(name, _)| name.span().start);
    for (name, section) in sections {
        let at = Position::Byte(name.span().start);
        let name = name.get_ref().as_ref();
        let Ok(kind) = name.parse::<Kind>() else {
            reader.fault(at, name, "there is no such section", "name it participant, authority or register");
            continue;
        };
        let DeValue::Array(entries) = section.get_ref() else {
            reader.fault(at, name, "the section is no list", format!("begin each record with [[{name}]]"));
            continue;
        };
        reader.covers(kind);
        entries.iter().for_each(|entry| reader.entry(kind, &node(entry)));
    }
}

fn node(value: &Spanned<DeValue<'_>>) -> Node {
    let at = Position::Byte(value.span().start);
    let value = match value.get_ref() {
        DeValue::String(text) => return Node::text(at, text),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or_else(|_| Value::Float(f64::INFINITY), Value::Integer)
        }
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Array(items) => Value::List(items.iter().map(node).collect()),
        DeValue::Table(fields) => {
            Value::Table(fields.iter().map(|(key, value)| (key.get_ref().to_string(), node(value))).collect())
        }
    };
    Node { at, value }
}

/// A directory as TOML, its records in the order given.
pub(super) fn write(kinds: &[Kind], records: &[Record]) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    let of_kind = |kind: Kind| records.iter().filter(move |record| Kind::of(record) == kind);
    for kind in kinds.iter().filter(|kind| of_kind(**kind).next().is_none()) {
        // Says that there are none, which is more than to say nothing.
        let _infallible = writeln!(text, "{} = []", kind.as_str());
    }
    for record in kinds.iter().flat_map(|kind| of_kind(*kind)) {
        if !text.is_empty() {
            text.push('\n');
        }
        let _infallible = writeln!(text, "[[{}]]", Kind::of(record).as_str());
        text.push_str(&fields(record)?);
    }
    Ok(text)
}

/// The fields of a record, a line each.
pub(super) fn fields(record: &Record) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    if let Value::Table(fields) = json::value(record)?.value {
        for (key, node) in fields {
            let _infallible = writeln!(text, "{} = {}", spelled_key(&key), inline(&node));
        }
    }
    Ok(text)
}

fn inline(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => ::toml::Value::String(text.clone()).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => ::toml::Value::Float(*number).to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(fields) if fields.is_empty() => "{}".into(),
        Value::Table(fields) => {
            let fields = fields.iter().map(|(key, node)| format!("{} = {}", spelled_key(key), inline(node)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        // Fields that hold nothing are left out by their records.
        Value::Nothing => "\"\"".into(),
    }
}

fn spelled_key(key: &str) -> String {
    let is_bare =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_bare { key.to_owned() } else { ::toml::Value::String(key.replace(['\n', '\r'], " ")).to_string() }
}
