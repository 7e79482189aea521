//! The sheet: the drawing as SVG text, beneath its title and parties, above its deadlines.

use super::{
    BOX_AIR, Drawing, LABEL_AIR,
    arrows::{Arrow, Direction, START},
    content::{Block, Hue, Line, Look},
    route::{HEAD, Rect, Route},
    surround::{self, Mark, Part},
};
use crate::workflow::{Transition, Workflow, words};
use quick_xml::escape::escape;
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");

/// Air around everything.
const MARGIN: i32 = 32;
/// Least width of what stands above and beneath the machine.
const LEAST_WIDTH: i32 = 640;
/// Air between the parts.
const BETWEEN_PARTS: i32 = 28;

/// The SVG.
pub(super) fn written(workflow: &Workflow, drawing: &Drawing) -> String {
    let inner = drawing.machine.width.max(LEAST_WIDTH);
    let head = surround::head(workflow, &drawing.plan, inner);
    let notes = surround::notes(workflow, inner);
    let top = MARGIN + head.height + BETWEEN_PARTS;
    let below = top + drawing.machine.height + BETWEEN_PARTS;
    let (whole_width, whole_height) =
        (inner + 2 * MARGIN, below + notes.height + if notes.rows.is_empty() { 0 } else { MARGIN });
    let mut svg = Svg(String::new());
    svg.open(workflow, (whole_width, whole_height));
    svg.part(&head, MARGIN);
    let left = MARGIN + (inner - drawing.machine.width) / 2;
    svg.put(format_args!("<g transform=\"translate({left} {top})\">\n"));
    svg.machine(workflow, drawing);
    svg.put(format_args!("</g>\n"));
    svg.part(&notes, below);
    svg.put(format_args!("</svg>\n"));
    svg.0
}

/// Which point of a line stands where it is put.
#[derive(Debug, Clone, Copy)]
enum Anchor {
    Left,
    Middle,
}

/// SVG as it grows.
struct Svg(String);

