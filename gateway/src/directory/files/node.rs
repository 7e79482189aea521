//! A value of a file with its place: what TOML, JSON and CSV have in common, so that one reader understands all three.
//!
//! Knows neither files nor records. Texts lose the blanks around them; every bound on a record has its number here.

use serde::{
    Deserializer,
    de::{DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::BorrowedStrDeserializer},
    forward_to_deserialize_any,
};
use std::fmt;

/// Longest text of a record, in characters.
const LONGEST_TEXT: usize = 4_000;
/// Longest certificate, in characters of its PEM text.
const LONGEST_CERTIFICATE: usize = 64 * 1024;
/// Most items of one list, or keys of one table.
const MOST_ITEMS: usize = 2_000;
/// Deepest nesting within a record.
pub(super) const DEEPEST: usize = 8;

/// Where something stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    /// After so many bytes (TOML, JSON).
    Byte(usize),
    /// In a row of a table (CSV): the header is row 1; a row with line breaks in its cells has several lines.
    Row {
        /// The row.
        row: usize,
        /// The line that it begins on.
        line: usize,
    },
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Position,
    pub(super) value: Value,
}

/// What it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Node>),
    /// In the order of the file.
    Table(Vec<(String, Node)>),
    Nothing,
}

impl Node {
    /// A text, without the blanks around it.
    pub(super) fn text(at: Position, text: &str) -> Self {
        Self { at, value: Value::Text(text.trim().to_owned()) }
    }

    /// The value under a key, where it is a table that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Table(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, node)| node),
            _ => None,
        }
    }

    /// Every value beneath that is too large, too deep or unfit to be shown, each with its path.
    pub(super) fn excesses(&self) -> Vec<Misfit> {
        let mut found = Vec::new();
        self.look_for_excesses(&mut Vec::new(), &mut found);
        found
    }

    fn look_for_excesses(&self, path: &mut Vec<String>, found: &mut Vec<Misfit>) {
        let mut say = |what: String| found.push(Misfit { at: Some(self.at), path: path.clone(), what });
        match &self.value {
            Value::Text(text) => {
                let longest =
                    if path.iter().any(|key| key == "certificates") { LONGEST_CERTIFICATE } else { LONGEST_TEXT };
                if text.is_empty() {
                    say("is empty: what is not known is left out".into());
                } else if text.chars().nth(longest).is_some() {
                    say(format!("is longer than {longest} characters"));
                } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
                    say("contains a control character".into());
                }
            }
            Value::List(items) if items.len() > MOST_ITEMS => say(format!("has more than {MOST_ITEMS} items")),
            Value::Table(fields) if fields.len() > MOST_ITEMS => say(format!("has more than {MOST_ITEMS} keys")),
            Value::List(_) | Value::Table(_) if path.len() > DEEPEST => {
                say(format!("is nested more than {DEEPEST} deep"));
            }
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(format!("[{index}]"));
                    item.look_for_excesses(path, found);
                    path.pop();
                }
            }
            Value::Table(fields) => {
                for (key, field) in fields {
                    path.push(key.clone());
                    field.look_for_excesses(path, found);
                    path.pop();
                }
            }
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Nothing => {}
        }
    }
}

/// A value that is not what was expected.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Misfit {
    /// Where; `None` until a value with a place has been left.
    pub(super) at: Option<Position>,
    /// Keys and indices from the record inward.
    pub(super) path: Vec<String>,
    /// What is wrong.
    pub(super) what: String,
}

impl Misfit {
    /// Seen from the value that holds it.
    fn within(mut self, step: String, at: Position) -> Self {
        self.path.insert(0, step);
        self.at.get_or_insert(at);
        self
    }

    /// The path as people write it: `areas[0].roles[1]`.
    pub(super) fn place(&self) -> String {
        self.path.iter().fold(String::new(), |path, step| match step.starts_with('[') || path.is_empty() {
            true => path + step,
            false => format!("{path}.{step}"),
        })
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

impl std::error::Error for Misfit {}

impl serde::de::Error for Misfit {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self { at: None, path: Vec::new(), what: what.to_string() }
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Integer(number) => visitor.visit_i64(*number),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(value) => visitor.visit_bool(*value),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            Value::Table(fields) => visitor.visit_map(Fields { fields: fields.iter(), value: None }),
            Value::Nothing => visitor.visit_unit(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.value {
            Value::Nothing => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit> {
        match &self.value {
            Value::Text(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|misfit| misfit.within(format!("[{index}]"), item.at))
    }
}

struct Fields<'de> {
    fields: std::slice::Iter<'de, (String, Node)>,
    value: Option<(&'de str, &'de Node)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some((key, value)) = self.fields.next() else { return Ok(None) };
        self.value = Some((key, value));
        let key: BorrowedStrDeserializer<'de, Misfit> = BorrowedStrDeserializer::new(key);
        seed.deserialize(key.into_deserializer()).map(Some).map_err(|mut misfit| {
            misfit.at.get_or_insert(value.at);
            misfit
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Misfit> {
        let Some((key, value)) = self.value.take() else {
            return Err(serde::de::Error::custom("a value without a key"));
        };
        seed.deserialize(value).map_err(|misfit| misfit.within(key.to_owned(), value.at))
    }
}
