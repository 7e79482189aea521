//! Chance that repeats itself: what it says depends on the seed and on what it is asked about, never on the order of
//! the questions, so that one more authority changes no other.

/// Answers drawn for one subject.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// The answers about `subject` under `seed`: FNV-1a of the subject, mixed with the seed.
    pub(super) fn about(seed: u64, subject: &str) -> Self {
        let hash = subject
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// The next number below `end`, which is at least 1: one step of `SplitMix64`.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        u32::try_from(mixed % u64::from(end.max(1))).unwrap_or_default()
    }

    /// A day of a year, `YYYY-MM-DD`, never later than the 28th of its month.
    pub(super) fn day(&mut self, year: u32) -> String {
        format!("{year}-{:02}-{:02}", 1 + self.below(12), 1 + self.below(28))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_question_has_the_same_answer() {
        let mut first = Chance::about(7, "DE-KREIS-GOSLAR");
        let mut again = Chance::about(7, "DE-KREIS-GOSLAR");
        assert_eq!((first.below(1000), first.day(2010)), (again.below(1000), again.day(2010)));
    }

    #[test]
    fn seed_and_subject_both_matter() {
        let draw = |seed, subject| Chance::about(seed, subject).below(1_000_000_000);
        assert_ne!(draw(1, "A"), draw(2, "A"));
        assert_ne!(draw(1, "A"), draw(1, "B"));
    }
}
