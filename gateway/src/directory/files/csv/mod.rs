//! Directories as tables (CSV, RFC 4180): one kind of record per file, one record per row.
//!
//! UTF-8, with or without byte order mark; `,` or `;` between the cells, as the header has it. What the columns are is
//! [`columns`]'s; how a list stands in a cell is [`cells`]'.

mod cells;
mod columns;

use super::{
    Kind, json,
    node::{Node, Position, Value},
    reader::Reader,
};
use crate::directory::change::Record;
use columns::Column;

/// Why records cannot be written as a table.
pub(super) type WriteError = Box<dyn std::error::Error + Send + Sync>;

/// Hands every record of a table to the reader. A row that does not fit its header is a fault of that row.
pub(super) fn read(text: &str, reader: &mut Reader) {
    let mut rows = Rows::new(text);
    let Some((at, header)) = rows.next() else {
        let remedy = "begin with a header, e.g. id,country,name,status,certificates";
        return reader.fault(Position::Row { row: 1, line: 1 }, "", "the table is empty", remedy);
    };
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        let remedy = "close it; a quotation mark within a quoted cell is written twice";
        return reader.fault(at, "", "a quotation mark of a cell is never closed", remedy);
    }
    let Some((kind, columns)) = columns::of_header(at, &header, reader) else { return };
    reader.covers(kind);
    for (at, cells) in rows {
        if cells.len() != columns.len() {
            let reason = format!("the row has {} cells, the header {}", cells.len(), columns.len());
            reader.fault(
                at,
                format!("{} {}", kind.as_str(), first(&cells)),
                reason,
                "quote cells that contain the delimiter, a quotation mark or a line break",
            );
            continue;
        }
        reader.entry(kind, &record(at, &columns, &cells));
    }
}

fn first(cells: &[String]) -> String {
    cells.first().map(|cell| cell.chars().filter(|c| !c.is_control()).take(80).collect()).unwrap_or_default()
}

/// Rows that are not empty, each with its place.
struct Rows<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    empty_before: usize,
}

impl<'a> Rows<'a> {
    fn new(text: &'a str) -> Self {
        let header = text.trim_start().lines().next().unwrap_or_default();
        let delimiter = if header.contains(';') { b';' } else { b',' };
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        Self { text, reader, empty_before: 0 }
    }
}

impl Iterator for Rows<'_> {
    type Item = (Position, Vec<String>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut record = csv::StringRecord::new();
            // The text is UTF-8 and rows may be of any length: nothing is left that could fail.
            if !self.reader.read_record(&mut record).unwrap_or(false) {
                return None;
            }
            let position = record.position()?;
            let begin = usize::try_from(position.byte()).ok()?;
            // Empty lines before a row belong to what the parser gives as the row's place, and so does what is left of
            // the line break (CR LF) that ended the row before.
            let (before, rest) = self.text.split_at_checked(begin)?;
            let blanks = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
            let breaks = rest[..blanks].matches('\n').count();
            self.empty_before += breaks - usize::from(before.ends_with('\r') && rest.starts_with('\n'));
            let row = usize::try_from(position.record()).ok()? + 1 + self.empty_before;
            let line = usize::try_from(position.line()).ok()? + breaks;
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                return Some((Position::Row { row, line }, record.iter().map(str::to_owned).collect()));
            }
        }
    }
}

fn record(at: Position, columns: &[Column], cells: &[String]) -> Node {
    let mut fields: Vec<(String, Node)> = Vec::new();
    for (column, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.trim().is_empty()) {
        let node = column.form.read(at, cell);
        let Some(inner) = &column.inner else {
            fields.push((column.field.clone(), node));
            continue;
        };
        let table = match fields.iter().position(|(name, _)| *name == column.field) {
            Some(index) => index,
            None => {
                fields.push((column.field.clone(), Node { at, value: Value::Table(Vec::new()) }));
                fields.len() - 1
            }
        };
        if let Value::Table(inside) = &mut fields[table].1.value {
            inside.push((inner.clone(), node));
        }
    }
    Node { at, value: Value::Table(fields) }
}

/// The records of one kind as a table, in the order given.
pub(super) fn write(kind: Kind, records: &[Record]) -> Result<String, WriteError> {
    let nodes: Vec<Node> =
        records.iter().filter(|record| Kind::of(record) == kind).map(json::value).collect::<Result<_, _>>()?;
    let columns = columns::to_write(kind, &nodes);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(columns.iter().map(Column::name))?;
    for node in &nodes {
        writer.write_record(columns.iter().map(|column| {
            let field = node.get(&column.field);
            let field = field.and_then(|field| column.inner.as_ref().map_or(Some(field), |inner| field.get(inner)));
            field.map(|field| column.form.write(field)).unwrap_or_default()
        }))?;
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}
