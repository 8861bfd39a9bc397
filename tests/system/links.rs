//! The links between the documents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

/// The text of each Markdown file at the root and in `docs/`, by its path from the root.
fn documents() -> BTreeMap<PathBuf, String> {
    let mut documents = BTreeMap::new();
    for folder in ["", "docs"] {
        for entry in std::fs::read_dir(tests::root().join(folder)).unwrap() {
            let path = Path::new(folder).join(entry.unwrap().file_name());
            if path.extension().is_some_and(|extension| extension == "md") {
                documents.insert(path.clone(), tests::read(&path));
            }
        }
    }
    documents
}

/// The anchors that GitHub makes of a document's headings: lower case, hyphens for spaces, nothing else but letters, digits
/// and underscores.
fn anchors(document: &str) -> BTreeSet<String> {
    let headings = document.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let heading = line.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter_map(|character| match character {
                ' ' => Some('-'),
                '-' | '_' => Some(character),
                other => other.is_alphanumeric().then_some(other),
            });
            kept.collect()
        })
        .collect()
}

#[test]
fn every_link_between_the_documents_leads_to_a_file_and_a_heading() {
    let documents = documents();
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut count = 0;
    for (from, text) in &documents {
        let targets = link.captures_iter(text).map(|captures| captures[1].to_owned());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let path = match file {
                "" => from.clone(),
                file => from.parent().unwrap().join(file),
            };
            assert!(tests::root().join(&path).exists(), "{}: {target}", from.display());
            if !anchor.is_empty() {
                let path = Path::new("").join(path.strip_prefix("docs/..").unwrap_or(&path));
                let document = documents
                    .get(&path)
                    .map_or_else(|| tests::read(&path), Clone::clone);
                assert!(
                    anchors(&document).contains(anchor),
                    "{}: {target}",
                    from.display()
                );
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}
