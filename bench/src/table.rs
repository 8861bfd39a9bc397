//! Tables in Markdown.

/// A table: its head, and its rows.
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self {
            head: columns.map(ToOwned::to_owned).to_vec(),
            rows: Vec::new(),
        }
    }

    /// One row more.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// The table as Markdown: the first column to the left, figures to the right.
    pub(crate) fn markdown(&self) -> String {
        let rule: Vec<_> = (0..self.head.len())
            .map(|column| if column == 0 { "---" } else { "---:" }.to_owned())
            .collect();
        [&self.head, &rule]
            .into_iter()
            .chain(&self.rows)
            .map(|cells| format!("| {} |\n", cells.join(" | ")))
            .collect()
    }
}

/// A figure with about three digits, whatever its size.
pub(crate) fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => count(value.round() as usize),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A number with its thousands set apart.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_the_digits_that_mean_something() {
        for (value, text) in [
            (0.256, "0.26"),
            (9.99, "9.99"),
            (12.34, "12.3"),
            (123.4, "123"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(figure(value), text);
        }
    }

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(["a", "b"]);
        table.row(["x".to_owned(), "1".to_owned()]);
        assert_eq!(table.markdown(), "| a | b |\n| --- | ---: |\n| x | 1 |\n");
    }
}
