//! Rows in columns. The columns are laid out for the first rows and stay for those that follow, so that a long list can
//! be shown while it arrives.

use console::{measure_text_width, truncate_str};
use registry_client::visible;

const GAP: &str = "  ";

/// A column of a table.
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// Its width where the terminal is narrow.
    pub(crate) least: usize,
    /// Its width where there is room, even if the first rows need less.
    pub(crate) usual: usize,
    /// How much of a narrow terminal's width it gets, in proportion to the others.
    pub(crate) share: usize,
}

/// The cells of a row, one for each column.
pub(crate) type Row = Vec<String>;

/// The columns' widths, in cells of a terminal.
pub(crate) struct Table {
    widths: Vec<usize>,
    /// Whether values that are wider are cut.
    cuts: bool,
}

impl Table {
    /// Lays out columns for these rows. On a terminal they are made to fit, and the last one takes what is left.
    pub(crate) fn new(columns: &[Column], rows: &[Row], terminal: Option<usize>) -> Self {
        let mut widths: Vec<_> = columns
            .iter()
            .map(|column| column.usual.max(measure_text_width(column.title)))
            .collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(measure_text_width(&visible(cell)));
            }
        }
        if let Some(terminal) = terminal {
            fit(&mut widths, columns, terminal);
        }
        Self {
            widths,
            cuts: terminal.is_some(),
        }
    }

    /// A line with these cells.
    pub(crate) fn line<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> String {
        let (mut line, mut room) = (String::new(), String::new());
        for (width, cell) in self.widths.iter().zip(cells) {
            let cell = visible(cell);
            let cell = match self.cuts {
                true => truncate_str(&cell, *width, "…"),
                false => cell.into(),
            };
            if !cell.is_empty() {
                line += &room;
                room.clear();
                line += &cell;
            }
            let rest = width.saturating_sub(measure_text_width(&cell));
            room += &" ".repeat(rest + GAP.len());
        }
        line.push('\n');
        line
    }
}

/// Narrows the columns that are widest for their share until all fit, or widens the last one.
fn fit(widths: &mut [usize], columns: &[Column], terminal: usize) {
    let gaps = GAP.len() * columns.len().saturating_sub(1);
    let room = terminal.saturating_sub(gaps);
    let mut total: usize = widths.iter().sum();
    while total > room {
        let wide = widths.iter_mut().zip(columns);
        let wide = wide.filter(|(width, column)| **width > column.least.max(column.title.len()));
        let Some((widest, _)) = wide.max_by_key(|(width, column)| **width / column.share) else {
            break;
        };
        *widest -= 1;
        total -= 1;
    }
    if let Some(last) = widths.last_mut() {
        *last += room.saturating_sub(total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [column("ID", 8, 8), column("NAME", 6, 10), column("DETAIL", 6, 6)];

    const fn column(title: &'static str, least: usize, usual: usize) -> Column {
        Column {
            title,
            least,
            usual,
            share: 1,
        }
    }

    fn row(cells: [&str; 3]) -> Row {
        cells.map(str::to_owned).to_vec()
    }

    fn line(table: &Table, cells: [&str; 3]) -> String {
        table.line(cells).trim_end_matches('\n').to_owned()
    }

    #[test]
    fn on_a_terminal_every_line_fits_and_what_is_cut_ends_in_an_ellipsis() {
        let first = [row(["00000001", "Anna Ltd", "short"])];
        for terminal in 24..60 {
            let table = Table::new(&COLUMNS, &first, Some(terminal));
            let wide = line(&table, ["00000002", &"株".repeat(30), &"x".repeat(99)]);
            assert_eq!(measure_text_width(&wide), terminal, "{wide}");
            assert!(wide.starts_with("00000002  株") && wide.ends_with("x…"), "{wide}");
            let (before, after) = wide.split_once('…').unwrap();
            assert!(before.ends_with('株') && after.starts_with("  "), "{wide}");
            // The last column begins where it begins in every line.
            let begins = wide.split_once(" x").unwrap().0;
            let other = line(&table, ["00000003", "b", "c"]);
            assert_eq!(other.find(" c").unwrap(), measure_text_width(begins), "{wide}");
        }
    }

    #[test]
    fn a_terminal_that_is_too_narrow_gets_the_least_widths() {
        let table = Table::new(&COLUMNS, &[], Some(5));
        assert_eq!(
            line(&table, ["00000001", "Anna Ltd", "a detail"]),
            "00000001  Anna …  a det…"
        );
    }

    #[test]
    fn in_a_pipe_nothing_is_cut() {
        let table = Table::new(&COLUMNS, &[], None);
        let long = "x".repeat(999);
        assert_eq!(line(&table, ["1", &long, "d"]), format!("1         {long}  d"));
        assert_eq!(line(&table, ["2", "n", ""]), "2         n");
        assert_eq!(line(&table, ["3", "n", "d  "]), "3         n           d  ");
    }

    #[test]
    fn the_columns_are_as_wide_as_the_first_rows_need_and_do_not_change() {
        let table = Table::new(&COLUMNS, &[row(["1", "twelve chars", "d"])], None);
        assert_eq!(
            line(&table, ["1", "twelve chars", "d"]),
            "1         twelve chars  d"
        );
        assert_eq!(line(&table, ["2", "n", "d"]), "2         n             d");
    }

    #[test]
    fn control_characters_are_escaped() {
        let table = Table::new(&COLUMNS, &[], Some(80));
        assert_eq!(
            line(&table, ["1\n", "\u{1b}[2J", "d"]),
            r"1\n       \u{1b}[2J   d"
        );
    }
}
