//! What stands in the box of a state and on an arrow, line by line, and how much room it needs.
//!
//! Lines are measured with the widest of the fonts that a reader is likely to have; in a narrower one there is air.

use super::arrows::Arrow;
use crate::workflow::{
    HUB, State, Workflow,
    words::{self, Alike},
};

/// Longest lines, in characters.
struct Lines {
    /// Of actions.
    actions: usize,
    /// Of parties and conditions.
    parties: usize,
    /// Of actions and parties beside each other.
    beside: usize,
}

/// Narrow on arrows, for there may be many side by side.
const ON_ARROW: Lines = Lines { actions: 26, parties: 34, beside: 0 };
const IN_BOX: Lines = Lines { actions: 40, parties: 44, beside: 44 };
/// Longest line of a state's name, in characters.
const NAME: usize = 32;
/// Room between actions and parties beside each other, in pixels.
const BETWEEN: i32 = 10;
/// How many colours of parties there are.
const HUES: usize = 6;

/// How a line looks; the style sheet has a class for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// A state's name.
    Name,
    /// Who is awaited, or that it has ended.
    Awaits,
    /// Actions.
    Action,
    /// Who may take them.
    By,
    /// Under which condition.
    Guard,
    /// Periods.
    Clock,
    /// The drawing's title.
    Title,
    /// Running text beside the machine.
    Note,
    /// A term that running text explains.
    Term,
}

impl Look {
    /// The class of the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Awaits => "awaits",
            Self::Action => "action",
            Self::By => "by",
            Self::Guard => "guard",
            Self::Clock => "clock",
            Self::Title => "title",
            Self::Note => "note",
            Self::Term => "term",
        }
    }

    /// Size of the letters, in pixels: that of the style sheet.
    pub(super) fn size(self) -> i32 {
        match self {
            Self::Title => 20,
            Self::Name => 13,
            Self::Action | Self::Note | Self::Term => 12,
            Self::Awaits | Self::By | Self::Guard | Self::Clock => 11,
        }
    }

    /// From one baseline to the next.
    pub(super) fn leading(self) -> i32 {
        self.size() + self.size() / 3
    }

    fn is_monospaced(self) -> bool {
        matches!(self, Self::Name | Self::Action | Self::Term)
    }
}

/// Whose colour something has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hue {
    /// That of a party.
    Party(usize),
    /// That of the hub.
    Hub,
    /// Nobody's, or several parties'.
    Plain,
}

impl Hue {
    /// The colour of those who are named together.
    pub(super) fn of(workflow: &Workflow, parties: &[crate::wire::PartyName]) -> Self {
        match parties {
            [hub] if hub.as_str() == HUB => Self::Hub,
            [one] => {
                let place = workflow.parties.iter().position(|party| party.id == *one);
                place.map_or(Self::Plain, |place| Self::Party(place % HUES))
            }
            _ => Self::Plain,
        }
    }

    /// The class of the style sheet.
    pub(super) fn class(self) -> String {
        match self {
            Self::Party(index) => format!("p{index}"),
            Self::Hub => "hub".to_owned(),
            Self::Plain => "plain".to_owned(),
        }
    }
}

/// A line, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub text: String,
    pub look: Look,
    pub hue: Hue,
    /// Where it begins, from the left of its block.
    pub x: i32,
    /// Its baseline, from the top of its block.
    pub baseline: i32,
}

/// Lines beneath each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Block {
    pub lines: Vec<Line>,
    /// Where one part ends and the next begins, from the top.
    pub divides: Vec<i32>,
    pub width: i32,
    pub height: i32,
}

impl Block {
    fn add(&mut self, text: &str, look: Look, hue: Hue) {
        let text = words::printable(text);
        let x = if look == Look::Clock { CLOCK_ROOM } else { 0 };
        self.width = self.width.max(width(&text, look) + x);
        self.height += look.leading();
        self.lines.push(Line { text, look, hue, x, baseline: self.height - look.size() / 3 });
    }

    /// Adds text to the right of the last line, in the column that begins there.
    fn beside(&mut self, column: i32, text: String, hue: Hue) {
        let x = column + BETWEEN;
        self.width = self.width.max(x + width(&text, Look::By));
        self.lines.push(Line { text, look: Look::By, hue, x, baseline: self.height - Look::Action.size() / 3 });
    }

