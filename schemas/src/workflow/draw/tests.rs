//! What is drawn is complete, well-formed, always the same, and nothing of it lies on anything else.

use super::{
    content::{Look, width},
    route::{Piece, Rect},
    *,
};
use crate::workflow::{State, Transition, Workflows, workflows};
use quick_xml::{Reader, events::Event};
use std::{collections::BTreeMap, path::Path};

fn shipped() -> Workflows {
    workflows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows")).expect("good")
}

/// An element that a drawing has: its attributes, its text, and where the group around it was moved.
#[derive(Debug, Default, Clone)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    moved: (i32, i32),
}

impl Element {
    fn number(&self, name: &str) -> i32 {
        self.attributes.get(name).map_or(0, |text| text.parse().expect("a whole number"))
    }

    fn has(&self, class: &str) -> bool {
        self.attributes.get("class").is_some_and(|classes| classes.split(' ').any(|other| other == class))
    }
}

/// The elements of a drawing; fails where it is not well-formed.
fn elements(svg: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut found, mut open, mut moved) = (Vec::<Element>::new(), Vec::new(), vec![(0, 0)]);
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => {
                let element = element(&start, *moved.last().expect("a place"));
                moved.push(shifted(&element));
                open.push(found.len());
                found.push(element);
            }
            Event::Empty(start) => found.push(element(&start, *moved.last().expect("a place"))),
            Event::End(_) => {
                moved.pop();
                open.pop().expect("open");
            }
            Event::Text(text) => {
                if let Some(index) = open.last() {
                    found[*index].text.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                let letter = quick_xml::escape::resolve_predefined_entity(&name).expect("an entity of XML");
                found[*open.last().expect("in an element")].text.push_str(letter);
            }
            Event::Eof => break,
            other => panic!("{other:?} has no place in a drawing"),
        }
    }
    assert!(open.is_empty());
    found
}

fn element(start: &quick_xml::events::BytesStart<'_>, moved: (i32, i32)) -> Element {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.expect("well-formed");
        (attribute.key.0.to_string(), attribute.value.to_string())
    });
    let name = start.name().0.to_string();
    Element { name, attributes: attributes.collect(), text: String::new(), moved }
}

fn shifted(element: &Element) -> (i32, i32) {
    let Some(transform) = element.attributes.get("transform") else { return element.moved };
    let numbers = transform.strip_prefix("translate(").and_then(|rest| rest.strip_suffix(')')).expect("a translation");
    let (x, y) = numbers.split_once(' ').expect("two numbers");
    let number = |text: &str| text.parse::<i32>().expect("a number");
    (element.moved.0 + number(x), element.moved.1 + number(y))
}

fn overlap(one: Rect, other: Rect) -> bool {
    one.x < other.right() && other.x < one.right() && one.y < other.bottom() && other.y < one.bottom()
}

const LOOKS: [Look; 9] =
    [Look::Name, Look::Awaits, Look::Action, Look::By, Look::Guard, Look::Clock, Look::Title, Look::Note, Look::Term];

fn look(element: &Element) -> Look {
    LOOKS.into_iter().find(|look| element.has(look.class())).expect("a look")
}

/// Where the texts of a drawing stand on its sheet.
fn texts(elements: &[Element]) -> Vec<(Rect, String)> {
    let text = |index: usize, element: &Element| {
        let look = look(element);
        // Who may take the steps follows in an element of its own.
        let beside = elements.get(index + 1).filter(|next| next.name == "tspan");
        let more = beside.map_or(0, |next| width(&next.text, Look::By));
        let wide = width(&element.text, look) + more;
        let x = element.number("x") + element.moved.0 - if element.has("middle") { wide / 2 } else { 0 };
        let y = element.number("y") + element.moved.1 - look.size();
        (Rect { x, y, width: wide, height: look.size() }, element.text.clone())
    };
    let all = elements.iter().enumerate().filter(|(_, element)| element.name == "text");
    all.map(|(index, element)| text(index, element)).collect()
}

fn rects(elements: &[Element], classes: &[&str]) -> Vec<Rect> {
    let drawn =
        elements.iter().filter(|element| element.name == "rect" && classes.iter().any(|class| element.has(class)));
    let rect = |element: &Element| {
        let (x, y) = (element.number("x") + element.moved.0, element.number("y") + element.moved.1);
        Rect { x, y, width: element.number("width"), height: element.number("height") }
    };
    drawn.map(rect).collect()
}

