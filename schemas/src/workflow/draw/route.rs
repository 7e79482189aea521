//! Where everything stands at last, and the lines between: heights of the layers, ports of the boxes, curves.

use super::{
    arrows::Plan,
    layers::{Kind, Layers, Link, Node},
    place,
};

/// Room between two layers: at least, and at most where curves have far to go.
const BETWEEN_LAYERS: (i32, i32) = (24, 64);
/// Room between a box's edge and its nearest port, and between two ports.
const PORT_MARGIN: f64 = 16.0;
const BETWEEN_PORTS: f64 = 16.0;

/// An upright rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rect {
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Rect {
    pub(super) fn bottom(self) -> i32 {
        self.y + self.height
    }

    pub(super) fn right(self) -> i32 {
        self.x + self.width
    }
}

/// A piece of a line: straight down, or a curve that begins and ends upright. From above to below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub from: (i32, i32),
    pub to: (i32, i32),
}

/// A line with its head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Route {
    pub pieces: Vec<Piece>,
    /// Where the head's tip is.
    pub tip: (i32, i32),
}

/// The machine without its surroundings.
pub(super) struct Machine {
    /// By place, its box; that of the opening is a small square.
    pub places: Vec<Rect>,
    /// By arrow, what stands on it.
    pub labels: Vec<Rect>,
    /// By arrow, its line.
    pub routes: Vec<Route>,
    pub width: i32,
    pub height: i32,
}

/// Length of an arrow's head.
pub(super) const HEAD: i32 = 8;

pub(super) fn machine(plan: &Plan, layers: &Layers) -> Machine {
    let across = place::across(layers);
    let down = Down::of(layers, &across);
    let rect = |index: usize, node: &Node| {
        let (x, y) = (across[index] - node.width / 2, down.top(node));
        Rect { x, y, width: node.width, height: node.height }
    };
    let rects: Vec<Rect> = layers.nodes.iter().enumerate().map(|(index, node)| rect(index, node)).collect();
    let empty = Rect { x: 0, y: 0, width: 0, height: 0 };
    let mut machine = Machine {
        places: vec![empty; plan.ranks.len()],
        labels: vec![empty; plan.arrows.len()],
        routes: vec![Route::default(); plan.arrows.len()],
        width: rects.iter().map(|rect| rect.right()).max().unwrap_or(0),
        height: rects.iter().map(|rect| rect.bottom()).max().unwrap_or(0),
    };
    for (node, rect) in layers.nodes.iter().zip(&rects) {
        match node.kind {
            Kind::Place(place) => machine.places[place] = *rect,
            Kind::Label(arrow) => machine.labels[arrow] = *rect,
            Kind::Bend(_) => {}
        }
    }
    let ports = Ports::of(layers, &rects, &across);
    for (index, link) in layers.links.iter().enumerate() {
        machine.routes[link.arrow].add(plan, layers, (&down, &rects), (link, ports.ends[index]));
    }
    for (index, node) in layers.nodes.iter().enumerate() {
        if let Kind::Bend(arrow) | Kind::Label(arrow) = node.kind {
            let (top, bottom) = down.layers[node.layer];
            if top < bottom {
                machine.routes[arrow].pieces.push(Piece { from: (across[index], top), to: (across[index], bottom) });
            }
        }
    }
    machine
}

impl Route {
    fn add(
        &mut self,
        plan: &Plan,
        layers: &Layers,
        (down, rects): (&Down, &[Rect]),
        (link, ends): (&Link, (i32, i32)),
    ) {
        let target = plan.arrows[link.arrow].target;
        let (upper, lower) = (&layers.nodes[link.upper], &layers.nodes[link.lower]);
        let (mut from, mut to) = ((ends.0, down.layers[upper.layer].1), (ends.1, down.layers[lower.layer].0));
        if let Kind::Place(place) = upper.kind {
            // A box may end above its layer's end.
            let edge = rects[link.upper].bottom();
            let start = if place == target { edge + HEAD } else { edge };
            if place == target {
                self.tip = (from.0, edge);
            }
            if from.1 > start {
                self.pieces.push(Piece { from: (from.0, start), to: from });
            } else {
                from.1 = start;
            }
        }
        if lower.kind == Kind::Place(target) {
            self.tip = to;
            to.1 -= HEAD;
        }
        self.pieces.push(Piece { from, to });
    }
}

