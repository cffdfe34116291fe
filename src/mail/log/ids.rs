//! Ids that a mail server uses again: which message an id means.

use std::collections::{BTreeMap, HashMap};

/// What an id means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// In seconds since 1970, and what tells two of the same second apart.
    since: (i64, u32),
    /// A number of the reader's own.
    pub life: usize,
    /// The message is gone; lines about it may still follow.
    pub ended: bool,
    /// The message is gone, and no line follows.
    forgotten: bool,
}

/// The messages of ids in the order of the log. A log that repeats itself (it was rotated while it was read, or a copy
/// of it stands beside it) goes back in time, and its ids with it.
#[derive(Default)]
pub struct Ids<'a> {
    now: HashMap<&'a [u8], Use>,
    /// Others than now, by id and beginning: few ids are used twice.
    others: BTreeMap<(&'a [u8], i64, u32), usize>,
}

impl<'a> Ids<'a> {
    /// What the id means in a line of that time.
    pub fn at(&mut self, id: &'a [u8], at: i64) -> Option<&mut Use> {
        let now = self.now.get_mut(id).filter(|now| !now.forgotten)?;
        if at < now.since.0
            && let Some((&(_, since, mark), &life)) =
                self.others.range((id, i64::MIN, 0)..=(id, at, u32::MAX)).next_back()
        {
            self.others.insert((id, now.since.0, now.since.1), now.life);
            *now = Use { since: (since, mark), life, ended: false, forgotten: false };
        }
        Some(now)
    }

    /// A message of that id begins: `life`, or the one that is known to have begun so. Returns which.
    pub fn begin(&mut self, id: &'a [u8], at: i64, mark: u32, life: usize) -> usize {
        let new = Use { since: (at, mark), life, ended: false, forgotten: false };
        let now = self.now.entry(id).or_insert(new);
        let before = *now;
        *now = new;
        if before.since == new.since {
            now.life = before.life;
        } else {
            self.others.insert((id, before.since.0, before.since.1), before.life);
            now.life = self.others.get(&(id, at, mark)).copied().unwrap_or(life);
        }
        now.life
    }

    /// What began so is that message after all.
    pub fn replace(&mut self, id: &'a [u8], at: i64, mark: u32, life: usize) {
        self.begin(id, at, mark, life);
        self.now.get_mut(id).into_iter().for_each(|now| now.life = life);
    }

    /// The id means nothing until a message begins.
    pub fn forget(&mut self, id: &[u8]) {
        self.now.get_mut(id).into_iter().for_each(|now| now.forgotten = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_means_what_it_meant_when_the_line_was_written() {
        let mut ids = Ids::default();
        assert_eq!((ids.begin(b"A", 10, 0, 0), ids.begin(b"A", 20, 0, 1), ids.begin(b"A", 20, 7, 2)), (0, 1, 2));
        let mut life = |at: i64| ids.at(b"A", at).unwrap().life;
        assert_eq!([life(25), life(15), life(25)], [2, 0, 0], "until the next message begins");
        assert_eq!([ids.begin(b"A", 20, 0, 9), ids.at(b"A", 30).unwrap().life], [1, 1]);
        // A clock that was set back.
        assert_eq!(ids.at(b"A", 5).unwrap().life, 1);
        ids.replace(b"A", 20, 0, 5);
        assert_eq!([ids.begin(b"A", 20, 0, 9), ids.begin(b"A", 10, 0, 9)], [5, 0]);
        ids.forget(b"A");
        assert!(ids.at(b"A", 30).is_none() && ids.at(b"B", 30).is_none());
    }
}