/// Fails where a box, a label or a text lies on another, outside the sheet, or a text leaves its box.
fn assert_tidy(workflow: &Workflow) {
    let svg = svg(workflow);
    let elements = elements(&svg);
    let sheet = rects(&elements, &["sheet"])[0];
    let blocks = rects(&elements, &["box", "end", "pill"]);
    let texts = texts(&elements);
    let inside = |inner: &Rect, outer: &Rect| {
        inner.x >= outer.x && inner.right() <= outer.right() && inner.y >= outer.y && inner.bottom() <= outer.bottom()
    };
    for (index, block) in blocks.iter().enumerate() {
        assert!(inside(block, &sheet), "{}: {block:?} leaves {sheet:?}", workflow.id);
        let other = blocks[index + 1..].iter().find(|other| overlap(*block, **other));
        assert_eq!(other, None, "{}: {block:?} lies on it", workflow.id);
    }
    for (index, (rect, text)) in texts.iter().enumerate() {
        assert!(inside(rect, &sheet), "{}: {text} at {rect:?} leaves {sheet:?}", workflow.id);
        let other = texts[index + 1..].iter().find(|(other, _)| overlap(*rect, *other));
        assert_eq!(other, None, "{}: {text} at {rect:?} lies on it", workflow.id);
        let block = blocks.iter().find(|block| overlap(*rect, **block));
        assert!(block.is_none_or(|block| inside(rect, block)), "{}: {text} at {rect:?} leaves {block:?}", workflow.id);
    }
}

/// Points of a line, from above to below.
fn points(piece: &Piece) -> impl Iterator<Item = (f64, f64)> + '_ {
    let ((x, y), (to_x, to_y)) = (piece.from, piece.to);
    (0..=40).map(move |step| {
        let at = f64::from(step) / 40.0;
        // The curve that the sheet draws: both handles at half the height.
        let (one, three) = ((1.0 - at).powi(2) * (1.0 + 2.0 * at), at.powi(2) * (3.0 - 2.0 * at));
        let half = f64::from(y.midpoint(to_y));
        let height = (1.0 - at).powi(3) * f64::from(y) + 3.0 * (1.0 - at) * at * half + at.powi(3) * f64::from(to_y);
        (f64::from(x) * one + f64::from(to_x) * three, height)
    })
}

/// Fails where a line crosses a box, or what stands on another line.
fn assert_lines_keep_off(workflow: &Workflow) {
    let drawing = Drawing::of(workflow);
    let machine = &drawing.machine;
    for (index, route) in machine.routes.iter().enumerate() {
        let labels = machine.labels.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, rect)| rect);
        let obstacles: Vec<&Rect> = machine.places.iter().chain(labels).collect();
        for (x, y) in route.pieces.iter().flat_map(points) {
            let inside = |rect: &&&Rect| {
                let (left, top) = (f64::from(rect.x) + 1.0, f64::from(rect.y) + 1.0);
                let (right, bottom) = (f64::from(rect.right()) - 1.0, f64::from(rect.bottom()) - 1.0);
                x > left && x < right && y > top && y < bottom
            };
            assert_eq!(obstacles.iter().find(inside), None, "{}: arrow {index} at {x}, {y}", workflow.id);
        }
    }
}

#[test]
fn every_state_action_party_and_deadline_is_drawn() {
    for workflow in shipped().values() {
        let elements = elements(&svg(workflow));
        let shown: Vec<&str> = elements
            .iter()
            .filter(|element| ["text", "tspan"].contains(&element.name.as_str()))
            .map(|e| e.text.as_str())
            .collect();
        let shown = shown.join(" ");
        let names = workflow.parties.iter().map(|party| party.id.as_str());
        let names = names.chain(workflow.order.iter().map(String::as_str));
        let names = names.chain(workflow.transitions.iter().map(|step| step.action.as_str()));
        for name in names.chain(workflow.deadlines.iter().map(|timer| timer.id.as_str())) {
            assert!(shown.contains(name), "{}: {name}", workflow.id);
        }
        let count = |class: &str| rects(&elements, &[class]).len();
        let ends = workflow.states.values().filter(|state| state.awaits.is_none()).count();
        assert_eq!((count("box"), count("end")), (workflow.states.len() - ends, ends), "{}", workflow.id);
    }
}

