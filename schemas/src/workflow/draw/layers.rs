//! The drawing as layers: states on the even ones, what stands on arrows on the odd ones between.
//!
//! An arrow is a trunk of bends, one per layer between its ends, that every state it begins in joins; one bend carries
//! what stands on the arrow. So nothing that is written can lie on anything else, and no arrow crosses a box.

use super::{
    arrows::{Direction, Plan},
    order,
};

/// What a node of a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The opening, or a state.
    Place(usize),
    /// Where an arrow says what it is.
    Label(usize),
    /// Where an arrow passes a layer.
    Bend(usize),
}

/// A node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub kind: Kind,
    pub layer: usize,
    pub width: i32,
    pub height: i32,
}

/// A piece of an arrow from one layer to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub upper: usize,
    pub lower: usize,
    pub arrow: usize,
    /// Whether both its ends are bends.
    pub trunk: bool,
}

/// Nodes in layers, from the left to the right.
pub(super) struct Layers {
    pub nodes: Vec<Node>,
    pub links: Vec<Link>,
    pub order: Vec<Vec<usize>>,
}

/// Sizes of what is drawn: of places, and of what stands on arrows.
pub(super) struct Sizes {
    pub places: Vec<(i32, i32)>,
    pub labels: Vec<(i32, i32)>,
}

impl Layers {
    pub(super) fn of(plan: &Plan, sizes: &Sizes) -> Self {
        let depth = plan.ranks.iter().max().copied().unwrap_or(0);
        let mut layers = Self { nodes: Vec::new(), links: Vec::new(), order: vec![Vec::new(); 2 * depth + 1] };
        for (place, rank) in plan.ranks.iter().enumerate() {
            layers.node(Kind::Place(place), 2 * rank, sizes.places[place]);
        }
        for arrow in 0..plan.arrows.len() {
            layers.trunk(plan, arrow, sizes.labels[arrow]);
        }
        for node in 0..layers.nodes.len() {
            layers.order[layers.nodes[node].layer].push(node);
        }
        layers.order = order::improved(&layers.links, layers.order, layers.nodes.len());
        layers
    }

    fn node(&mut self, kind: Kind, layer: usize, (width, height): (i32, i32)) -> usize {
        self.nodes.push(Node { kind, layer, width, height });
        self.nodes.len() - 1
    }

    /// The nodes of an arrow, and its links.
    fn trunk(&mut self, plan: &Plan, index: usize, size: (i32, i32)) {
        let arrow = &plan.arrows[index];
        let layer = |place: usize| 2 * plan.ranks[place];
        // The layer beside a source, on the side that the arrow leaves it.
        let beside = |place: &usize| match arrow.direction {
            Direction::Down => layer(*place) + 1,
            Direction::Up => layer(*place) - 1,
        };
        let last = match arrow.direction {
            Direction::Down => layer(arrow.target) - 1,
            Direction::Up => layer(arrow.target) + 1,
        };
        let joins = arrow.sources.iter().map(beside);
        let (least, most) = joins.fold((last, last), |(least, most), layer| (least.min(layer), most.max(layer)));
        let label = match arrow.direction {
            Direction::Down => arrow.sources.iter().map(beside).max(),
            Direction::Up => arrow.sources.iter().map(beside).min(),
        };
        let first = self.nodes.len();
        for layer in least..=most {
            match label {
                Some(label) if label == layer => self.node(Kind::Label(index), layer, size),
                _ => self.node(Kind::Bend(index), layer, (0, 0)),
            };
        }
        let bend = |layer: usize| first + layer - least;
        let trunk = (least..most).map(|layer| (bend(layer), bend(layer + 1), true));
        let ends =
            arrow.sources.iter().map(|source| (*source, bend(beside(source)))).chain([(arrow.target, bend(last))]);
        let ends: Vec<_> = ends
            .map(|(place, bend)| if layer(place) < self.nodes[bend].layer { (place, bend) } else { (bend, place) })
            .map(|(upper, lower)| (upper, lower, false))
            .collect();
        let links = trunk.chain(ends);
        self.links.extend(links.map(|(upper, lower, trunk)| Link { upper, lower, arrow: index, trunk }));
    }
}
