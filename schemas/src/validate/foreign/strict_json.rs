//! JSON that every reader reads alike: UTF-8, and no name twice in an object (RFC 7493). A parser that keeps the last
//! of two members and one that keeps the first would see different messages.
//!
//! Also finds the place of a value, so that a violation can name line and column.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Why a text is not such JSON, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotJson {
    pub message: String,
    pub line: u32,
    pub column: u32,
}

/// Parses a document; a byte order mark is passed over.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, NotJson> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    value.map_err(|error| {
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or_default().to_owned();
        let clamp = |number| u32::try_from(number).unwrap_or(u32::MAX);
        NotJson { message, line: clamp(error.line()), column: clamp(error.column()) }
    })
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Strict)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if values.contains_key(&name) {
                let name: String = name.chars().take(80).collect();
                return Err(A::Error::custom(format!("the name {name:?} stands twice in one object")));
            }
            let value = members.next_value_seed(Strict)?;
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}

/// Byte offset of the value that a JSON Pointer names in a text that `parse` has accepted.
pub(super) fn offset(text: &[u8], pointer: &str) -> Option<usize> {
    let mut cursor = Cursor { text, at: 0 };
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        cursor.descend(&token)?;
    }
    cursor.blank();
    Some(cursor.at)
}

/// Moves over valid JSON without building anything.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn blank(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF)) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<u8> {
        self.blank();
        let byte = self.text.get(self.at).copied();
        self.at += 1;
        byte
    }

    /// Stands before an object or array; goes to the value that the token names.
    fn descend(&mut self, token: &str) -> Option<()> {
        match self.next()? {
            b'{' => loop {
                self.blank();
                let start = self.at;
                self.skip()?;
                let name: String = serde_json::from_slice(self.text.get(start..self.at)?).ok()?;
                (self.next()? == b':').then_some(())?;
                if name == token {
                    return Some(());
                }
                self.skip()?;
                (self.next()? == b',').then_some(())?;
            },
            b'[' => {
                for _ in 0..token.parse::<usize>().ok()? {
                    self.skip()?;
                    (self.next()? == b',').then_some(())?;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// Goes past one value.
    fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                b',' | b':' => {}
                _ => self.skip_word(),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        loop {
            match self.text.get(self.at)? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
    }

    fn skip_word(&mut self) {
        while matches!(self.text.get(self.at), Some(b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_twice_in_an_object_is_refused_at_any_depth() {
        assert!(parse(br#"{"a": {"b": 1}, "b": [{"a": 2}]}"#).is_ok());
        let error = parse(b"{\"a\": [\n  {\"b\": 1, \"b\": 2}]}").expect_err("refused");
        assert_eq!((error.line, error.message.as_str()), (2, "the name \"b\" stands twice in one object"));
        // The same name in two spellings is the same name.
        assert!(parse(br#"{"a": 1, "\u0061": 2}"#).is_err());
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for wrong in
            [&b""[..], b"{", b"[1,]", b"{} {}", b"nul", b"\"\xFF\"", b"\"\\ud800\"", b"01", b"'a'", b"\xFF\xFE{\0}\0"]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(parse("[".repeat(100_000).as_bytes()).is_err());
        assert!(parse(b"\xEF\xBB\xBF{}").is_ok());
    }

    #[test]
    fn the_place_of_a_value_is_found() {
        let text = br#"{"a/b": {"x": [10, "],\"", {"y~": true}]}, "z": -1.5e3}"#;
        for (pointer, start) in [("", "{\"a/b\""), ("/a~1b/x/1", "\"],"), ("/a~1b/x/2/y~0", "true"), ("/z", "-1.5")] {
            let offset = offset(text, pointer).expect("it is there");
            assert!(text[offset..].starts_with(start.as_bytes()), "{pointer}");
        }
        assert_eq!(offset(text, "/none"), None);
        assert_eq!(offset(text, "/a~1b/x/7"), None);
    }
}