#[test]
fn no_box_label_or_text_lies_on_another_and_no_line_crosses_them() {
    for workflow in shipped().values() {
        assert_tidy(workflow);
        assert_lines_keep_off(workflow);
    }
}

#[test]
fn any_workflow_is_drawn_as_tidily() {
    for seed in 1..60 {
        let workflow = random(seed);
        assert_tidy(&workflow);
        assert_lines_keep_off(&workflow);
    }
}

#[test]
fn two_drawings_are_the_same_bytes() {
    for workflow in shipped().values() {
        assert_eq!(svg(workflow), svg(workflow), "{}", workflow.id);
    }
}

#[test]
fn a_drawing_stands_alone_and_says_what_it_shows() {
    for workflow in shipped().values() {
        let svg = svg(workflow);
        let elements = elements(&svg);
        let root = &elements[0];
        assert_eq!((root.name.as_str(), root.attributes["role"].as_str()), ("svg", "img"));
        assert_eq!(elements[1].text, workflow.title);
        assert!(elements[2].name == "desc" && workflow.order.iter().all(|state| elements[2].text.contains(state)));
        assert!(svg.contains("prefers-color-scheme: dark"));
        for foreign in ["<script", "href", "url(", "@import", "@font-face", "<foreignObject"] {
            assert!(!svg.contains(foreign), "{foreign}");
        }
    }
}

#[test]
fn letters_have_the_size_that_they_are_measured_by() {
    let style = include_str!("style.css");
    for look in LOOKS {
        let (class, size) = (format!(".{}", look.class()), format!("font-size: {}px", look.size()));
        let is_its = |line: &&str| line.split([' ', ',']).any(|word| word == class) && line.contains("font-size");
        let rules: Vec<&str> = style.lines().filter(is_its).collect();
        assert!(matches!(rules.as_slice(), [rule] if rule.contains(&size)), "{class}: {rules:?}");
    }
}

#[test]
fn hostile_words_are_escaped_and_cut_into_lines() {
    let mut workflow = (*shipped()[&"information-request".parse().expect("a name")]).clone();
    let hostile = "</title><script>alert('&')</script>\u{0}\u{1b}";
    workflow.title = format!("{hostile}{}", "W".repeat(500));
    workflow.parties[0].title = hostile.to_owned();
    workflow.deadlines[0].id = hostile.to_owned();
    workflow.deadlines[0].reference = hostile.to_owned();
    let state = State { id: hostile.to_owned(), awaits: None, answered: false };
    workflow.order.push(state.id.clone());
    workflow.states.insert(state.id.clone(), state);
    workflow.transitions[0].to = Some(hostile.to_owned());
    assert_tidy(&workflow);
    let elements = elements(&svg(&workflow));
    assert!(elements.iter().all(|element| element.name != "script"));
    assert!(
        elements[1].text.starts_with("</title><script>alert('&')</script>\u{fffd}\u{fffd}"),
        "{}",
        elements[1].text
    );
}

/// A workflow with as much confusion as the format allows, the same for the same seed.
fn random(seed: u64) -> Workflow {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = move |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % most
    };
    let mut workflow = (*shipped()[&"information-request".parse().expect("a name")]).clone();
    let count = 3 + next(8);
    workflow.order = (0..count).map(|index| format!("S{}{index}", "TATE".repeat(next(7)))).collect();
    let parties: Vec<_> = workflow.parties.iter().map(|party| party.id.clone()).collect();
    let awaited = |index: usize| (index + 2 < count).then(|| parties[index % parties.len()].clone());
    let states = workflow.order.iter().enumerate();
    let states = states.map(|(index, id)| State { id: id.clone(), awaits: awaited(index), answered: index % 3 == 0 });
    workflow.states = states.map(|state| (state.id.clone(), state)).collect();
    let template = workflow.transitions[0].clone();
    let open = count.saturating_sub(2).max(1);
    workflow.transitions = (0..count * 3)
        .map(|index| Transition {
            action: format!("action-{}{index}", "long-".repeat(next(5))).parse().expect("a name"),
            by: parties.iter().skip(next(3)).take(1 + next(3)).cloned().collect(),
            from: (0..next(5)).map(|_| workflow.order[next(open)].clone()).collect(),
            to: (next(5) > 0).then(|| workflow.order[next(count)].clone()),
            within_country: next(3) == 0,
            ..template.clone()
        })
        .collect();
    workflow.deadlines.iter_mut().for_each(|timer| timer.states = workflow.order[..open].to_vec());
    workflow
}
