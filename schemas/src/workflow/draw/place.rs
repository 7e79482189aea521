//! Where the nodes of the layers stand: trunks straight, everything else near what it is joined to, nothing overlapping.

use super::layers::{Kind, Layers, Link};

/// Least room between two boxes, between two labels, and beside an arrow that passes.
const BETWEEN_BOXES: i32 = 40;
const BETWEEN_LABELS: i32 = 18;
const BESIDE_BEND: i32 = 20;
/// How many times everything is drawn towards what it is joined to.
const ROUNDS: usize = 400;

/// The middle of every node on the axis from left to right, from 0.
pub(super) fn across(layers: &Layers) -> Vec<i32> {
    let (blocks, count) = blocks(layers);
    let mut field = Field::new(layers, &blocks, count);
    if !field.stretch() {
        let alone: Vec<usize> = (0..layers.nodes.len()).collect();
        return settled(Field::new(layers, &alone, alone.len()), layers, &alone);
    }
    settled(field, layers, &blocks)
}

fn settled(mut field: Field, layers: &Layers, blocks: &[usize]) -> Vec<i32> {
    field.stretch();
    field.draw_together();
    let left = |node: usize| field.at[blocks[node]] - f64::from(layers.nodes[node].width) / 2.0;
    let least = (0..layers.nodes.len()).map(left).fold(f64::INFINITY, f64::min);
    blocks.iter().map(|block| (field.at[*block] - least).round() as i32).collect()
}

/// Nodes that stand beneath each other become one block: trunks, unless they cross. By node its block, and how many.
fn blocks(layers: &Layers) -> (Vec<usize>, usize) {
    let places = places(layers);
    let mut upper_of: Vec<Option<usize>> = vec![None; layers.nodes.len()];
    let mut straight: Vec<Vec<&Link>> = vec![Vec::new(); layers.order.len()];
    for link in layers.links.iter().filter(|link| link.trunk) {
        let taken = &mut straight[layers.nodes[link.upper].layer];
        let crosses =
            |other: &&Link| (places[other.upper] < places[link.upper]) != (places[other.lower] < places[link.lower]);
        if !taken.iter().any(crosses) {
            taken.push(link);
            upper_of[link.lower] = Some(link.upper);
        }
    }
    let mut blocks = vec![usize::MAX; layers.nodes.len()];
    let mut count = 0;
    for node in layers.order.iter().flatten() {
        blocks[*node] = match upper_of[*node] {
            Some(upper) => blocks[upper],
            None => {
                count += 1;
                count - 1
            }
        };
    }
    (blocks, count)
}

/// By node, its place in its layer.
fn places(layers: &Layers) -> Vec<usize> {
    let mut places = vec![0; layers.nodes.len()];
    for layer in &layers.order {
        for (place, node) in layer.iter().enumerate() {
            places[*node] = place;
        }
    }
    places
}

/// Blocks on the axis.
struct Field {
    /// The middle of each block.
    at: Vec<f64>,
    /// By block, who stands to the left of it, and how far away at least.
    left: Vec<Vec<(usize, f64)>>,
    /// The same to the right.
    right: Vec<Vec<(usize, f64)>>,
    /// By block, what draws it, and how strongly.
    pulls: Vec<Vec<(usize, f64)>>,
}

impl Field {
    fn new(layers: &Layers, blocks: &[usize], count: usize) -> Self {
        let none = || vec![Vec::new(); count];
        let mut field = Self { at: vec![0.0; count], left: none(), right: none(), pulls: none() };
        for pair in layers.order.iter().flat_map(|layer| layer.windows(2)) {
            let (one, other) = (blocks[pair[0]], blocks[pair[1]]);
            let apart = apart(layers, pair[0], pair[1]);
            field.left[other].push((one, apart));
            field.right[one].push((other, apart));
        }
        for link in &layers.links {
            let (one, other) = (blocks[link.upper], blocks[link.lower]);
            if one != other {
                let weight = if link.trunk { 6.0 } else { 1.0 };
                field.pulls[one].push((other, weight));
                field.pulls[other].push((one, weight));
            }
        }
        field
    }

    /// Puts every block between the leftmost and the rightmost place that it can have; false if there is none.
    fn stretch(&mut self) -> bool {
        let (Some(from_left), Some(from_right)) =
            (farthest(&self.left, &self.right), farthest(&self.right, &self.left))
        else {
            return false;
        };
        let width = from_left.iter().copied().fold(0.0, f64::max);
        self.at = from_left.iter().zip(&from_right).map(|(left, right)| (left + width - right) / 2.0).collect();
        true
    }

    /// Moves each block towards the mean of what draws it, as far as its neighbours let it, again and again.
    fn draw_together(&mut self) {
        for round in 0..ROUNDS {
            for step in 0..self.at.len() {
                let block = if round % 2 == 0 { step } else { self.at.len() - 1 - step };
                let (sum, weight) = self.pulls[block]
                    .iter()
                    .fold((0.0, 0.0), |(sum, total), (other, weight)| (sum + self.at[*other] * weight, total + weight));
                if weight > 0.0 {
                    let most = self.right[block].iter().map(|(other, apart)| self.at[*other] - apart);
                    let least = self.left[block].iter().map(|(other, apart)| self.at[*other] + apart);
                    let wanted = (sum / weight).min(most.fold(f64::INFINITY, f64::min));
                    self.at[block] = wanted.max(least.fold(f64::NEG_INFINITY, f64::max));
                }
            }
        }
    }
}

/// The least distance of each block from the edge that the neighbours in `before` lie towards; nothing if they go round
/// in a circle.
fn farthest(before: &[Vec<(usize, f64)>], after: &[Vec<(usize, f64)>]) -> Option<Vec<f64>> {
    let mut at = vec![0.0_f64; before.len()];
    let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..before.len()).filter(|block| missing[*block] == 0).collect();
    let mut done = 0;
    while let Some(block) = ready.pop() {
        done += 1;
        for (other, apart) in &after[block] {
            at[*other] = at[*other].max(at[block] + apart);
            missing[*other] -= 1;
            if missing[*other] == 0 {
                ready.push(*other);
            }
        }
    }
    (done == before.len()).then_some(at)
}

/// How far the middles of two neighbours are apart at least.
fn apart(layers: &Layers, left: usize, right: usize) -> f64 {
    let (one, other) = (&layers.nodes[left], &layers.nodes[right]);
    let gap = match (one.kind, other.kind) {
        (Kind::Place(_), Kind::Place(_)) => BETWEEN_BOXES,
        (Kind::Bend(_), _) | (_, Kind::Bend(_)) => BESIDE_BEND,
        (Kind::Label(_), _) | (_, Kind::Label(_)) => BETWEEN_LABELS,
    };
    f64::from(one.width + other.width) / 2.0 + f64::from(gap)
}
