/// The text of a JSON error without the value that it quotes, which may be a secret.
pub fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let is_quote = |c| matches!(c, '"' | '`');
    match text.split_once(is_quote) {
        None => text,
        Some((before, rest)) => {
            let after = rest.rsplit_once(is_quote).map_or("", |(_, after)| after);
            format!("{before}…{after}")
        }
    }
}