/// The layers from above to below.
struct Down {
    /// By layer, its top and its bottom.
    layers: Vec<(i32, i32)>,
}

impl Down {
    fn of(layers: &Layers, across: &[i32]) -> Self {
        let mut farthest = vec![0; layers.order.len()];
        for link in &layers.links {
            let distance = (across[link.upper] - across[link.lower]).abs();
            let of_layer = &mut farthest[layers.nodes[link.upper].layer];
            *of_layer = distance.max(*of_layer);
        }
        let mut top = 0;
        let mut found = Vec::with_capacity(layers.order.len());
        for (layer, nodes) in layers.order.iter().enumerate() {
            let height = nodes.iter().map(|node| layers.nodes[*node].height).max().unwrap_or(0);
            found.push((top, top + height));
            top += height + (farthest[layer] / 8).clamp(BETWEEN_LAYERS.0, BETWEEN_LAYERS.1);
        }
        Self { layers: found }
    }

    /// Boxes hang from the top of their layer, what stands on arrows is in its middle.
    fn top(&self, node: &Node) -> i32 {
        let (top, bottom) = self.layers[node.layer];
        match node.kind {
            Kind::Place(_) => top,
            Kind::Label(_) | Kind::Bend(_) => top + (bottom - top - node.height) / 2,
        }
    }
}

/// Where links meet the boxes.
struct Ports {
    /// By link, from where to where on the axis from left to right.
    ends: Vec<(i32, i32)>,
}

impl Ports {
    fn of(layers: &Layers, rects: &[Rect], across: &[i32]) -> Self {
        let ends = layers.links.iter().map(|link| (across[link.upper], across[link.lower])).collect();
        let mut ports = Self { ends };
        for (node, rect) in rects.iter().enumerate() {
            if matches!(layers.nodes[node].kind, Kind::Place(_)) {
                let below: Vec<usize> =
                    (0..layers.links.len()).filter(|link| layers.links[*link].upper == node).collect();
                let above: Vec<usize> =
                    (0..layers.links.len()).filter(|link| layers.links[*link].lower == node).collect();
                for (link, x) in spread(&below, |link| ports.ends[link].1, *rect) {
                    ports.ends[link].0 = x;
                }
                for (link, x) in spread(&above, |link| ports.ends[link].0, *rect) {
                    ports.ends[link].1 = x;
                }
            }
        }
        ports
    }
}

/// The ports of links along one edge of a box: each as near to where its link goes as the others let it.
fn spread(links: &[usize], goes: impl Fn(usize) -> i32, rect: Rect) -> Vec<(usize, i32)> {
    let mut links: Vec<(i32, usize)> = links.iter().map(|link| (goes(*link), *link)).collect();
    links.sort_unstable();
    let room = (f64::from(rect.width) - 2.0 * PORT_MARGIN).max(0.0);
    let gaps = links.len().saturating_sub(1).max(1) as f64;
    let gap = BETWEEN_PORTS.min(room / gaps);
    let (least, most) = (
        f64::from(rect.x) + (f64::from(rect.width) - room) / 2.0,
        f64::from(rect.x) + (f64::from(rect.width) + room) / 2.0,
    );
    // Without the gaps between them, ports only have to keep their order: pools of equal places, each at its mean.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (index, (goes, _)) in links.iter().enumerate() {
        let mut pool = (f64::from(*goes).clamp(least, most) - gap * index as f64, 1);
        while let Some(before) = pools.pop_if(|before| before.0 > pool.0) {
            let count = before.1 + pool.1;
            pool = ((before.0 * before.1 as f64 + pool.0 * pool.1 as f64) / count as f64, count);
        }
        pools.push(pool);
    }
    let last = most - gap * links.len().saturating_sub(1) as f64;
    let places = pools.iter().flat_map(|(at, count)| std::iter::repeat_n(at.clamp(least, last.max(least)), *count));
    let places: Vec<f64> = places.collect();
    let port =
        |(index, (_, link)): (usize, &(i32, usize))| (*link, (places[index] + gap * index as f64).round() as i32);
    links.iter().enumerate().map(port).collect()
}
