//! How a write recognises itself in the item that it changed.
//!
//! A write whose answer was lost is sent again, and must not take effect twice. So every item keeps the ids of its last
//! writes in the list `writes`: the [`REMEMBERED`] newest ones, newest first, and then the last one that was sent
//! again. After enough other writes, an id drops out of the list. The ids contain their time, which tells whether that
//! can have happened to an id: see [`WriteId::may_be_forgotten_by`].

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use customer::Timestamp;
use uuid::Uuid;

use crate::keys::Item;

/// How many of its last writes an item remembers.
pub(crate) const REMEMBERED: usize = 4;

/// The index in `writes` of the oldest of them.
pub(crate) const OLDEST: usize = REMEMBERED - 1;

/// The index in `writes` of the last write that was sent again. Other writes do not move it, so that the first request
/// of that write does nothing, even if it arrives long after the second one was answered.
pub(crate) const SENT_AGAIN: usize = REMEMBERED;

/// How long after its id was made a write can still reach the table, in milliseconds. AWS refuses a request five minutes
/// after it was signed, also one that left an environment late because that was frozen; a function has 20 seconds to sign
/// it; the rest allows for clocks that differ.
const LIFETIME_MS: u64 = 6 * 60_000;

/// The bytes of an id that hold its time: milliseconds since 1970, most significant byte first.
const TIME_LENGTH: usize = 6;

/// The id of one write to a customer: its time, and six bytes that differ from those of any other write in that
/// millisecond.
#[derive(Clone, Copy)]
pub(crate) struct WriteId([u8; 12]);

impl WriteId {
    pub(crate) fn generate() -> Self {
        // A UUID of version 7 begins with the time and ends with a counter and random bytes.
        let [t0, t1, t2, t3, t4, t5, _, _, _, _, unique @ ..] = Uuid::now_v7().into_bytes();
        let [u0, u1, u2, u3, u4, u5] = unique;
        Self([t0, t1, t2, t3, t4, t5, u0, u1, u2, u3, u4, u5])
    }

    pub(crate) fn value(self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.0))
    }

    /// The list `writes` of an item that this write creates.
    pub(crate) fn first(self) -> AttributeValue {
        let mut writes = vec![AttributeValue::B(Blob::new([])); REMEMBERED];
        if let Some(newest) = writes.first_mut() {
            *newest = self.value();
        }
        AttributeValue::L(writes)
    }

    /// Whether `item` remembers this write, and so the write took effect.
    pub(crate) fn wrote(self, item: &Item) -> bool {
        writes(item).contains(&self.value())
    }

    /// The lowest id of a write that may still be under way: every write with a lower id had ended before this one
    /// began.
    pub(crate) fn settled_before(self) -> AttributeValue {
        AttributeValue::B(Blob::new(self.horizon()))
    }

    /// Whether this write may have taken effect and dropped out of `writes` since. It cannot have dropped out if the
    /// oldest write there had ended before this one began, or if the list is not full yet.
    pub(crate) fn may_be_forgotten_by(self, item: &Item) -> bool {
        match writes(item).get(OLDEST) {
            Some(AttributeValue::B(oldest)) => oldest.as_ref() >= &self.horizon()[..],
            _ => true,
        }
    }

    /// Whether another write was sent again so recently that this one must not take its place in `writes`.
    pub(crate) fn is_blocked_by(self, item: &Item) -> bool {
        matches!(
            writes(item).get(SENT_AGAIN),
            Some(AttributeValue::B(other)) if other.as_ref() >= &self.horizon()[..]
        )
    }

    fn horizon(self) -> [u8; TIME_LENGTH] {
        let [_, _, horizon @ ..] = milliseconds(&self.0).saturating_sub(LIFETIME_MS).to_be_bytes();
        horizon
    }
}

