//! Where a command reads and writes.

use std::{
    fmt,
    io::{BufRead, Write},
};

pub struct Terminal<'a> {
    pub input: &'a mut dyn BufRead,
    /// Results, and nothing else.
    pub out: &'a mut dyn Write,
    /// Everything that is said beside them.
    pub err: &'a mut dyn Write,
    /// Whether a person watches `err`, who may be shown a progress bar.
    pub is_watched: bool,
}

impl fmt::Debug for Terminal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").field("is_watched", &self.is_watched).finish_non_exhaustive()
    }
}