    fn wrapped(&mut self, text: &str, most: usize, look: Look, hue: Hue) {
        for line in words::wrapped(text, most) {
            self.add(&line, look, hue);
        }
    }

    fn divide(&mut self) {
        self.height += 5;
        self.divides.push(self.height);
        self.height += 3;
    }

    /// Steps, and who may take them: beneath, or beside in a column where both are so short together.
    fn steps(&mut self, workflow: &Workflow, steps: &[usize], lines: &Lines) {
        let groups = words::alike(workflow, steps).into_iter().map(|alike| {
            let actions = words::listed(alike.steps.iter().map(|step| workflow.transitions[*step].action.as_str()));
            (actions, words::by(workflow, alike.by), alike)
        });
        let groups: Vec<(String, String, Alike<'_>)> = groups.collect();
        let fit = |actions: &str, by: &str| actions.len() + by.len() <= lines.beside;
        let short = groups.iter().filter(|(actions, by, _)| fit(actions, by));
        let column = short.map(|(actions, ..)| width(actions, Look::Action)).max().unwrap_or(0);
        for (index, (actions, by, alike)) in groups.into_iter().enumerate() {
            self.height += if index == 0 { 0 } else { 4 };
            let hue = Hue::of(workflow, alike.by);
            if fit(&actions, &by) {
                self.add(&actions, Look::Action, Hue::Plain);
                self.beside(column, by, hue);
            } else {
                self.wrapped(&actions, lines.actions, Look::Action, Hue::Plain);
                self.wrapped(&by, lines.parties, Look::By, hue);
            }
            for guard in alike.guards {
                self.wrapped(guard, lines.parties, Look::Guard, Hue::Plain);
            }
        }
    }
}

/// Room for the mark of steps that stay.
const STAYS_ROOM: i32 = 16;

/// Room for the little clock before periods.
const CLOCK_ROOM: i32 = 16;

/// What stands on an arrow.
pub(super) fn on_arrow(workflow: &Workflow, arrow: &Arrow) -> Block {
    let mut block = Block::default();
    block.steps(workflow, &arrow.steps, &ON_ARROW);
    block
}

/// What stands in the box of a state: its name, who is awaited, the steps that stay, its periods.
pub(super) fn in_box(workflow: &Workflow, state: &State, stays: &[usize]) -> Block {
    let mut block = Block::default();
    block.wrapped(&state.id, NAME, Look::Name, Hue::Plain);
    let answered = if state.answered { "answered; " } else { "" };
    match &state.awaits {
        Some(party) => {
            let hue = Hue::of(workflow, std::slice::from_ref(party));
            block.wrapped(&format!("{answered}awaits {party}"), IN_BOX.parties, Look::Awaits, hue);
        }
        None => block.add(&format!("{answered}end"), Look::Awaits, Hue::Plain),
    }
    if !stays.is_empty() {
        block.divide();
        block.steps(workflow, stays, &IN_BOX);
        block.width += STAYS_ROOM;
    }
    let timers = workflow.deadlines.iter().filter(|timer| timer.states.contains(&state.id));
    let periods: Vec<String> = timers.map(|timer| timer.within.to_string()).collect();
    if !periods.is_empty() {
        block.divide();
        block.wrapped(&periods.join(", "), IN_BOX.parties, Look::Clock, Hue::Plain);
    }
    block
}

/// How wide a text can become, in pixels.
pub(super) fn width(text: &str, look: Look) -> i32 {
    text.chars().map(|letter| advance(letter, look)).sum::<i32>() / 1000 + 1
}

/// Text in lines that surely have room in so many pixels.
pub(super) fn fitting(text: &str, look: Look, room: i32) -> Vec<String> {
    let most = usize::try_from(room * 1000).unwrap_or(0);
    words::wrapped_by(text, most, |letter| usize::try_from(advance(letter, look)).unwrap_or(0))
}

/// How wide a letter can become, in thousandths of a pixel, also where the reader has no monospaced font.
fn advance(letter: char, look: Look) -> i32 {
    let of_size = match letter {
        _ if !letter.is_ascii() && u32::from(letter) >= 0x1100 => 1050,
        upper if look.is_monospaced() => 650 + if upper.is_uppercase() { 70 } else { 0 },
        'i' | 'l' | 'j' | 't' | 'f' | 'r' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '(' | ')' | '/' | '-' => {
            420
        }
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 990,
        upper if upper.is_uppercase() => 730,
        _ => 645,
    };
    of_size * look.size()
}
