//! Directories in JSON: read with the place of every value, and written.

use super::{
    Kind,
    node::{DEEPEST, Node, Position, Value},
    reader::Reader,
};
use crate::directory::change::Record;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// Hands every record of a text to the reader. A text that is no JSON is one fault, with its line and column.
pub(super) fn read(text: &str, reader: &mut Reader) {
    let sections = match serde_json::from_str::<Members<'_>>(text) {
        Ok(sections) => sections.0,
        Err(error) => {
            let remedy = "a directory is {\"participant\": […], \"authority\": […], \"register\": […]}";
            return reader.fault(Position::Byte(offset_of(text, &error)), "", said(&error), remedy);
        }
    };
    let mut seen: Vec<&str> = Vec::new();
    for (name, section) in &sections {
        let at = position(text, section);
        let Ok(kind) = name.parse::<Kind>() else {
            reader.fault(at, name, "there is no such section", "name it participant, authority or register");
            continue;
        };
        if seen.contains(&name.as_str()) {
            reader.fault(at, name, "the section is there twice", "join the two");
            continue;
        }
        seen.push(name);
        match serde_json::from_str::<Elements<'_>>(section.get()) {
            Ok(entries) => {
                reader.covers(kind);
                entries.0.into_iter().for_each(|entry| match node(text, entry, 0) {
                    Ok(node) => reader.entry(kind, &node),
                    Err((at, problem)) => reader.fault(at, name, problem, "mend it"),
                });
            }
            Err(_) => reader.fault(at, name, "the section is no list", "write the records between [ and ]"),
        }
    }
}

/// A directory as JSON, its records in the order given.
pub(super) fn write(kinds: &[Kind], records: &[Record]) -> Result<String, serde_json::Error> {
    let mut text = String::from("{");
    for (position, kind) in kinds.iter().enumerate() {
        text.push_str(if position == 0 { "\n" } else { ",\n" });
        text.push_str(&format!("  \"{}\": [", kind.as_str()));
        let mut of_kind = records.iter().filter(|record| Kind::of(record) == *kind).peekable();
        let is_empty = of_kind.peek().is_none();
        while let Some(record) = of_kind.next() {
            // Line by line, so that a change of one record is a change of one line.
            text.push_str("\n    ");
            text.push_str(&spelled(record)?);
            if of_kind.peek().is_some() {
                text.push(',');
            }
        }
        text.push_str(if is_empty { "]" } else { "\n  ]" });
    }
    text.push_str("\n}\n");
    Ok(text)
}

/// One record as JSON, in the order of its fields.
pub(super) fn spelled(record: &Record) -> Result<String, serde_json::Error> {
    match record {
        Record::Participant(participant) => serde_json::to_string(participant),
        Record::Authority(authority) => serde_json::to_string(authority),
        Record::Register(register) => serde_json::to_string(register),
    }
}

/// One record as a value, its fields in order.
pub(super) fn value(record: &Record) -> Result<Node, serde_json::Error> {
    let text = spelled(record)?;
    let raw: &RawValue = serde_json::from_str(&text)?;
    node(&text, raw, 0).map_err(|(_, problem)| serde::ser::Error::custom(problem))
}

fn position(text: &str, part: &RawValue) -> Position {
    // A raw value is a slice of the text that it was read from.
    Position::Byte((part.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize))
}

fn node(text: &str, raw: &RawValue, depth: usize) -> Result<Node, (Position, String)> {
    let at = position(text, raw);
    let wrong = |error: serde_json::Error| (at, said(&error));
    if depth > DEEPEST + 1 {
        return Err((at, format!("is nested more than {DEEPEST} deep")));
    }
    let value = match raw.get().as_bytes().first() {
        Some(b'"') => return Ok(Node::text(at, &serde_json::from_str::<String>(raw.get()).map_err(wrong)?)),
        Some(b'[') => {
            let items: Elements<'_> = serde_json::from_str(raw.get()).map_err(wrong)?;
            Value::List(items.0.into_iter().map(|item| node(text, item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Some(b'{') => {
            let members: Members<'_> = serde_json::from_str(raw.get()).map_err(wrong)?;
            let mut fields: Vec<(String, Node)> = Vec::with_capacity(members.0.len());
            for (key, member) in members.0 {
                fields.push((key, node(text, member, depth + 1)?));
            }
            let mut keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
            keys.sort_unstable();
            if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
                return Err((at, format!("the key {:?} is there twice", twice[0])));
            }
            Value::Table(fields)
        }
        Some(b't') => Value::Boolean(true),
        Some(b'f') => Value::Boolean(false),
        Some(b'n') => Value::Nothing,
        _ => match raw.get().parse::<i64>() {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Float(serde_json::from_str(raw.get()).map_err(wrong)?),
        },
    };
    Ok(Node { at, value })
}

/// What the parser says, without the place: ours counts from the beginning of the file.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column().saturating_sub(1)
}

/// The members of an object in their order, not read any further.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The elements of an array, not read any further.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Elements<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(Collect)
    }
}
