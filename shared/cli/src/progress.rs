//! How far a long command has come: a bar for who watches, a line now and then for a log.

use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Steps after which a log gets a line, where nobody knows how many there will be.
const SELDOM: u64 = 1000;

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    done: u64,
    of: Option<u64>,
}

impl Progress {
    /// Of `of` things, if that is known.
    pub(crate) fn new(what: &'static str, of: Option<u64>, is_watched: bool) -> Self {
        let bar = is_watched.then(|| bar(what, of));
        Self { bar, what, done: 0, of }
    }

    pub(crate) fn advance(&mut self, by: u64, log: &mut dyn Write) {
        let before = self.done;
        self.done += by;
        match (&self.bar, self.of) {
            (Some(bar), _) => bar.set_position(self.done),
            (None, Some(of)) => drop(writeln!(log, "{} of {of} {}", self.done, self.what)),
            (None, None) if before / SELDOM < self.done / SELDOM => {
                drop(writeln!(log, "{} {} so far", self.done, self.what));
            }
            (None, None) => {}
        }
    }
}

/// What is drawn is taken away again, so that what follows stands on a line of its own.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(what: &'static str, of: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(of, ProgressDrawTarget::stderr());
    let form = match of {
        Some(_) => "{wide_bar} {pos} of {len} {msg}",
        None => "{spinner} {pos} {msg}",
    };
    // The usual form is no worse a place to be than the one that was meant.
    bar.with_style(
        ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar()),
    )
    .with_message(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(of: Option<u64>, steps: &[u64]) -> String {
        let (mut progress, mut log) = (Progress::new("records", of, false), Vec::new());
        for &step in steps {
            progress.advance(step, &mut log);
        }
        String::from_utf8(log).unwrap()
    }

    #[test]
    fn a_log_gets_a_line_for_each_chunk() {
        assert_eq!(logged(Some(150), &[100, 50]), "100 of 150 records\n150 of 150 records\n");
    }

    #[test]
    fn a_log_is_not_flooded_where_the_end_is_not_known() {
        assert_eq!(
            logged(None, &[900, 150, 10, 900, 50]),
            "1050 records so far\n2010 records so far\n"
        );
    }
}
