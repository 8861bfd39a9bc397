//! What a registry says, shown without what commands a terminal.

/// A text without characters that command the terminal: they are written as escapes.
pub fn visible(text: &str) -> String {
    let escape = |c: char| c.escape_default().to_string();
    replace(text, escape)
}

/// The same for JSON, which stays JSON of the same value, on one line.
pub fn visible_json(text: &str) -> String {
    let escape = |c: char| match c {
        // Within texts they are escaped already, so these only separate.
        '\n' | '\r' | '\t' => " ".to_owned(),
        c => format!("\\u{:04x}", u32::from(c)),
    };
    replace(text, escape)
}

fn replace(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut replaced = String::with_capacity(text.len());
    for c in text.chars() {
        match commands(c) {
            true => replaced += &escape(c),
            false => replaced.push(c),
        }
    }
    replaced
}

/// Whether a character commands a terminal, breaks its line, or turns the direction in which the line is read. All of
/// them have at most four hexadecimal digits.
fn commands(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_the_terminal_is_escaped_and_nothing_else() {
        let hostile = "a\u{1b}[2J\r\n\t\u{7f}\u{9b}31m\u{202e}\u{2028}";
        let escaped = r"a\u{1b}[2J\r\n\t\u{7f}\u{9b}31m\u{202e}\u{2028}";
        assert_eq!(visible(hostile), escaped);
        let harmless = "\"Zoë's\" \\ 株式会社 e\u{301} م\u{200c}ن 👩\u{200d}👧";
        assert_eq!(visible(harmless), harmless);
    }

    #[test]
    fn escaped_json_is_the_same_value_on_one_line() {
        let value = "a\u{1b}\n\u{7f}\u{9b}\u{202e}株";
        let text = serde_json::to_string_pretty(&[value]).unwrap();
        let shown = visible_json(&text);
        assert!(!shown.contains(char::is_control) && !shown.contains('\u{202e}'));
        assert_eq!(serde_json::from_str::<Vec<String>>(&shown).unwrap(), [value]);
    }
}
