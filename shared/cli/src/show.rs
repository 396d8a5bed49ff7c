//! What the API answers, for people: lists as tables, single things a line for each field.
//!
//! Forty lines of our own instead of a crate for tables: there are no borders, no colours and no
//! wrapping, and what strangers wrote has to be cleaned in any case.

use serde_json::Value;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// A JSON pointer to what is in it.
    pub(crate) pointer: &'static str,
}

pub(crate) type Columns = &'static [Column];

/// Longer words are cut; `show` and `--json` have the whole. Ids are not, since they are copied.
const WIDEST: usize = 60;

/// Fields that say what is looked at, and so come first.
const FIRST: [&str; 5] = ["id", "name", "kind", "state", "status"];

const GAP: &str = "  ";

pub(crate) const fn column(title: &'static str, pointer: &'static str) -> Column {
    Column { title, pointer }
}

/// A table with a head, if there is anything in it. Columns in which nothing stands are left out.
pub(crate) fn table(columns: Columns, rows: &[Value]) -> String {
    let column = |it: &Column| -> Vec<String> {
        rows.iter()
            .map(|row| cut(&row.pointer(it.pointer).map(plain).unwrap_or_default()))
            .collect()
    };
    let columns: Vec<(&str, Vec<String>)> = columns
        .iter()
        .map(|it| (it.title, column(it)))
        .filter(|(_, cells)| cells.iter().any(|it| !it.is_empty()))
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .map(|(title, cells)| cells.iter().map(String::as_str).chain([*title]).map(width).max())
        .map(Option::unwrap_or_default)
        .collect();
    let mut text = line(columns.iter().map(|it| it.0), &widths);
    for n in 0..rows.len() {
        text += &line(columns.iter().map(|it| it.1[n].as_str()), &widths);
    }
    text
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, &to) in cells.zip(widths) {
        line += cell;
        line.extend(std::iter::repeat_n(' ', to - width(cell)));
        line += GAP;
    }
    format!("{}\n", line.trim_end())
}

/// One thing, a line for each field; a field within another is named by both.
pub(crate) fn record(thing: &Value) -> String {
    let mut fields = Vec::new();
    gather(thing, "", &mut fields);
    // A stable sort: everything else stays as it was.
    fields.sort_by_key(|(name, _)| FIRST.iter().position(|it| it == name).unwrap_or(FIRST.len()));
    let to = fields.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
    let mut text = String::new();
    for (name, value) in fields {
        text += format!("{name:to$}{GAP}{value}").trim_end();
        text.push('\n');
    }
    text
}

fn gather(value: &Value, name: &str, fields: &mut Vec<(String, String)>) {
    let inner =
        |part: &str| if name.is_empty() { clean(part) } else { format!("{name}.{}", clean(part)) };
    match value {
        Value::Object(parts) => {
            // By name, whatever order the features that are enabled keep them in.
            let mut parts: Vec<_> = parts.iter().collect();
            parts.sort_by_key(|(part, _)| *part);
            for (part, value) in parts {
                gather(value, &inner(part), fields);
            }
        }
        Value::Array(items) if items.iter().any(|it| it.is_object() || it.is_array()) => {
            let numbered = items.iter().enumerate();
            numbered.for_each(|(n, it)| gather(it, &inner(&n.to_string()), fields));
        }
        value => fields.push((name.to_owned(), plain(value))),
    }
}

/// A value without the marks of JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => clean(text),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => clean(&value.to_string()),
    }
}

/// What cannot steer the terminal it is shown on. Texts and names are written by strangers.
pub(crate) fn clean(text: &str) -> String {
    // Beside control characters these turn the direction of writing.
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect()
}

fn cut(text: &str) -> String {
    if width(text) <= WIDEST || !text.contains(' ') {
        return text.to_owned();
    }
    text.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// A character that is two wide shifts the rest of its line, and no more.
fn width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COLUMNS: Columns = &[
        column("ID", "/id"),
        column("WHY", "/failure/reason"),
        column("NEVER", "/never"),
        column("UNREAD", "/unread"),
    ];

    #[test]
    fn a_table_is_aligned_and_leaves_empty_columns_out() {
        let rows = [
            json!({ "id": "a", "failure": { "reason": "opted_out" }, "unread": true }),
            json!({ "id": "größer", "unread": false }),
        ];
        assert_eq!(
            table(COLUMNS, &rows),
            "ID      WHY        UNREAD\na       opted_out  yes\ngrößer             no\n"
        );
    }

    #[test]
    fn long_words_are_cut_and_an_id_is_not() {
        let (words, id) = ("long words ".repeat(20), "x".repeat(200));
        let shown = table(COLUMNS, &[json!({ "id": words })]);
        let cell = shown.lines().nth(1).unwrap();
        assert_eq!(cell.chars().count(), WIDEST);
        assert!(cell.ends_with('…'));
        assert!(table(COLUMNS, &[json!({ "id": id })]).contains(&id));
    }

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        let rows = [json!({ "id": "\u{1b}[2J\u{9b}31m\n\u{202e}tac" })];
        let shown = table(COLUMNS, &rows);
        assert_eq!(shown.lines().count(), 2);
        assert!(!shown.contains(['\u{1b}', '\u{9b}', '\u{202e}']));
        assert!(!record(&rows[0]).contains('\u{1b}'));
    }

    #[test]
    fn a_thing_has_a_line_for_each_field() {
        let thing = json!({
            "act": "z", "id": "a", "keywords": { "stop": ["x", "y"], "help": [] },
            "ledger": [{ "act": "granted" }], "none": null
        });
        assert_eq!(
            record(&thing),
            "id             a\nact            z\nkeywords.help\nkeywords.stop  x, y\nledger.0.act   granted\nnone\n"
        );
    }
}
