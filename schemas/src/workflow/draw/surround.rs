//! What surrounds the machine: above it the title and the parties, beneath it the deadlines.

use super::{
    arrows::Plan,
    content::{Hue, Line, Look, fitting, width},
};
use crate::workflow::{HUB, Workflow, words};

/// Room for the mark before a term.
const MARK_ROOM: i32 = 20;
/// Air between a term and its explanation.
const BESIDE_TERM: i32 = 16;

/// What a row begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    None,
    /// A party's colour.
    Party(Hue),
    /// The hub's line.
    Hub,
    /// A clock.
    Clock,
    /// The sign of steps that stay.
    Stays,
}

/// A row: a mark, and lines beside it.
pub(super) struct Row {
    pub mark: Mark,
    pub lines: Vec<Line>,
}

/// Rows beneath each other.
#[derive(Default)]
pub(super) struct Part {
    pub rows: Vec<Row>,
    pub height: i32,
}

/// The columns of explained terms: where explanations begin, and where the room ends.
#[derive(Clone, Copy)]
struct Columns {
    text: i32,
    end: i32,
}

impl Columns {
    /// As wide as the terms need, yet at most half of the room.
    fn of<'a>(terms: impl Iterator<Item = &'a str>, end: i32) -> Self {
        let needed = terms.map(|term| width(&words::printable(term), Look::Term)).max().unwrap_or(0);
        Self { text: (MARK_ROOM + needed + BESIDE_TERM).min(end / 2), end }
    }
}

impl Part {
    /// Lines in a column, from the part's end on; they do not make it longer.
    fn lines(&self, text: &str, look: Look, (from, to): (i32, i32)) -> Vec<Line> {
        let line = |(index, text): (i32, String)| {
            let baseline = self.height + (index + 1) * look.leading() - look.size() / 3;
            Line { text, look, hue: Hue::Plain, x: from, baseline }
        };
        (0..).zip(fitting(&words::printable(text), look, to - from)).map(line).collect()
    }

    fn row(&mut self, mark: Mark, lines: Vec<Line>) {
        let ends = lines.iter().map(|line| line.baseline + line.look.size() / 3);
        self.height = ends.max().unwrap_or(self.height);
        self.rows.push(Row { mark, lines });
    }

    /// A term and its explanation beside it.
    fn explained(&mut self, mark: Mark, term: &str, text: &str, columns: Columns) {
        let mut lines = self.lines(term, Look::Term, (MARK_ROOM, columns.text - BESIDE_TERM / 2));
        lines.extend(self.lines(text, Look::Note, (columns.text, columns.end)));
        self.row(mark, lines);
        self.height += 4;
    }
}

/// Title and parties, and what the signs mean that the drawing uses.
pub(super) fn head(workflow: &Workflow, plan: &Plan, room: i32) -> Part {
    let mut part = Part::default();
    let title = part.lines(&format!("{} ({})", workflow.title, workflow.id), Look::Title, (0, room));
    part.row(Mark::None, title);
    part.height += 8;
    let columns = Columns::of(workflow.parties.iter().map(|party| party.id.as_str()), room);
    for party in &workflow.parties {
        let hue = Hue::of(workflow, std::slice::from_ref(&party.id));
        part.explained(Mark::Party(hue), party.id.as_str(), &words::party(workflow, party), columns);
    }
    if workflow.transitions.iter().any(|step| step.by.iter().any(|by| by.as_str() == HUB)) {
        part.explained(Mark::Hub, HUB, "The hub itself", columns);
    }
    if plan.stays.iter().any(|stays| !stays.is_empty()) {
        let text = "In a box beneath the line: steps that leave the state as it is";
        let lines = part.lines(text, Look::Note, (MARK_ROOM, room));
        part.row(Mark::Stays, lines);
    }
    part
}

/// The deadlines.
pub(super) fn notes(workflow: &Workflow, room: i32) -> Part {
    let mut part = Part::default();
    let columns = Columns::of(workflow.deadlines.iter().map(|timer| timer.id.as_str()), room);
    for timer in &workflow.deadlines {
        part.explained(Mark::Clock, &timer.id, &words::deadline(workflow, timer), columns);
        part.height -= 4;
        let reference = part.lines(&timer.reference, Look::Note, (columns.text, columns.end));
        part.row(Mark::None, reference);
        part.height += 4;
    }
    part
}
