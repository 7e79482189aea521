//! How values stand in a cell.
//!
//! A list has `;` between its items; where an item itself contains `;` or `\`, a `\` stands before it.

use crate::directory::files::node::{Node, Position, Value};

/// The form of a column's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// Texts.
    List,
    /// Areas: `imi-pq:requester+responder:2008-02-18;imi-services:responder`; the date may be left out.
    Areas,
    /// Certificates: a PEM text or the name of a file; `|TIME|REASON` after it where it was revoked.
    Certificates,
}

impl Form {
    /// The value of a cell that is not empty. What does not fit becomes a text, for the record's reader to refuse.
    pub(super) fn read(self, at: Position, cell: &str) -> Node {
        let value = match self {
            Self::Text => return Node::text(at, cell),
            Self::Boolean => match cell.trim().to_ascii_lowercase().as_str() {
                "true" => Value::Boolean(true),
                "false" => Value::Boolean(false),
                _ => return Node::text(at, cell),
            },
            Self::Integer => match cell.trim().parse() {
                Ok(number) => Value::Integer(number),
                Err(_) => return Node::text(at, cell),
            },
            Self::List => Value::List(items(cell).iter().map(|item| Node::text(at, item)).collect()),
            Self::Areas => Value::List(items(cell).iter().map(|item| area(at, item)).collect()),
            Self::Certificates => Value::List(items(cell).iter().map(|item| certificate(at, item)).collect()),
        };
        Node { at, value }
    }

    /// The cell of a value.
    pub(super) fn write(self, node: &Node) -> String {
        match (self, &node.value) {
            (Self::List, Value::List(items)) => joined(items.iter().map(plain)),
            (Self::Areas, Value::List(items)) => joined(items.iter().map(area_cell)),
            (Self::Certificates, Value::List(items)) => joined(items.iter().map(certificate_cell)),
            _ => plain(node),
        }
    }
}

fn plain(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Boolean(value) => value.to_string(),
        Value::Float(number) => number.to_string(),
        Value::List(_) | Value::Table(_) | Value::Nothing => String::new(),
    }
}

fn joined(items: impl Iterator<Item = String>) -> String {
    items.map(|item| item.replace('\\', "\\\\").replace(';', "\\;")).collect::<Vec<_>>().join(";")
}

/// Splits at every `;` that no `\` stands before. Empty items are passed over: a list often ends with a `;`.
fn items(cell: &str) -> Vec<String> {
    let (mut items, mut item) = (Vec::new(), String::new());
    let mut rest = cell.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next_if(|next| matches!(next, ';' | '\\')) {
                Some(next) => item.push(next),
                None => item.push('\\'),
            },
            ';' => items.push(std::mem::take(&mut item)),
            c => item.push(c),
        }
    }
    items.push(item);
    items.retain(|item| !item.trim().is_empty());
    items
}

fn table(at: Position, fields: Vec<(&str, Node)>) -> Node {
    Node { at, value: Value::Table(fields.into_iter().map(|(key, node)| (key.to_owned(), node)).collect()) }
}

fn area(at: Position, item: &str) -> Node {
    let mut parts = item.splitn(3, ':');
    let name = parts.next().unwrap_or_default();
    let roles = parts.next().unwrap_or_default().split('+').filter(|role| !role.trim().is_empty());
    let roles = Value::List(roles.map(|role| Node::text(at, role)).collect());
    let mut fields = vec![("area", Node::text(at, name)), ("roles", Node { at, value: roles })];
    fields.extend(parts.next().map(|since| ("since", Node::text(at, since))));
    table(at, fields)
}

fn area_cell(node: &Node) -> String {
    let part = |key| node.get(key).map(plain).unwrap_or_default();
    let roles = match node.get("roles").map(|roles| &roles.value) {
        Some(Value::List(roles)) => roles.iter().map(plain).collect::<Vec<_>>().join("+"),
        _ => String::new(),
    };
    match part("since") {
        since if since.is_empty() => format!("{}:{roles}", part("area")),
        since => format!("{}:{roles}:{since}", part("area")),
    }
}

fn certificate(at: Position, item: &str) -> Node {
    let mut parts = item.splitn(3, '|');
    let pem = Node::text(at, parts.next().unwrap_or_default());
    match (parts.next(), parts.next()) {
        (Some(time), reason) => {
            let reason = Node::text(at, reason.unwrap_or_default());
            let revoked = table(at, vec![("at", Node::text(at, time)), ("reason", reason)]);
            table(at, vec![("pem", pem), ("revoked", revoked)])
        }
        (None, _) => pem,
    }
}

fn certificate_cell(node: &Node) -> String {
    let pem = node.get("pem").map(plain).unwrap_or_default();
    match node.get("revoked") {
        Some(revoked) => {
            let part = |key| revoked.get(key).map(plain).unwrap_or_default();
            format!("{pem}|{}|{}", part("at"), part("reason"))
        }
        None => pem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Position = Position::Row { row: 2, line: 2 };

    #[test]
    fn a_list_bears_its_own_separator_in_an_item() {
        let list = Node {
            at: AT,
            value: Value::List(["a;b", "c\\d", "\\;", "plain"].map(|item| Node::text(AT, item)).to_vec()),
        };
        let cell = Form::List.write(&list);
        assert_eq!(cell, "a\\;b;c\\\\d;\\\\\\;;plain");
        assert_eq!(Form::List.read(AT, &cell), list);
    }

    #[test]
    fn empty_items_and_blanks_do_not_count() {
        assert_eq!(items(" a ; ;b;"), [" a ", "b"]);
        let Value::List(read) = Form::List.read(AT, " a ; ;b;").value else { panic!("a list") };
        assert_eq!(read, ["a", "b"].map(|item| Node::text(AT, item)));
    }

    #[test]
    fn areas_go_there_and_back() {
        let cell = "imi-pq:requester+responder:2008-02-18;imi-services:responder";
        assert_eq!(Form::Areas.write(&Form::Areas.read(AT, cell)), cell);
    }

    #[test]
    fn a_revoked_certificate_keeps_its_time_and_reason() {
        let cell = "a.pem|2026-01-02T03:04:05Z|the key was lost|really";
        assert_eq!(Form::Certificates.write(&Form::Certificates.read(AT, cell)), cell);
    }
}
