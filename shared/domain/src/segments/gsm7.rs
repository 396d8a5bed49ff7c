//! The GSM 03.38 default alphabet and its extension table, without national shift tables.

const BEYOND_ASCII: &str = "£¥¤§¡¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùüΓΔΘΛΞΠΣΦΨΩ";

/// How many septets a character takes: one, two for a character of the extension table (it is
/// sent after an escape), or `None` if the alphabet lacks it.
pub(crate) fn septets(c: char) -> Option<u32> {
    match c {
        '\u{C}' | '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' | '€' => Some(2),
        '`' => None,
        ' '..='~' | '\n' | '\r' => Some(1),
        _ => BEYOND_ASCII.contains(c).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row by row as the standard prints it, with ESC (1/B) left out.
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅå\
                         Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ \
                         !\"#¤%&'()*+,-./\
                         0123456789:;<=>?\
                         ¡ABCDEFGHIJKLMNO\
                         PQRSTUVWXYZÄÖÑÜ§\
                         ¿abcdefghijklmno\
                         pqrstuvwxyzäöñüà";
    const EXTENSION: &str = "\u{C}^{}\\[~]|€";

    #[test]
    fn the_alphabet_is_exactly_the_standard_one() {
        assert_eq!(BASIC.chars().count(), 127);
        for c in '\0'..=char::MAX {
            let expected = match c {
                _ if BASIC.contains(c) => Some(1),
                _ if EXTENSION.contains(c) => Some(2),
                _ => None,
            };
            assert_eq!(septets(c), expected, "{c:?}");
        }
    }

    #[test]
    fn characters_people_expect_but_gsm_lacks() {
        for c in "`\tçáíóúãõâêîôû\u{A0}“”‘’–—…λЖ😀\u{1B}".chars() {
            assert_eq!(septets(c), None, "{c:?}");
        }
    }
}
