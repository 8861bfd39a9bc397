//! The totals of an import.

use std::fmt;

/// How many records there were. They alone decide the exit status.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    /// Whether this is a dry run.
    pub(super) dry_run: bool,
    /// Whether the file was read to its end.
    pub(super) at_end: bool,
    /// Read from the file.
    pub(super) read: u64,
    /// Written to the table.
    pub(super) imported: u64,
    /// Already in the table, identical in every field.
    pub(super) already_there: u64,
    /// Refused.
    pub(super) refused: u64,
}

impl Totals {
    /// Records that may or may not be in the table.
    pub(super) fn unsettled(&self) -> u64 {
        self.read
            .saturating_sub(self.imported + self.already_there + self.refused)
    }

    /// Whether the outcome of every record is known.
    pub(super) fn all_settled(&self) -> bool {
        self.at_end && self.unsettled() == 0
    }

    /// Whether every record of the file is in the table.
    pub(super) fn all_there(&self) -> bool {
        self.at_end && self.read == self.imported + self.already_there
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            imported,
            already_there,
            refused,
            ..
        } = self;
        if self.dry_run {
            write!(
                f,
                "{imported} would be imported, {already_there} already there, {refused} would be refused"
            )
        } else {
            write!(
                f,
                "{imported} imported, {already_there} already there, {refused} refused"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Totals = Totals {
        dry_run: false,
        at_end: true,
        read: 5,
        imported: 3,
        already_there: 2,
        refused: 0,
    };

    #[test]
    fn all_is_there_only_if_the_file_was_read_to_its_end_and_every_record_was_found_or_written() {
        assert!(ALL.all_there() && ALL.all_settled());
        for short in [
            Totals { at_end: false, ..ALL },
            Totals { read: 6, ..ALL },
            Totals { imported: 2, ..ALL },
        ] {
            assert!(!short.all_there() && !short.all_settled(), "{short:?}");
        }
        let refused = Totals {
            already_there: 1,
            refused: 1,
            ..ALL
        };
        assert!(refused.all_settled() && !refused.all_there());
    }
}
