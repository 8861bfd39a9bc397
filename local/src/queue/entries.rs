//! The order of the queue's messages: which one is received next.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use super::messages::Entry;

/// How many messages of one group are held at the same time, so that a group whose messages take long leaves room for the
/// others. SQS's fair queues do it by other means.
const MAX_HELD: usize = 8;

/// How long a message is hidden after it was received and given back, unless it is hidden for longer.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(1);

/// The messages by their numbers, which grow. Each is ready, hidden until its time, or held by whoever received it.
#[derive(Default)]
pub(super) struct Entries {
    all: HashMap<u64, Entry>,
    ready: BTreeSet<u64>,
    hidden: BTreeSet<(SystemTime, u64)>,
    /// How many messages of each group are held.
    held: HashMap<String, usize>,
    next: u64,
}

impl Entries {
    pub(super) fn new(stored: BTreeMap<u64, Entry>) -> Self {
        let mut entries = Self {
            next: stored.keys().next_back().map_or(0, |last| last + 1),
            ..Self::default()
        };
        for (number, entry) in stored {
            entries.insert(number, entry);
        }
        entries
    }

    /// A number for a new message.
    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    pub(super) fn insert(&mut self, number: u64, entry: Entry) {
        self.hidden.insert((entry.visible_at, number));
        self.all.insert(number, entry);
    }

    /// Receives the oldest message that is ready, and skips groups of which enough are held.
    pub(super) fn take(&mut self, now: SystemTime) -> Option<(u64, &Entry)> {
        while let Some((visible_at, number)) = self.hidden.first().copied()
            && visible_at <= now
        {
            self.hidden.pop_first();
            self.ready.insert(number);
        }
        let may_be_held = |number: &&u64| {
            let entry = self.all.get(number);
            entry.is_some_and(|entry| self.held.get(&entry.group).is_none_or(|held| *held < MAX_HELD))
        };
        let number = self.ready.iter().find(may_be_held).copied()?;
        self.ready.remove(&number);
        let entry = self.all.get_mut(&number)?;
        *self.held.entry(entry.group.clone()).or_default() += 1;
        entry.is_held = true;
        entry.receives += 1;
        entry.visible_at = now + VISIBILITY_TIMEOUT;
        Some((number, entry))
    }

    /// When the next hidden message is ready.
    pub(super) fn next_ready_at(&self) -> Option<SystemTime> {
        self.hidden.first().map(|(visible_at, _)| *visible_at)
    }

    /// Hides a held message until this time, from when it is given back.
    pub(super) fn hide(&mut self, number: u64, until: SystemTime) -> Option<&Entry> {
        let entry = self.all.get_mut(&number).filter(|entry| entry.is_held)?;
        entry.visible_at = until;
        Some(entry)
    }

    /// Gives back a held message.
    pub(super) fn release(&mut self, number: u64) {
        if let Some(mut entry) = self.remove(number) {
            entry.is_held = false;
            self.insert(number, entry);
        }
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.all.remove(&number)?;
        self.ready.remove(&number);
        self.hidden.remove(&(entry.visible_at, number));
        if entry.is_held
            && let Some(held) = self.held.get_mut(&entry.group)
        {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&entry.group);
            }
        }
        Some(entry)
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(groups: &[&str]) -> Entries {
        let mut entries = Entries::default();
        for group in groups {
            let number = entries.number();
            let entry = Entry::new((*group).to_owned(), String::new(), SystemTime::UNIX_EPOCH);
            entries.insert(number, entry);
        }
        entries
    }

    fn take(entries: &mut Entries, now: SystemTime) -> Option<u64> {
        entries.take(now).map(|(number, _)| number)
    }

    #[test]
    fn the_oldest_message_is_received_first_and_none_that_is_held() {
        let now = SystemTime::now();
        let mut entries = entries(&["a", "b", "a"]);
        let taken: Vec<_> = (0..4).map(|_| take(&mut entries, now)).collect();
        assert_eq!(taken, [Some(0), Some(1), Some(2), None]);
        assert_eq!(entries.next_ready_at(), None);
    }

    #[test]
    fn a_group_of_which_enough_are_held_lets_the_others_pass() {
        let now = SystemTime::now();
        let mut entries = entries(&[&["slow"; 20][..], &["quick"]].concat());
        let taken: Vec<_> = (0..10).filter_map(|_| take(&mut entries, now)).collect();
        assert_eq!(taken, [0, 1, 2, 3, 4, 5, 6, 7, 20]);
        entries.remove(3);
        assert_eq!(take(&mut entries, now), Some(8), "there is room again");
    }

    #[test]
    fn a_message_that_was_given_back_is_ready_again_at_its_time() {
        let now = SystemTime::now();
        let mut entries = entries(&["a"]);
        take(&mut entries, now);
        let later = now + Duration::from_secs(5);
        entries.hide(0, later);
        entries.release(0);
        assert_eq!(take(&mut entries, now), None);
        assert_eq!(entries.next_ready_at(), Some(later));
        let (number, entry) = entries.take(later).unwrap();
        assert_eq!((number, entry.receives), (0, 2));
    }
}
