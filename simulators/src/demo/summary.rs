//! The table at the end of the demo. Formats; decides nothing.

use std::time::Duration;

/// How one story went.
#[derive(Debug, Clone, Default)]
pub(super) struct StoryResult {
    /// Its id in the domain document.
    pub id: &'static str,
    /// Its name.
    pub title: &'static str,
    /// Messages sent.
    pub messages: usize,
    /// Receipts of each outcome: accepted, delivered, retrieved.
    pub receipts: [usize; 3],
    /// The end state of each of its exchanges, as the hub says.
    pub end_states: Vec<String>,
    /// Documents that arrived, and how many of them byte for byte as they must be: as they were sent, or, for whoever
    /// prefers the other spelling, as the area's pack converts them.
    pub intact: (usize, usize),
    /// How long it took.
    pub took: Duration,
    /// Why it did not go as told; none where it did.
    pub failure: Option<String>,
}

const COLUMNS: [&str; 9] =
    ["story", "", "messages", "accepted", "delivered", "retrieved", "end state", "intact", "time"];

/// The table, with one line per story and, beneath it, what went wrong.
pub(super) fn table(results: &[StoryResult]) -> String {
    let rows: Vec<[String; 9]> = std::iter::once(COLUMNS.map(str::to_owned)).chain(results.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(&format!("   {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
    for result in results {
        if let Some(failure) = &result.failure {
            text.push_str(&format!("   {} did not go as told: {failure}\n", result.id));
        }
    }
    text
}

fn row(result: &StoryResult) -> [String; 9] {
    let [accepted, delivered, retrieved] = result.receipts;
    let (arrived, intact) = result.intact;
    let mark = if result.failure.is_none() { "✓" } else { "✗" };
    [
        format!("{mark} {}", result.id),
        result.title.to_owned(),
        result.messages.to_string(),
        accepted.to_string(),
        delivered.to_string(),
        retrieved.to_string(),
        result.end_states.join(", "),
        if arrived == 0 { "-".to_owned() } else { format!("{intact} of {arrived}") },
        format!("{:.1} s", result.took.as_secs_f64()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_aligned_and_names_what_went_wrong() {
        let good = StoryResult {
            id: "A200",
            title: "Stockings",
            end_states: vec!["CLOSED".to_owned()],
            intact: (4, 4),
            ..StoryResult::default()
        };
        let bad =
            StoryResult { id: "A201", failure: Some("it never reached RO-CMR".to_owned()), ..StoryResult::default() };
        let text = table(&[good, bad]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        let column = |line: &str, text: &str| line.split_once(text).map(|(before, _)| before.chars().count());
        assert_eq!(column(lines[0], "end state"), column(lines[1], "CLOSED"));
        assert!(lines[1].contains("✓ A200") && lines[1].contains("4 of 4"));
        assert!(lines[3].contains("A201 did not go as told: it never reached RO-CMR"));
    }
}