/// When the last write to `item` began, to the millisecond; `None` if the item does not tell.
pub(crate) fn last_write(item: &Item) -> Option<Timestamp> {
    match writes(item).first()? {
        AttributeValue::B(id) if id.as_ref().len() >= TIME_LENGTH => {
            let micros = milliseconds(id.as_ref()).checked_mul(1000)?;
            Timestamp::from_micros(i64::try_from(micros).ok()?)
        }
        _ => None,
    }
}

/// The time in an id, in milliseconds since 1970.
fn milliseconds(id: &[u8]) -> u64 {
    id.iter()
        .take(TIME_LENGTH)
        .fold(0, |time, byte| time << 8 | u64::from(*byte))
}

fn writes(item: &Item) -> &[AttributeValue] {
    match item.get("writes") {
        Some(AttributeValue::L(writes)) => writes,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembering<const N: usize>(ids: [&[u8]; N]) -> Item {
        let writes = ids.map(|id| AttributeValue::B(Blob::new(id)));
        Item::from([("writes".to_owned(), AttributeValue::L(writes.to_vec()))])
    }

    /// An id made this long after `id`, in milliseconds.
    fn later(id: WriteId, milliseconds: i64) -> [u8; 12] {
        let mut later = id.0;
        let time = u64::from_be_bytes([0, 0, later[0], later[1], later[2], later[3], later[4], later[5]]);
        let time = time.checked_add_signed(milliseconds).unwrap().to_be_bytes();
        later[..TIME_LENGTH].copy_from_slice(&time[2..]);
        later
    }

    #[test]
    fn a_write_recognises_only_its_own_item() {
        let (own, other) = (WriteId::generate(), WriteId::generate());
        let item = Item::from([("writes".to_owned(), own.first())]);
        assert!(own.wrote(&item));
        assert!(!other.wrote(&item));
        assert!(!own.wrote(&Item::new()));
    }

    #[test]
    fn ids_are_unique_and_ordered_by_time() {
        let ids: Vec<_> = (0..1000).map(|_| WriteId::generate().0).collect();
        assert!(ids.is_sorted_by_key(|id| id[..TIME_LENGTH].to_owned()));
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }

    #[test]
    fn an_item_tells_when_its_last_write_began() {
        let now = Timestamp::now().micros();
        let item = Item::from([("writes".to_owned(), WriteId::generate().first())]);
        let written = last_write(&item).unwrap().micros();
        assert!(
            (now - 1_000..now + 10_000_000).contains(&written),
            "{written}, {now}"
        );
        for item in [Item::new(), remembering([&[][..]])] {
            assert_eq!(last_write(&item), None);
        }
    }

    #[test]
    fn a_write_may_be_forgotten_only_after_enough_newer_writes() {
        let own = WriteId::generate();
        let [new, old] = [later(own, 5), later(own, -360_001)];
        for (ids, forgotten) in [
            ([&new[..], &new, &new, &new], true),
            ([&new, &new, &new, &later(own, -360_000)], true),
            ([&new, &new, &new, &old], false),
            ([&new, &new, &new, &[]], false),
        ] {
            assert_eq!(own.may_be_forgotten_by(&remembering(ids)), forgotten, "{ids:?}");
        }
        assert!(own.may_be_forgotten_by(&Item::new()), "an item without `writes`");
    }

    #[test]
    fn the_16_byte_ids_of_the_first_release_contain_their_time_too() {
        let own = WriteId::generate();
        let new = Uuid::now_v7().into_bytes();
        assert!(own.may_be_forgotten_by(&remembering([&new[..]; 4])));
        let old = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000, 0)).into_bytes();
        assert!(!own.may_be_forgotten_by(&remembering([&old[..]; 4])));
    }

    #[test]
    fn a_write_that_was_sent_again_keeps_its_place_during_its_lifetime() {
        let own = WriteId::generate();
        let [new, old] = [later(own, -100), later(own, -360_001)];
        assert!(own.is_blocked_by(&remembering([&[], &[], &[], &[], &new])));
        assert!(!own.is_blocked_by(&remembering([&[], &[], &[], &[], &old])));
        assert!(!own.is_blocked_by(&remembering([&[], &[], &[], &[]])));
    }
}
