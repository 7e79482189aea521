//! A workflow as text for a person at a terminal of 120 columns: parties, steps state by state, ends, deadlines.

use super::{Transition, Workflow, words};
use std::fmt::Write;

/// Columns of the terminal.
const WIDTH: usize = 120;
/// How far rows stand in.
const INDENT: usize = 2;
/// Blanks between two columns.
const BETWEEN: usize = 2;
/// Heads of the steps' columns, and how wide each becomes at most.
const COLUMNS: [(&str, usize); 5] =
    [("step", 20), ("by", 23), ("leads to", 20), ("delivered to", 23), ("conditions", 24)];

/// Tells what a workflow says.
pub fn text(workflow: &Workflow) -> String {
    let mut page = Page(String::new());
    page.wide(&format!("{}: {}", workflow.id, workflow.title));
    page.parties(workflow);
    page.steps(workflow);
    page.ends(workflow);
    page.deadlines(workflow);
    page.0
}

/// Text as it grows.
struct Page(String);

impl Page {
    fn line(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{}", text.trim_end());
    }

    /// Text over the whole width.
    fn wide(&mut self, text: &str) {
        for line in words::wrapped(&words::printable(text), WIDTH) {
            self.line(&line);
        }
    }

    fn head(&mut self, text: &str) {
        self.line("");
        self.wide(text);
    }

    /// Cells beside each other, each wrapped within the width of its column.
    fn row(&mut self, cells: &[(&str, usize)]) {
        let wrapped: Vec<Vec<String>> =
            cells.iter().map(|(text, width)| words::wrapped(&words::printable(text), *width)).collect();
        for index in 0..wrapped.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = " ".repeat(INDENT);
            for (lines, (_, width)) in wrapped.iter().zip(cells) {
                let text = lines.get(index).map_or("", String::as_str);
                let _ = write!(line, "{text:<width$}{}", " ".repeat(BETWEEN));
            }
            self.line(&line);
        }
    }

    fn parties(&mut self, workflow: &Workflow) {
        self.head("Parties");
        let width = widest(workflow.parties.iter().map(|party| party.id.as_str()), 30);
        for party in &workflow.parties {
            self.row(&[(party.id.as_str(), width), (&words::party(workflow, party), rest(width))]);
        }
    }

    fn steps(&mut self, workflow: &Workflow) {
        let widths = widths(workflow);
        self.head("Steps");
        let heads: Vec<(&str, usize)> = COLUMNS.iter().zip(widths).map(|((head, _), width)| (*head, width)).collect();
        self.row(&heads);
        self.head("To open an exchange");
        self.steps_of(workflow, widths, |step| step.from.is_empty());
        for name in &workflow.order {
            let state = &workflow.states[name];
            let Some(party) = &state.awaits else { continue };
            let answered = if state.answered { "answered, " } else { "" };
            let timers = workflow.deadlines.iter().filter(|timer| timer.states.contains(name));
            let timers: String = timers.map(|timer| format!(", {} {}", timer.id, timer.within)).collect();
            self.head(&format!("{name} ({answered}awaits the {party}{timers})"));
            self.steps_of(workflow, widths, |step| step.from.contains(name));
        }
    }

    fn steps_of(&mut self, workflow: &Workflow, widths: [usize; 5], belongs: impl Fn(&Transition) -> bool) {
        for step in workflow.transitions.iter().filter(|step| belongs(step)) {
            let cells = cells(workflow, step);
            let row: Vec<(&str, usize)> =
                cells.iter().zip(widths).map(|(cell, width)| (cell.as_str(), width)).collect();
            self.row(&row);
        }
    }

    fn ends(&mut self, workflow: &Workflow) {
        let ends: Vec<&String> = workflow.order.iter().filter(|state| workflow.awaits(state).is_none()).collect();
        self.head("Ends");
        let width = widest(ends.iter().map(|state| state.as_str()), 40);
        for name in ends {
            let answered = if workflow.states[name].answered { "answered; " } else { "" };
            let by = workflow.transitions.iter().filter(|step| step.to.as_ref() == Some(name));
            let by = words::listed(by.map(|step| step.action.as_str()));
            self.row(&[(name, width), (&format!("{answered}reached by {by}"), rest(width))]);
        }
    }

    fn deadlines(&mut self, workflow: &Workflow) {
        self.head("Deadlines");
        if workflow.deadlines.is_empty() {
            self.row(&[("none of the procedure's own; areas set theirs", WIDTH - INDENT)]);
        }
        let width = widest(workflow.deadlines.iter().map(|timer| timer.id.as_str()), 30);
        for timer in &workflow.deadlines {
            self.row(&[(&timer.id, width), (&words::deadline(workflow, timer), rest(width))]);
            self.row(&[("", width), (&timer.reference, rest(width))]);
        }
    }
}

/// What stands in the columns of a step.
fn cells(workflow: &Workflow, step: &Transition) -> [String; 5] {
    let to = step.to.as_ref().map_or("(stays)".to_owned(), |to| match workflow.awaits(to) {
        Some(_) => to.clone(),
        None => format!("{to} (end)"),
    });
    [
        step.action.to_string(),
        words::by(workflow, &step.by),
        to,
        words::receivers(step),
        words::conditions(step).join("; "),
    ]
}

/// The width of each column: what it needs, within its limit.
fn widths(workflow: &Workflow) -> [usize; 5] {
    let mut widths = COLUMNS.map(|(head, _)| head.len());
    for step in &workflow.transitions {
        for (width, cell) in widths.iter_mut().zip(cells(workflow, step)) {
            *width = cell.chars().count().max(*width);
        }
    }
    for (width, (_, most)) in widths.iter_mut().zip(COLUMNS) {
        *width = most.min(*width);
    }
    // What other columns do not need, the last has.
    let others: usize = widths[..4].iter().map(|width| width + BETWEEN).sum();
    widths[4] = WIDTH - INDENT - others;
    widths
}

fn widest<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0).min(most)
}

/// What a row has left beside its first column.
fn rest(first: usize) -> usize {
    WIDTH - INDENT - first - BETWEEN
}

#[cfg(test)]
mod tests;
