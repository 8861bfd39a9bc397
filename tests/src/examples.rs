//! The examples of a document: shell commands that call the local server, and what the document shows of their answers.
//! `curl` calls it, or the command `customers` does.

use std::process::{Command, Stdio};

use regex::Regex;

use crate::runtime::binaries;

/// Where the documents expect the local server.
const ADDRESSES: [&str; 2] = ["localhost:3000", "127.0.0.1:3000"];

/// The subcommands that call the local server.
const ASKING: [&str; 3] = ["cargo run -- get ", "cargo run -- list", "cargo run -- events "];

/// A line between the outputs of two commands.
const MARK: &str = "--- end of example, status ";

/// A command, and what the document shows of its output.
#[derive(Debug)]
pub struct Example {
    /// One command of a `console` block, or all of a `sh` block.
    pub command: String,
    /// The text below the command, or the `http` or `json` block that follows at once.
    pub shown: Option<String>,
}

/// What a command wrote to standard output, and its exit status.
#[derive(Debug)]
pub struct Outcome {
    /// The output.
    pub output: String,
    /// The status.
    pub status: String,
}

struct Block<'a> {
    language: &'a str,
    text: String,
    /// Whether this block directly follows the one before.
    follows: bool,
}

/// The examples of a Markdown text in order: those blocks of shell that call the local server with `curl`, and the
/// sessions that do with `customers`.
pub fn examples(markdown: &str) -> Vec<Example> {
    let blocks = blocks(markdown);
    let mut examples = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let calls = block.text.contains("curl ") && ADDRESSES.iter().any(|one| block.text.contains(one));
        let asks = ASKING.iter().any(|one| block.text.contains(one));
        match block.language {
            "console" if calls || asks => examples.extend(session(&block.text)),
            "sh" if calls => examples.push(Example {
                command: block.text.clone(),
                shown: blocks
                    .get(index + 1)
                    .filter(|next| next.follows && ["http", "json"].contains(&next.language))
                    .map(|next| next.text.clone()),
            }),
            _ => {}
        }
    }
    examples
}

/// The first block of shell that has this text.
///
/// # Panics
/// If there is none.
pub fn block(markdown: &str, text: &str) -> String {
    let mut blocks = blocks(markdown).into_iter();
    let block = blocks.find(|block| block.language == "sh" && block.text.contains(text));
    block
        .unwrap_or_else(|| panic!("no block of shell has {text}"))
        .text
}

fn blocks(markdown: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut inside, mut follows) = (false, false);
    for line in markdown.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(language), false) => {
                let text = String::new();
                blocks.push(Block {
                    language,
                    text,
                    follows,
                });
                inside = true;
            }
            (Some(_), true) => (inside, follows) = (false, true),
            (None, true) => {
                let block = blocks.last_mut().expect("a block is open");
                block.text += line;
                block.text += "\n";
            }
            (None, false) => follows &= line.trim().is_empty(),
        }
    }
    blocks
}

/// A `console` block: a command begins with `$ `, goes on while its lines end in a backslash, and is followed by its
/// output.
fn session(text: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut in_command = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            let (command, shown) = (format!("{command}\n"), None);
            examples.push(Example { command, shown });
        } else {
            let example = examples.last_mut().expect("a block begins with a command");
            let place = match in_command {
                true => &mut example.command,
                false => example.shown.get_or_insert_default(),
            };
            *place += line;
            *place += "\n";
        }
        in_command = line.ends_with('\\') && (in_command || line.starts_with("$ "));
    }
    for example in &mut examples {
        example.shown = example.shown.take().filter(|shown| !shown.trim().is_empty());
    }
    examples
}

/// Runs the examples one after another in one shell, against the server at `address`.
///
/// # Panics
/// Without `sh` or `curl`.
pub fn run(examples: &[Example], address: &str) -> Vec<Outcome> {
    let curl = Command::new("curl").arg("--version").output();
    assert!(
        curl.is_ok_and(|output| output.status.success()),
        "this test needs curl, with which the examples of the documentation call the API"
    );
    // The binary is built, so `cargo run --` is the binary.
    let mut script = "cargo() { shift 2; \"$CUSTOMERS\" \"$@\"; }\n".to_owned();
    for example in examples {
        // An event is listed shortly after its change, which takes a person longer to type than this shell to run.
        if example.command.contains("cargo run -- events ") {
            script += "sleep 1\n";
        }
        script += &format!("{}printf '\\n{MARK}%s\\n' $?\n", at(&example.command, address));
    }
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("CUSTOMERS", binaries().join("customers"))
        .env("CUSTOMERS_URL", format!("http://{address}"))
        .env_remove("CUSTOMERS_TOKEN")
        .stdin(Stdio::null())
        .output()
        .expect("this test needs sh");
    let output = String::from_utf8(output.stdout).expect("text");
    let mut outcomes = Vec::new();
    let mut rest = output.as_str();
    while let Some((output, after)) = rest.split_once(&format!("\n{MARK}")) {
        let (status, after) = after.split_once('\n').expect("a status");
        outcomes.push(Outcome {
            output: output.to_owned(),
            status: status.to_owned(),
        });
        rest = after;
    }
    assert_eq!(
        outcomes.len(),
        examples.len(),
        "a command ended the shell: {output}"
    );
    outcomes
}

