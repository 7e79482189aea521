//! JSON as the mapping handles it: numbers as they are spelled, members in their order, every value with its place.
//!
//! Owns the tree, its pointers and its spelling. Knows no schema.

use std::borrow::Cow;

/// A value and the byte it begins at (0 where it was not read from a text).
#[derive(Debug, Clone)]
pub(crate) struct Node<'a> {
    pub offset: usize,
    pub value: Value<'a>,
}

/// A JSON value.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// A number, digit for digit.
    Number(Cow<'a, str>),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Members(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl Value<'_> {
    /// What kind of value this is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "an array",
            Self::Members(_) => "an object",
        }
    }
}

impl<'a> From<Value<'a>> for Node<'a> {
    fn from(value: Value<'a>) -> Self {
        Self { offset: 0, value }
    }
}

/// The same value, whatever the order of members and the place in the text.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(one), Value::Bool(two)) => one == two,
            (Value::Number(one), Value::Number(two)) | (Value::Text(one), Value::Text(two)) => one == two,
            (Value::List(one), Value::List(two)) => one == two,
            (Value::Members(one), Value::Members(two)) => {
                one.len() == two.len()
                    && one.iter().all(|(name, node)| other.member(name).is_some_and(|found| found == node))
            }
            _ => false,
        }
    }
}

impl Node<'_> {
    /// The member of this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        match &self.value {
            Value::Members(members) => members.iter().find(|(known, _)| known == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// JSON Pointer (RFC 6901) of the value that begins at a byte, and the value.
    pub(crate) fn find(&self, offset: usize) -> Option<(String, &Self)> {
        let (mut node, mut pointer) = (self, String::new());
        while node.offset < offset {
            // Values lie in the text one after the other: the last that begins early enough holds the wanted one.
            let (token, next): (Cow<'_, str>, &Self) = match &node.value {
                Value::List(nodes) => {
                    let index = nodes.partition_point(|node| node.offset <= offset).checked_sub(1)?;
                    (index.to_string().into(), nodes.get(index)?)
                }
                Value::Members(members) => {
                    let index = members.partition_point(|(_, node)| node.offset <= offset).checked_sub(1)?;
                    let (name, node) = members.get(index)?;
                    (escaped(name), node)
                }
                _ => return None,
            };
            pointer.push('/');
            pointer.push_str(&token);
            node = next;
        }
        (node.offset == offset).then_some((pointer, node))
    }

    /// The value that a JSON Pointer names.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Self> {
        pointer.split('/').skip(1).try_fold(self, |node, token| match &node.value {
            Value::List(nodes) => nodes.get(token.parse::<usize>().ok()?),
            _ => node.member(&token.replace("~1", "/").replace("~0", "~")),
        })
    }

    /// The value as other libraries have it; where a number is beyond them, its offset.
    pub(crate) fn to_value(&self) -> Result<serde_json::Value, usize> {
        Ok(match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(text) => serde_json::Value::Number(serde_json::from_str(text).map_err(|_| self.offset)?),
            Value::Text(text) => text.as_ref().into(),
            Value::List(nodes) => nodes.iter().map(Self::to_value).collect::<Result<_, _>>()?,
            Value::Members(members) => {
                let mut object = serde_json::Map::new();
                for (name, node) in members {
                    object.insert(name.clone().into_owned(), node.to_value()?);
                }
                serde_json::Value::Object(object)
            }
        })
    }

    /// Spells the value, without any white space.
    pub(crate) fn write(&self, out: &mut String) {
        match &self.value {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(text) => out.push_str(text),
            Value::Text(text) => write_text(text, out),
            Value::List(nodes) => {
                out.push('[');
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    node.write(out);
                }
                out.push(']');
            }
            Value::Members(members) => {
                out.push('{');
                for (index, (name, node)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_text(name, out);
                    out.push(':');
                    node.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// A name as a step of a JSON Pointer.
pub(crate) fn escaped(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { name.replace('~', "~0").replace('/', "~1").into() } else { name.into() }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut from = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escape: Cow<'_, str> = match byte {
            b'"' => "\\\"".into(),
            b'\\' => "\\\\".into(),
            b'\n' => "\\n".into(),
            b'\r' => "\\r".into(),
            b'\t' => "\\t".into(),
            0..=0x1F => format!("\\u{byte:04x}").into(),
            _ => continue,
        };
        out.push_str(&text[from..index]);
        out.push_str(&escape);
        from = index + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// Whether a text is a number as JSON spells them (RFC 8259, section 6).
pub(crate) fn is_number(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.starts_with('0')) {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_what_only_looks_like_one() {
        for number in ["0", "-0", "10", "1.50", "1e3", "1E-3", "-12.0e+07", "99999999999999999999999999"] {
            assert!(is_number(number), "{number}");
        }
        for other in
            ["", "-", "+1", "00", "000", "01", "1.", ".5", "1e", "1e+", " 1", "1 ", "0x1", "INF", "NaN", "1.5.2"]
        {
            assert!(!is_number(other), "{other}");
        }
    }

    #[test]
    fn a_text_is_spelled_so_that_json_reads_it_back() {
        let text = "a\"b\\c\u{1}\n\r\tΓ\u{2028}\u{7f}";
        let mut out = String::new();
        write_text(text, &mut out);
        assert_eq!(serde_json::from_str::<String>(&out).expect("JSON"), text);
    }
}
