//! The wire contract of the IMI Gateway: the words that travel, the area packs, and the code that loads,
//! checks and applies them. Knows neither broker nor store.

pub mod area;
pub mod calendar;
pub mod check;
pub mod json;
pub mod names;
pub mod validate;
pub mod wire;
pub mod workflow;
