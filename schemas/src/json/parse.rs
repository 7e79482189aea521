//! Reading JSON that every reader reads alike (RFC 8259, RFC 7493): UTF-8, no byte order mark, no name twice in an
//! object, no half of a surrogate pair, numbers kept digit for digit; within limits of depth and number.
//!
//! A parser that keeps the last of two members and one that keeps the first would see different messages.

use super::value::{Node, Value, is_number};
use std::borrow::Cow;
use std::collections::HashSet;

/// How much is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Arrays and objects inside one another.
    pub depth: usize,
    /// Values in all.
    pub nodes: usize,
}

/// Why a text was not read, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotRead {
    /// It is no such JSON.
    Malformed { message: String, offset: usize },
    /// It exceeds a bound.
    TooLarge { message: String, offset: usize },
}

/// Members that are compared one by one before a set is made of them.
const FEW_MEMBERS: usize = 12;

/// Reads a document.
pub(crate) fn parse(bytes: &[u8], bounds: Bounds) -> Result<Node<'_>, NotRead> {
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(malformed("the document begins with a byte order mark, which JSON does not have", 0));
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| malformed("the document is not in UTF-8", error.valid_up_to()))?;
    let mut parser = Parser { text, bytes, at: 0, depth: 0, nodes: 0, bounds };
    let node = parser.node()?;
    parser.blank();
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(malformed("something follows the document's end", parser.at)),
    }
}