fn at(command: &str, address: &str) -> String {
    ADDRESSES
        .iter()
        .fold(command.to_owned(), |command, one| command.replace(one, address))
}

impl Example {
    /// # Panics
    /// If the command failed, or its output is not what the document shows. Where the document shows nothing, the
    /// command must print nothing, or with `curl -i` the answer of a call that succeeds.
    pub fn check(&self, outcome: &Outcome) {
        assert_eq!(outcome.status, "0", "{self:?} failed: {outcome:?}");
        match &self.shown {
            Some(shown) => assert!(
                matches(shown, &outcome.output),
                "{}shows\n{shown}and what comes is\n{}",
                self.command,
                outcome.output
            ),
            None => assert!(
                outcome.output.is_empty()
                    || ["HTTP/1.1 2", "HTTP/1.1 3"].contains(&outcome.output.get(..10).unwrap_or_default()),
                "{}shows nothing, and what comes is no success:\n{}",
                self.command,
                outcome.output
            ),
        }
    }
}

/// Whether `actual` is what `shown` shows: ignoring white space, ids and timestamps, and with anything in place of a `…`.
pub fn matches(shown: &str, actual: &str) -> bool {
    let (shown, actual) = (comparable(shown), comparable(actual));
    let mut pieces = shown.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = actual.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(last)
}

/// Removes white space and replaces ids, timestamps and dates with placeholders. The 9999 timestamp of a customer that
/// is not deleted stays.
fn comparable(text: &str) -> String {
    let masks = [
        ("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>"),
        (
            r"[0-8][0-9]{3}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}",
            "<moment>",
        ),
        ("(?m)^date: .*$", "<date>"),
        (r"\s", ""),
    ];
    masks.iter().fold(text.to_owned(), |text, (pattern, mask)| {
        let pattern = Regex::new(pattern).expect("a pattern");
        pattern.replace_all(&text, *mask).into_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_compared_with_what_the_document_shows() {
        let actual = "HTTP/1.1 200 OK\r\netag: \"2\"\r\ndate: Mon, 23 Nov 2026 10:17:03 GMT\r\n\r\n\
            {\"id\":\"01a207e8-bf98-70b1-911c-af10f9ed52fe\",\"tm_update\":\"2026-11-23 10:17:03.640702\",\
            \"tm_delete\":\"9999-01-01 00:00:00.000000\"}";
        for (old, new) in [
            ("", ""),
            ("01a207e8", "ffffffff"),
            ("10:17:03", "11:18:04"),
            ("{", "{\n  "),
            ("etag: \"2\"\r\n", "…\n"),
            ("\"tm_update\":\"2026-11-23 10:17:03.640702\",", "…"),
        ] {
            assert!(matches(&actual.replace(old, new), actual), "{new}");
        }
        for (old, new) in [
            ("200 OK", "201 Created"),
            ("\"2\"", "\"3\""),
            ("etag: \"2\"\r\n", ""),
            ("9999-01-01 00:00:00.000000", "2026-11-23 10:17:03.640702"),
            ("tm_update", "tm_updated"),
            ("}", ""),
            ("}", ",…,\"more\":1}"),
        ] {
            assert!(!matches(&actual.replace(old, new), actual), "{new}");
        }
    }

    #[test]
    fn examples_are_the_blocks_that_call_the_local_server() {
        let markdown = "```sh\ncargo run # serves http://127.0.0.1:3000\n```\n\n```sh\ncurl 127.0.0.1:3000/a\n```\n\n\
            ```http\none\n```\n\n```sh\ncurl localhost:3000/b\n```\n\nText.\n\n```json\nno output\n```\n\n\
            ```console\n$ curl localhost:3000/c \\\n    -X PUT\ntwo\n\n$ id=1\n\n$ curl $id\nthree\n```\n\n\
            ```console\n$ cargo run -- import a.csv\n1 imported\n```\n\n```console\n$ cargo run -- get a\nfour\n```\n";
        let examples: Vec<_> = examples(markdown)
            .into_iter()
            .map(|one| (one.command, one.shown.map(|shown| shown.trim().to_owned())))
            .collect();
        let expected = [
            ("curl 127.0.0.1:3000/a\n", Some("one")),
            ("curl localhost:3000/b\n", None),
            ("curl localhost:3000/c \\\n    -X PUT\n", Some("two")),
            ("id=1\n", None),
            ("curl $id\n", Some("three")),
            ("cargo run -- get a\n", Some("four")),
        ];
        assert_eq!(
            examples,
            expected.map(|(command, shown)| (command.to_owned(), shown.map(str::to_owned)))
        );
    }
}