impl Svg {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(text);
    }

    fn open(&mut self, workflow: &Workflow, (width, height): (i32, i32)) {
        let (id, title) = (&workflow.id, words::printable(&workflow.title));
        self.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"workflow\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-desc\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n\
             <style>\n{STYLE}</style>\n<rect class=\"sheet\" width=\"{width}\" height=\"{height}\"/>\n",
            escape(title.as_str()),
            escape(described(workflow).as_str()),
        ));
    }

    fn part(&mut self, part: &Part, top: i32) {
        self.put(format_args!("<g transform=\"translate({MARGIN} {top})\">\n"));
        for row in &part.rows {
            let Some(first) = row.lines.first() else { continue };
            let middle = first.baseline - first.look.size() / 3;
            match row.mark {
                Mark::None => {}
                Mark::Party(hue) => {
                    let (class, y) = (hue.class(), middle - 5);
                    self.put(format_args!(
                        "<rect class=\"stripe {class}\" y=\"{y}\" width=\"10\" height=\"10\" rx=\"2\"/>\n"
                    ));
                }
                Mark::Hub => self.put(format_args!("<path class=\"line hub\" d=\"M0 {middle}h14\"/>\n")),
                Mark::Clock => self.clock((6, middle)),
                Mark::Stays => self.stays((6, middle)),
            }
            for line in &row.lines {
                self.line(line, (0, 0), Anchor::Left);
            }
        }
        self.put(format_args!("</g>\n"));
    }

    fn machine(&mut self, workflow: &Workflow, drawing: &Drawing) {
        let machine = &drawing.machine;
        for (arrow, route) in drawing.plan.arrows.iter().zip(&machine.routes) {
            self.route(workflow, arrow, route);
        }
        for (place, (rect, block)) in machine.places.iter().zip(&drawing.boxes).enumerate() {
            if place == START {
                let half = rect.width / 2;
                let (x, y) = (rect.x + half, rect.y + half);
                self.put(format_args!("<circle class=\"start\" cx=\"{x}\" cy=\"{y}\" r=\"{half}\"/>\n"));
            } else {
                self.state(workflow, place, (*rect, block), !drawing.plan.stays[place].is_empty());
            }
        }
        for ((arrow, rect), block) in drawing.plan.arrows.iter().zip(&machine.labels).zip(&drawing.labels) {
            self.label(workflow, arrow, (*rect, block));
        }
    }

    fn route(&mut self, workflow: &Workflow, arrow: &Arrow, route: &Route) {
        let class = hue(workflow, arrow).class();
        self.put(format_args!("<path class=\"line {class}\" d=\""));
        for piece in &route.pieces {
            let ((x, y), (to_x, to_y)) = (piece.from, piece.to);
            if x == to_x {
                self.put(format_args!("M{x} {y}V{to_y}"));
            } else {
                let half = y.midpoint(to_y);
                self.put(format_args!("M{x} {y}C{x} {half} {to_x} {half} {to_x} {to_y}"));
            }
        }
        let (x, y) = route.tip;
        let back = match arrow.direction {
            Direction::Down => y - HEAD,
            Direction::Up => y + HEAD,
        };
        self.put(format_args!("\"/>\n<path class=\"head {class}\" d=\"M{x} {y}L{} {back}H{}Z\"/>\n", x - 4, x + 4));
    }

    fn state(&mut self, workflow: &Workflow, place: usize, (rect, block): (Rect, &Block), stays: bool) {
        let state = &workflow.states[&workflow.order[place - 1]];
        let Rect { x, y, width, height } = rect;
        self.put(format_args!("<g>\n"));
        match &state.awaits {
            Some(party) => {
                let class = Hue::of(workflow, std::slice::from_ref(party)).class();
                self.rect("box", rect, 8);
                let end = y + height;
                self.put(format_args!(
                    "<path class=\"stripe {class}\" d=\"M{0} {y}A8 8 0 0 0 {x} {1}V{2}A8 8 0 0 0 {0} {end}Z\"/>\n",
                    x + 8,
                    y + 8,
                    end - 8
                ));
            }
            None => {
                self.rect("end", rect, 12);
                let inner = Rect { x: x + 3, y: y + 3, width: width - 6, height: height - 6 };
                self.rect("ring", inner, 9);
            }
        }
        for (index, divide) in block.divides.iter().enumerate() {
            let at = y + BOX_AIR.2 + divide;
            self.put(format_args!("<path class=\"divide\" d=\"M{} {at}H{}\"/>\n", x + 9, rect.right() - 1));
            if index == 0 && stays {
                self.stays((rect.right() - 12, at + 13));
            }
        }
        for line in &block.lines {
            if line.look == Look::Clock {
                self.clock((x + BOX_AIR.0 + 5, y + BOX_AIR.2 + line.baseline - 4));
            }
            match state.awaits {
                Some(_) => self.line(line, (x + BOX_AIR.0, y + BOX_AIR.2), Anchor::Left),
                None => self.line(line, (x + width / 2, y + BOX_AIR.2), Anchor::Middle),
            }
        }
        self.put(format_args!("</g>\n"));
    }

    fn label(&mut self, workflow: &Workflow, arrow: &Arrow, (rect, block): (Rect, &Block)) {
        let steps: Vec<String> =
            arrow.steps.iter().map(|step| sentence(workflow, &workflow.transitions[*step])).collect();
        self.put(format_args!("<g><title>{}</title>\n", escape(steps.join("\n").as_str())));
        self.rect("pill", rect, 4);
        for line in &block.lines {
            self.line(line, (rect.x + rect.width / 2, rect.y + LABEL_AIR.1), Anchor::Middle);
        }
        self.put(format_args!("</g>\n"));
    }

    fn rect(&mut self, class: &str, Rect { x, y, width, height }: Rect, radius: i32) {
        self.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>\n"
        ));
    }

    fn line(&mut self, line: &Line, (x, y): (i32, i32), anchor: Anchor) {
        let (look, hue, text) = (line.look.class(), line.hue.class(), escape(line.text.as_str()));
        let (x, y) = (x + line.x, y + line.baseline);
        let middle = match anchor {
            Anchor::Left => "",
            Anchor::Middle => " middle",
        };
        self.put(format_args!("<text class=\"{look} {hue}{middle}\" x=\"{x}\" y=\"{y}\">{text}</text>\n"));
    }

    /// A little clock around a point.
    fn clock(&mut self, (x, y): (i32, i32)) {
        self.put(format_args!(
            "<path class=\"icon\" d=\"M{0} {y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0M{x} {1}V{y}L{2} {3}\"/>\n",
            x - 5,
            y - 3,
            x + 2,
            y + 1
        ));
    }

    /// A little arrow that goes round a point.
    fn stays(&mut self, (x, y): (i32, i32)) {
        self.put(format_args!(
            "<path class=\"icon\" d=\"M{0} {1}a4.5 4.5 0 1 1 -4 -2M{2} {3}l3 2l-3 2\"/>\n",
            x + 4,
            y,
            x - 2,
            y - 4
        ));
    }
}

/// The colour of an arrow: that of who goes along it, if it is one.
fn hue(workflow: &Workflow, arrow: &Arrow) -> Hue {
    let mut hues = arrow.steps.iter().map(|step| Hue::of(workflow, &workflow.transitions[*step].by));
    let first = hues.next().unwrap_or(Hue::Plain);
    if hues.all(|other| other == first) { first } else { Hue::Plain }
}

/// The machine in sentences, for those who do not see it.
fn described(workflow: &Workflow) -> String {
    let states = workflow.order.iter().map(|name| {
        let state = &workflow.states[name];
        let awaits = state.awaits.as_ref().map_or("is an end".to_owned(), |party| format!("awaits the {party}"));
        format!("{name} {awaits}{}.", if state.answered { ", answered" } else { "" })
    });
    let steps = workflow.transitions.iter().map(|step| sentence(workflow, step));
    let deadlines =
        workflow.deadlines.iter().map(|timer| format!("{}: {}.", timer.id, words::deadline(workflow, timer)));
    words::printable(&states.chain(steps).chain(deadlines).collect::<Vec<_>>().join(" "))
}

/// A step in a sentence.
fn sentence(workflow: &Workflow, step: &Transition) -> String {
    let from = match step.from.as_slice() {
        [] => "Opening".to_owned(),
        from => format!("In {}", words::listed(from.iter().map(String::as_str))),
    };
    let leads = step.to.as_ref().map_or("stays there".to_owned(), |to| format!("leads to {to}"));
    let conditions: String = words::conditions(step).iter().map(|condition| format!("; {condition}")).collect();
    let (action, by, to) = (&step.action, words::by(workflow, &step.by), words::receivers(step));
    words::printable(&format!("{from}: {action} by {by} {leads}, delivered to {to}{conditions}."))
}