fn malformed(message: impl Into<String>, offset: usize) -> NotRead {
    NotRead::Malformed { message: message.into(), offset }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    nodes: usize,
    bounds: Bounds,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, what: &str) -> Result<(), NotRead> {
        self.blank();
        if self.peek() != Some(byte) {
            return Err(malformed(format!("{what} is missing"), self.at));
        }
        self.at += 1;
        Ok(())
    }

    fn node(&mut self) -> Result<Node<'a>, NotRead> {
        self.blank();
        let offset = self.at;
        self.nodes += 1;
        if self.nodes > self.bounds.nodes {
            let message = format!("the document holds more than {} values", self.bounds.nodes);
            return Err(NotRead::TooLarge { message, offset });
        }
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::members)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => self.word()?,
        };
        Ok(Node { offset, value })
    }

    fn nested(&mut self, inside: fn(&mut Self) -> Result<Value<'a>, NotRead>) -> Result<Value<'a>, NotRead> {
        self.depth += 1;
        if self.depth > self.bounds.depth {
            let message = format!("the document is nested more than {} deep", self.bounds.depth);
            return Err(NotRead::TooLarge { message, offset: self.at });
        }
        self.at += 1;
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// Goes past the end of an array or object, if it stands here.
    fn ends(&mut self, byte: u8) -> bool {
        self.blank();
        let ends = self.peek() == Some(byte);
        self.at += usize::from(ends);
        ends
    }

    fn list(&mut self) -> Result<Value<'a>, NotRead> {
        let mut nodes = Vec::new();
        if self.ends(b']') {
            return Ok(Value::List(nodes));
        }
        loop {
            nodes.push(self.node()?);
            if self.ends(b']') {
                return Ok(Value::List(nodes));
            }
            self.expect(b',', "a comma or the end of the array")?;
        }
    }

    fn members(&mut self) -> Result<Value<'a>, NotRead> {
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        let mut names: HashSet<Cow<'a, str>> = HashSet::new();
        if self.ends(b'}') {
            return Ok(Value::Members(members));
        }
        loop {
            self.blank();
            let offset = self.at;
            if self.peek() != Some(b'"') {
                return Err(malformed("a name in quotation marks is missing", offset));
            }
            let name = self.string()?;
            if members.len() == FEW_MEMBERS {
                names.extend(members.iter().map(|(name, _)| name.clone()));
            }
            let twice = match members.len() {
                0..FEW_MEMBERS => members.iter().any(|(known, _)| *known == name),
                _ => !names.insert(name.clone()),
            };
            if twice {
                let name: String = name.chars().take(80).collect();
                return Err(malformed(format!("the name {name:?} stands twice in one object"), offset));
            }
            self.expect(b':', "a colon")?;
            let node = self.node()?;
            members.push((name, node));
            if self.ends(b'}') {
                return Ok(Value::Members(members));
            }
            self.expect(b',', "a comma or the end of the object")?;
        }
    }

    fn word(&mut self) -> Result<Value<'a>, NotRead> {
        let rest = &self.bytes[self.at..];
        let words = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
        for (word, value) in words {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(malformed("a value is missing, or is none that JSON knows", self.at))
    }

    fn number(&mut self) -> Result<Cow<'a, str>, NotRead> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let number = &self.text[start..self.at];
        if is_number(number) { Ok(number.into()) } else { Err(malformed("this is no number that JSON knows", start)) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, NotRead> {
        self.at += 1;
        let start = self.at;
        let mut decoded = String::new();
        let mut from = start;
        loop {
            match self.peek() {
                None => return Err(malformed("a string does not end", start - 1)),
                Some(b'"') => {
                    let rest = &self.text[from..self.at];
                    self.at += 1;
                    return Ok(if from == start { rest.into() } else { (decoded + rest).into() });
                }
                Some(b'\\') => {
                    decoded.push_str(&self.text[from..self.at]);
                    decoded.push(self.escape()?);
                    from = self.at;
                }
                Some(0..=0x1F) => return Err(malformed("a control character stands in a string", self.at)),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotRead> {
        let offset = self.at;
        let letter = self.bytes.get(self.at + 1).copied();
        self.at += 2;
        let character = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(offset),
            _ => return Err(malformed("a string holds an escape that JSON does not know", offset)),
        };
        Ok(character)
    }

    /// Behind `\u`: one unit of UTF-16, or a pair of them.
    fn unicode(&mut self, offset: usize) -> Result<char, NotRead> {
        let half = || malformed("a string holds half of a surrogate pair", offset);
        let first = self.unit(offset)?;
        let code = match first {
            0xD800..0xDC00 if self.bytes[self.at..].starts_with(b"\\u") => {
                self.at += 2;
                let second = self.unit(offset)?;
                let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or_else(half)?;
                0x1_0000 + ((first - 0xD800) << 10) + low
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(half)
    }

    fn unit(&mut self, offset: usize) -> Result<u32, NotRead> {
        let digits = self.bytes.get(self.at..self.at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let unit = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| malformed("a string holds an escape that JSON does not know", offset))?;
        self.at += 4;
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { depth: 100, nodes: 1000 };

    fn read(text: &str) -> Result<Node<'_>, NotRead> {
        parse(text.as_bytes(), BOUNDS)
    }

    #[test]
    fn what_is_read_is_spelled_as_it_was() {
        for text in [
            r#"{"a":[1.50,1e3,-0,99999999999999999999999.00000000000000000001],"b":{"":null},"c":[true,false,"x"]}"#,
            "[]",
            "\"\"",
        ] {
            let mut out = String::new();
            read(text).expect("JSON").write(&mut out);
            assert_eq!(out, text);
        }
        let escaped = read(r#" "\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\" "#).expect("JSON");
        assert!(matches!(escaped.value, Value::Text(text) if text == "é😀/\u{8}\u{c}\n\r\t\"\\"));
    }

    #[test]
    fn a_name_twice_in_an_object_is_refused_however_many_there_are() {
        assert!(read(r#"{"a":{"a":1},"b":2}"#).is_ok());
        assert!(read(r#"{"a":1,"\u0061":2}"#).is_err());
        let many: Vec<String> = (0..40).map(|number| format!("\"k{number}\":0")).collect();
        assert!(read(&format!("{{{}}}", many.join(","))).is_ok());
        for twice in [0, 11, 12, 13, 39] {
            let text = format!("{{{},\"k{twice}\":0}}", many.join(","));
            assert!(matches!(read(&text), Err(NotRead::Malformed { .. })), "{twice}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_and_never_panics() {
        let wrong = [
            "",
            " ",
            "{",
            "[",
            "[1,]",
            "[1 2]",
            "{} {}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "nul",
            "NaN",
            "Infinity",
            "-",
            "01",
            "+1",
            "1.",
            "'a'",
            "\"",
            "\"\\",
            "\"\\u",
            "\"\\u12",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"a\nb\"",
            "\u{FEFF}{}",
            "/* */ 1",
            "\"\\u+123\"",
        ];
        for text in wrong {
            assert!(matches!(read(text), Err(NotRead::Malformed { .. })), "{text:?}");
        }
        for bytes in [&b"\"\xFF\""[..], b"\xFF\xFE{\0}\0", b"\0", b"\"\xED\xA0\x80\""] {
            assert!(matches!(parse(bytes, BOUNDS), Err(NotRead::Malformed { .. })), "{bytes:?}");
        }
    }

    #[test]
    fn depth_and_number_are_bounded() {
        for text in ["[".repeat(1_000_000), "{\"a\":".repeat(100_000), format!("[{}1]", "1,".repeat(5000))] {
            assert!(matches!(read(&text), Err(NotRead::TooLarge { .. })));
        }
        assert!(read(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_ok());
    }

    #[test]
    fn the_pointer_of_a_value_is_found_by_its_offset() {
        let text = r#"{"a/b": {"x": [10, "],\"", {"y~": true}]}, "z": -1.5e3}"#;
        let root = read(text).expect("JSON");
        for (pointer, start) in [("", "{\"a/b"), ("/a~1b/x/1", "\"],"), ("/a~1b/x/2/y~0", "true"), ("/z", "-1.5")] {
            let offset = text.find(start).expect("it is there");
            assert_eq!(root.find(offset).expect("found").0, pointer);
            assert_eq!(root.at(pointer).map(|node| node.offset), Some(offset));
        }
        assert!(root.find(2).is_none() && root.find(text.len()).is_none());
    }
}
