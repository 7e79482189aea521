//! The order of each layer's nodes, so that few links cross: barycentres, then swaps of neighbours.

use super::layers::Link;

/// How many times all layers are gone through.
const SWEEPS: usize = 24;

/// A neighbour, and how much a crossing with the link to it weighs: trunks weigh more, so that they stay straight.
type Neighbour = (usize, usize);

struct Ordering {
    order: Vec<Vec<usize>>,
    /// By node, its place in its layer.
    places: Vec<usize>,
    above: Vec<Vec<Neighbour>>,
    below: Vec<Vec<Neighbour>>,
}

/// Which of a layer's sides counts.
#[derive(Clone, Copy)]
enum Side {
    Above,
    Below,
}

/// The layers in the best order that was found; always the same for the same graph.
pub(super) fn improved(links: &[Link], order: Vec<Vec<usize>>, nodes: usize) -> Vec<Vec<usize>> {
    let mut ordering =
        Ordering { order, places: vec![0; nodes], above: vec![Vec::new(); nodes], below: vec![Vec::new(); nodes] };
    for link in links {
        let weight = if link.trunk { 2 } else { 1 };
        ordering.above[link.lower].push((link.upper, weight));
        ordering.below[link.upper].push((link.lower, weight));
    }
    let depth = ordering.order.len();
    (0..depth).for_each(|layer| ordering.number(layer));
    let mut best = (ordering.crossings(), ordering.order.clone());
    for sweep in 0..SWEEPS {
        if sweep % 2 == 0 {
            (1..depth).for_each(|layer| ordering.sort(layer, Side::Above));
        } else {
            (0..depth.saturating_sub(1)).rev().for_each(|layer| ordering.sort(layer, Side::Below));
        }
        (0..depth).for_each(|layer| ordering.swap_neighbours(layer));
        let crossings = ordering.crossings();
        if crossings < best.0 {
            best = (crossings, ordering.order.clone());
        }
    }
    best.1
}

impl Ordering {
    fn number(&mut self, layer: usize) {
        for (place, node) in self.order[layer].iter().enumerate() {
            self.places[*node] = place;
        }
    }

    fn neighbours(&self, node: usize, side: Side) -> &[Neighbour] {
        match side {
            Side::Above => &self.above[node],
            Side::Below => &self.below[node],
        }
    }

    /// Sorts a layer by the mean place of each node's neighbours; a node without any keeps its place.
    fn sort(&mut self, layer: usize, side: Side) {
        let mean = |node: &usize| {
            let places = self.neighbours(*node, side).iter().map(|(other, _)| self.places[*other]);
            let (sum, count) = places.fold((0, 0), |(sum, count), place| (sum + place, count + 1));
            if count == 0 { self.places[*node] as f64 } else { sum as f64 / f64::from(count) }
        };
        let mut nodes: Vec<(f64, usize)> = self.order[layer].iter().map(|node| (mean(node), *node)).collect();
        nodes.sort_by(|one, other| one.0.total_cmp(&other.0));
        self.order[layer] = nodes.into_iter().map(|(_, node)| node).collect();
        self.number(layer);
    }

    /// Swaps neighbours of a layer wherever that leaves fewer crossings.
    fn swap_neighbours(&mut self, layer: usize) {
        for left in 0..self.order[layer].len().saturating_sub(1) {
            let (one, other) = (self.order[layer][left], self.order[layer][left + 1]);
            if self.crossings_of(one, other) > self.crossings_of(other, one) {
                self.order[layer].swap(left, left + 1);
                self.number(layer);
            }
        }
    }

    /// How often links of two nodes cross each other where one stands to the left of the other.
    fn crossings_of(&self, left: usize, right: usize) -> usize {
        let on = |side: Side| {
            let of_left = self.neighbours(left, side).iter();
            let pairs = of_left.flat_map(|one| self.neighbours(right, side).iter().map(move |other| (one, other)));
            pairs
                .filter(|(one, other)| self.places[one.0] > self.places[other.0])
                .map(|(one, other)| one.1 * other.1)
                .sum()
        };
        let above: usize = on(Side::Above);
        let below: usize = on(Side::Below);
        above + below
    }

    /// All crossings.
    fn crossings(&self) -> usize {
        let of_layer = |layer: &Vec<usize>| {
            let links = layer.iter().enumerate().flat_map(|(place, node)| {
                self.below[*node].iter().map(move |(lower, weight)| (place, self.places[*lower], *weight))
            });
            let links: Vec<(usize, usize, usize)> = links.collect();
            let crossing = |(index, one): (usize, &(usize, usize, usize))| {
                let later = links[index + 1..].iter();
                later.filter(|other| one.0 < other.0 && one.1 > other.1).map(|other| one.2 * other.2).sum::<usize>()
            };
            links.iter().enumerate().map(crossing).sum::<usize>()
        };
        self.order.iter().map(of_layer).sum()
    }
}
