//! The document that the figures go into: prose by people, and between markers what was measured.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The blocks of the document in their order, and the headings that a new document gives them.
const BLOCKS: [(&str, &str); 8] = [
    ("machine", "The machine"),
    ("ratios", "In short"),
    ("cold", "Cold starts"),
    ("size", "Binaries"),
    ("warm", "Warm calls"),
    ("cost", "Cost"),
    ("server", "The local server"),
    ("growth", "Growth"),
];

/// `docs/performance.md` and the charts beside it.
pub(crate) struct Report {
    path: PathBuf,
    text: String,
}

impl Report {
    /// The document of the project at `root`; a new one if there is none.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        let path = root.join("docs/performance.md");
        let charts = path.with_extension("");
        std::fs::create_dir_all(&charts).with_context(|| format!("cannot make {}", charts.display()))?;
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| empty());
        Ok(Self { path, text })
    }

    /// Replaces what stands between the markers of the block `name`; a block that is missing comes at the end.
    pub(crate) fn set(&mut self, name: &str, content: &str) {
        let block = format!("{}\n{}\n{END}", begin(name), content.trim_end());
        self.text = match place(&self.text, name) {
            Some((before, after)) => format!("{before}{block}{after}"),
            None => format!("{}\n\n{block}\n", self.text.trim_end()),
        };
    }

    /// Where the chart `name` goes.
    pub(crate) fn chart(&self, name: &str) -> PathBuf {
        self.path.with_extension("").join(format!("{name}.svg"))
    }

    /// How the document shows the chart `name`.
    pub(crate) fn image(name: &str, description: &str) -> String {
        format!("![{description}](performance/{name}.svg)\n")
    }

    /// Writes the document.
    pub(crate) fn save(&self) -> Result<()> {
        std::fs::write(&self.path, &self.text)
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        eprintln!("the figures are in {}", self.path.display());
        Ok(())
    }
}

const END: &str = "<!-- /bench -->";

fn begin(name: &str) -> String {
    format!("<!-- bench:{name} -->")
}

/// What stands before and after the block `name`, its markers excluded.
fn place<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str)> {
    let (before, rest) = text.split_once(&begin(name))?;
    let (_, after) = rest.split_once(END)?;
    Some((before, after))
}

fn empty() -> String {
    let blocks = BLOCKS.map(|(name, heading)| format!("\n## {heading}\n\n{}\n{END}\n", begin(name)));
    format!("# Performance\n{}", blocks.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str) -> Report {
        Report {
            path: PathBuf::new(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_block_is_replaced_and_the_prose_around_it_kept() {
        let mut report = report("a\n<!-- bench:x -->\nold\n<!-- /bench -->\nb\n");
        report.set("x", "new\n");
        assert_eq!(report.text, "a\n<!-- bench:x -->\nnew\n<!-- /bench -->\nb\n");
    }

    #[test]
    fn a_missing_block_comes_at_the_end() {
        let mut report = report("a\n");
        report.set("x", "new");
        assert_eq!(report.text, "a\n\n<!-- bench:x -->\nnew\n<!-- /bench -->\n");
    }

    #[test]
    fn a_new_document_has_every_block() {
        for (name, _) in BLOCKS {
            assert!(place(&empty(), name).is_some(), "{name}");
        }
    }
}
