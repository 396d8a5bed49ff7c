//! Characters that look like plain ones: what word processors, phones and web pages put in the
//! place of quotes, dashes and spaces, and what cannot be seen at all.
//!
//! Accented letters and emoji look like nothing but themselves, so they are not here.

/// Visible ASCII from `!` to `~`, which Unicode repeats in full width from U+FF01. GSM has no
/// backtick, so an apostrophe takes its place.
const VISIBLE_ASCII: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ\
                             [\\]^_'abcdefghijklmnopqrstuvwxyz{|}~";

/// The plain spelling of a character that has one. Empty for a character that cannot be seen.
pub(crate) fn plain(c: char) -> Option<&'static str> {
    if is_invisible(c) {
        return Some("");
    }
    quote_or_dash(c)
        .or_else(|| space(c))
        .or_else(|| full_width(c))
        .or_else(|| fraction(c))
        .or_else(|| other_sign(c))
}

/// The plain spelling of `½` and its like.
pub(crate) fn fraction(c: char) -> Option<&'static str> {
    Some(match c {
        '¼' => "1/4",
        '½' => "1/2",
        '¾' => "3/4",
        '⅐' => "1/7",
        '⅑' => "1/9",
        '⅒' => "1/10",
        '⅓' => "1/3",
        '⅔' => "2/3",
        '⅕' => "1/5",
        '⅖' => "2/5",
        '⅗' => "3/5",
        '⅘' => "4/5",
        '⅙' => "1/6",
        '⅚' => "5/6",
        '⅛' => "1/8",
        '⅜' => "3/8",
        '⅝' => "5/8",
        '⅞' => "7/8",
        _ => return None,
    })
}

/// Soft hyphen, zero-width spaces and joiners, marks of writing direction, variation selectors,
/// byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
    )
}

fn quote_or_dash(c: char) -> Option<&'static str> {
    const DOUBLE_QUOTES: &str = "“”„‟«»″‶ʺ〝〞〟❝❞";
    const SINGLE_QUOTES: &str = "‘’‚‛′‵ʹʻʼʽˈ´`❛❜";
    const BULLETS: &str = "•‣⁃◦∙●·";

    match c {
        '‹' => Some("<"),
        '›' => Some(">"),
        '\u{2010}'..='\u{2015}' | '−' | '﹘' | '﹣' | '˗' => Some("-"),
        _ if BULLETS.contains(c) => Some("-"),
        _ if DOUBLE_QUOTES.contains(c) => Some("\""),
        _ if SINGLE_QUOTES.contains(c) => Some("'"),
        _ => None,
    }
}

fn space(c: char) -> Option<&'static str> {
    match c {
        ' ' | '\n' | '\r' | '\u{C}' => None,
        '\u{B}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some("\n"),
        _ => c.is_whitespace().then_some(" "),
    }
}

fn full_width(c: char) -> Option<&'static str> {
    let at = usize::try_from(u32::from(c).checked_sub(0xFF01)?).ok()?;
    VISIBLE_ASCII.get(at..=at)
}

fn other_sign(c: char) -> Option<&'static str> {
    Some(match c {
        '․' => ".",
        '‥' => "..",
        '…' | '⋯' => "...",
        '⁄' | '∕' => "/",
        '∗' | '⁎' => "*",
        '∶' => ":",
        '˜' | '∼' => "~",
        'ˆ' => "^",
        '‗' => "_",
        '¦' => "|",
        '×' => "x",
        '￡' => "£",
        '￥' => "¥",
        '\u{2126}' => "Ω",
        '\u{212B}' => "Å",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segments::gsm7;

    fn every_char() -> impl Iterator<Item = char> {
        '\0'..=char::MAX
    }

    #[test]
    fn a_plain_spelling_fits_gsm7_and_has_no_plainer_one() {
        for c in every_char() {
            for plainer in plain(c).unwrap_or_default().chars() {
                assert!(gsm7::septets(plainer).is_some(), "{c:?} becomes {plainer:?}");
                assert_eq!(plain(plainer), None, "{c:?} becomes {plainer:?}");
            }
        }
    }

    #[test]
    fn what_gsm7_can_say_is_left_alone() {
        for c in every_char().filter(|c| gsm7::septets(*c).is_some()) {
            assert_eq!(plain(c), None, "{c:?}");
        }
    }

    #[test]
    fn every_sort_of_look_alike_is_known() {
        for (fancy, expected) in [
            ('\u{201C}', "\""),
            ('\u{2019}', "'"),
            ('\u{2039}', "<"),
            ('\u{203A}', ">"),
            ('\u{2011}', "-"),
            ('\u{2013}', "-"),
            ('\u{2014}', "-"),
            ('\u{2022}', "-"),
            ('\u{2026}', "..."),
            ('\u{A0}', " "),
            ('\u{2003}', " "),
            ('\u{3000}', " "),
            ('\u{FF21}', "A"),
            ('\u{FF5E}', "~"),
            ('\u{FF01}', "!"),
            ('\u{BD}', "1/2"),
            ('\u{200B}', ""),
            ('\u{FEFF}', ""),
        ] {
            assert_eq!(plain(fancy), Some(expected), "{fancy:?}");
        }
    }

    #[test]
    fn accented_letters_emoji_and_other_scripts_are_not_look_alikes() {
        for c in "áçãőžéüñ😀❤☎©™°²λЖשع中".chars() {
            assert_eq!(plain(c), None, "{c:?}");
        }
    }
}
